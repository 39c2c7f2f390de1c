import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { knownLicense } from '../http/license-auth.ts';
import { licenseKeyHeader } from '../http/license-key.ts';
import { limitByAddress } from '../http/rate-limit.ts';
import { route, type Route } from '../http/route.ts';
import { askedMonth, readStatement } from './read-statement.ts';
import { dayText, monthText, statementCsv, sumsBody } from './statement.rules.ts';

const sums = {
  calls: z.int().meta({ description: 'Calls that have ended, however they did.' }),
  requests: z.int().meta({ description: 'What was charged to the quota of requests.' }),
  input_tokens: z.int(),
  cached_tokens: z.int().meta({ description: 'Included in input_tokens.' }),
  cache_write_tokens: z.int().meta({ description: 'Included in input_tokens.' }),
  output_tokens: z.int(),
  reasoning_tokens: z.int().meta({ description: 'Included in output_tokens.' }),
  characters: z.int().meta({ description: 'Spoken by text-to-speech models.' }),
  audio_ms: z.int().meta({ description: 'Milliseconds of audio that were transcribed.' }),
  cost_usd: z.string().regex(/^-?\d+\.\d{8}$/).meta({ description: 'US dollars at the provider, exact: text, so that no digit is lost.', example: '0.01234567' }),
  cached_answers: z.int().meta({ description: 'Calls that were answered from the response cache.' }),
  failed_calls: z.int(),
};
const line = z.object({ day: z.iso.date(), provider: z.string(), model: z.string(), key_source: z.string().meta({ description: '`managed`: on the vendor’s account; `own`: with a provider key of the customer.', example: 'managed' }), ...sums });
const statement = z
  .object({
    month: z.string().meta({ example: '2026-11' }),
    from: z.iso.datetime(),
    until: z.iso.datetime().meta({ description: 'The first moment that is not in it.' }),
    message: z.string().nullable().meta({ description: 'Says so when nothing was used.', example: null }),
    lines: z.array(line),
    totals: z.object(sums),
  })
  .meta({ id: 'Statement' });

/** What a licence has used, month by month. */
export function statementRoutes({ db, vault, now }: Deps): Route[] {
  const read = route(
    {
      method: 'get', path: '/api/v1/statements/:month', operationId: 'readStatement', tag: 'AI', auth: 'license',
      summary: 'The statement of a month',
      description: [
        'What this licence has used in a calendar month (UTC), by day, provider, model and source of the key, from the ledger of AI requests. The totals are the sums of the lines. What is still under way is not in it yet.',
        'With `format=csv` the lines come as `text/csv` (RFC 4180, no totals). A month in which nothing was used has a statement without lines. Works for expired and suspended licences too.',
      ].join('\n\n'),
      params: z.object({ month: z.string().meta({ description: 'Year and month; not one that has yet to begin.', example: '2026-11' }) }),
      query: z.object({ format: z.enum(['json', 'csv'], 'must be json or csv').default('json') }),
      headers: licenseKeyHeader, before: [limitByAddress(120)],
      responses: { 200: { description: 'The statement.', schema: statement, also: { 'text/csv': z.string().meta({ example: 'day,provider,model,…' }) } } }, errors: ['LICENSE_INVALID'],
    },
    async ({ params, query, headers, res }) => {
      const at = now();
      const { license } = await knownLicense(db, vault, { key: headers['x-license-key'] }, at);
      const found = await readStatement(db, license.id, askedMonth(params.month, 'path.month', at));
      const month = monthText(found.month);
      if (query.format === 'csv') {
        res.set({ 'Content-Type': 'text/csv; charset=utf-8; header=present', 'Content-Disposition': `attachment; filename="statement-${month}.csv"` }).end(statementCsv(found));
        return undefined;
      }
      return {
        body: {
          month,
          from: new Date(found.month).toISOString(),
          until: new Date(found.until).toISOString(),
          message: found.lines.length === 0 ? `No AI request was made with this licence in ${month}.` : null,
          lines: found.lines.map((line) => ({ day: dayText(line.day), provider: line.provider, model: line.model, key_source: line.key_source, ...sumsBody(line) })),
          totals: sumsBody(found.totals),
        },
      };
    },
  );
  return [read];
}
