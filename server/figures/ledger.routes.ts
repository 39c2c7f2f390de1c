import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { adminAuth, callerOf } from '../http/admin-auth.ts';
import { route, type Route } from '../http/route.ts';
import { dollarText } from '../usage/dollars.rules.ts';
import { listLedger } from './ledger.store.ts';

const largestPage = 200;
const record = z
  .object({
    id: z.string(), license_id: z.string(), site: z.string().nullable(), endpoint: z.string(), provider: z.string(), model: z.string(), key_source: z.enum(['managed', 'own']),
    status: z.enum(['reserved', 'completed', 'failed', 'aborted', 'swept']), requests: z.int().meta({ description: 'Charged to quotas.' }), input_tokens: z.int(), cached_tokens: z.int(), output_tokens: z.int(), reasoning_tokens: z.int(),
    cost_usd: z.string().meta({ example: '0.00012300' }), is_stream: z.boolean(), is_cached: z.boolean(), first_byte_ms: z.int().nullable(), total_ms: z.int().nullable(), error_code: z.string().nullable(), created_at: z.iso.datetime(), settled_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'UsageLedgerRow' });

/** The ledger of AI requests, for programs that hold the API token. */
export function ledgerRoutes(deps: Deps): Route[] {
  const { db } = deps;
  const list = route(
    {
      method: 'get', path: '/api/v1/usage', operationId: 'listUsage', tag: 'Administration', auth: 'admin', scope: 'usage.read',
      summary: 'The AI requests of all licences, newest first',
      description: 'A page may be shorter than `limit` although there is more, when what is asked for is rare: go on with `next_cursor` until it is null. What was asked and answered is not kept.',
      query: z.object({
        license_id: z.string().max(36).optional(), provider: z.string().max(64).optional(), model: z.string().max(120).optional(),
        status: z.enum(['reserved', 'completed', 'failed', 'aborted', 'swept'], 'must be reserved, completed, failed, aborted or swept').optional(),
        from: z.iso.datetime('must be a time such as 2026-11-01T00:00:00Z').optional().meta({ description: 'From this moment on.' }), until: z.iso.datetime('must be a time such as 2026-11-01T00:00:00Z').optional().meta({ description: 'Before this moment.' }),
        limit: z.coerce.number().int().min(1).max(largestPage).default(50), cursor: z.string().max(60).optional().meta({ description: '`next_cursor` of the page before.' }),
      }),
      before: adminAuth(deps, 'usage.read', 'bounded'),
      responses: { 200: { description: 'A page.', schema: z.object({ data: z.array(record), next_cursor: z.string().nullable() }) } }, errors: [],
    },
    async ({ query, res }) => {
      const filter = { licenseId: query.license_id, provider: query.provider, model: query.model, status: query.status, from: timeOf(query.from), until: timeOf(query.until) };
      const { rows, next } = await listLedger(db, callerOf(res).scope, filter, query.cursor === undefined ? undefined : placeOf(query.cursor), query.limit);
      return {
        body: {
          data: rows.map(({ charged_requests, cost_microcents, is_stream, is_cached, created_at, settled_at, ...row }) => ({
            ...row, requests: charged_requests, cost_usd: dollarText(cost_microcents), is_stream: is_stream === 1, is_cached: is_cached === 1, created_at: new Date(created_at).toISOString(), settled_at: settled_at === null ? null : new Date(settled_at).toISOString(),
          })),
          next_cursor: next === undefined ? null : `${next.at}.${next.id}`,
        },
      };
    },
  );
  return [list];
}

function timeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

function placeOf(cursor: string): { at: number; id: string } {
  const match = /^(\d{1,15})\.([\w-]{1,36})$/.exec(cursor);
  if (!match?.[1] || !match[2]) throw new AppError('INVALID_REQUEST', 'query.cursor: must be the next_cursor of a page', { field: 'query.cursor' });
  return { at: Number(match[1]), id: match[2] };
}
