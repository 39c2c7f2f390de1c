import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { knownLicense } from '../http/license-auth.ts';
import { licenseKeyHeader } from '../http/license-key.ts';
import { limitByAddress } from '../http/rate-limit.ts';
import { route, type Route } from '../http/route.ts';
import { monthStart } from './period.rules.ts';
import { readUsage } from './read-usage.ts';

const requests = z.int().meta({ description: 'Requests charged, those under way included.' });
const sums = { requests, input_tokens: z.int(), cached_tokens: z.int().meta({ description: 'Included in input_tokens.' }), output_tokens: z.int(), reasoning_tokens: z.int().meta({ description: 'Included in output_tokens.' }) };
const quotaWindow = { used: requests, limit: z.int(), remaining: z.int(), resets_at: z.iso.datetime() };

const usage = z
  .object({
    period: z.string().regex(/^\d{4}-\d\d$/).meta({ description: 'The calendar month (UTC) that is counted.', example: '2026-11' }),
    ...quotaWindow,
    hour: z.object(quotaWindow).meta({ description: 'The same for the running clock hour (UTC).' }),
    by_provider: z.array(z.object({ provider: z.string(), ...sums })),
    by_day: z.array(z.object({ day: z.iso.date(), ...sums })),
  })
  .meta({ id: 'Usage' });

/** What a licence has used of its quota. */
export function usageRoutes({ db, vault, now }: Deps): Route[] {
  const read = route(
    {
      method: 'get', path: '/api/usage', operationId: 'readUsage', tag: 'AI', auth: 'license',
      summary: 'What this licence has used this month',
      description: 'From the ledger of AI requests. Works for expired and suspended licences too.',
      headers: licenseKeyHeader, before: [limitByAddress(300)],
      responses: { 200: { description: 'The usage.', schema: usage } }, errors: ['LICENSE_INVALID'],
    },
    async ({ headers }) => {
      const at = now();
      const { license } = await knownLicense(db, vault, { key: headers['x-license-key'] }, at);
      const { quota, byProvider, byDay } = await readUsage(db, license, at);
      const windowBody = ({ used, limit, remaining, resetsAt }: typeof quota.month) => ({ used, limit, remaining, resets_at: new Date(resetsAt).toISOString() });
      return {
        body: {
          period: new Date(monthStart(at)).toISOString().slice(0, 7),
          ...windowBody(quota.month),
          hour: windowBody(quota.hour),
          by_provider: byProvider,
          by_day: byDay.map(({ day, ...rest }) => ({ day: new Date(day).toISOString().slice(0, 10), ...rest })),
        },
      };
    },
  );
  return [read];
}
