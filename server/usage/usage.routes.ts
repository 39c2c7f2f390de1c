import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { knownLicense } from '../http/license-auth.ts';
import { licenseKeyHeader } from '../http/license-key.ts';
import { limitByAddress } from '../http/rate-limit.ts';
import { route, type Route } from '../http/route.ts';
import { quotaUnits } from './limits.rules.ts';
import { monthStart, quotaWindows } from './period.rules.ts';
import { requestsPer, type QuotaState } from './quota.rules.ts';
import { readUsage } from './read-usage.ts';

const requests = z.int().meta({ description: 'Requests charged, those under way included.' });
const sums = { requests, input_tokens: z.int(), cached_tokens: z.int().meta({ description: 'Included in input_tokens.' }), output_tokens: z.int(), reasoning_tokens: z.int().meta({ description: 'Included in output_tokens.' }), cost_microcents: z.int().meta({ description: 'At the provider, in micro-cents of a US dollar (100,000,000 are a dollar).' }) };
const quotaWindow = { used: requests, limit: z.int(), remaining: z.int(), resets_at: z.iso.datetime() };

const usage = z
  .object({
    period: z.string().regex(/^\d{4}-\d\d$/).meta({ description: 'The calendar month (UTC) that is counted.', example: '2026-11' }),
    ...quotaWindow,
    hour: z.object(quotaWindow).meta({ description: 'The same for the running clock hour (UTC).' }),
    quotas: z
      .array(z.object({ window: z.enum(quotaWindows), unit: z.enum(quotaUnits), used: z.int(), limit: z.int(), remaining: z.int(), resets_at: z.iso.datetime() }))
      .meta({ description: 'Every limit of the licence that is in force; cost in micro-cents of a US dollar.' }),
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
      const { quota, byProvider, byDay } = await readUsage(db, license.id, at);
      return {
        body: {
          period: new Date(monthStart(at)).toISOString().slice(0, 7),
          ...stateBody(requestsPer(quota, 'month')),
          hour: stateBody(requestsPer(quota, 'hour')),
          quotas: quota.map((state) => ({ window: state.window, unit: state.unit, ...stateBody(state) })),
          by_provider: byProvider,
          by_day: byDay.map(({ day, ...rest }) => ({ day: new Date(day).toISOString().slice(0, 10), ...rest })),
        },
      };
    },
  );
  return [read];
}

function stateBody(state: QuotaState | undefined): Record<string, unknown> | undefined {
  return state && { used: state.used, limit: state.limit, remaining: state.remaining, resets_at: new Date(state.resetsAt).toISOString() };
}
