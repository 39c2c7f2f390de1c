import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { adminList } from '../http/admin-route.ts';
import { createdFilters } from '../http/list-query.rules.ts';
import type { Route } from '../http/route.ts';
import { dollarText } from '../usage/dollars.rules.ts';
import { listLedger } from './ledger.store.ts';

const keySource = z.enum(['managed', 'own']);
const status = z.enum(['reserved', 'completed', 'failed', 'aborted', 'swept'], 'must be reserved, completed, failed, aborted or swept');
const record = z
  .object({
    id: z.string(), license_id: z.string(), site: z.string().nullable(), endpoint: z.string(), provider: z.string(), model: z.string(), key_source: keySource,
    status, requests: z.int().meta({ description: 'Charged to quotas.' }), input_tokens: z.int(), cached_tokens: z.int(), output_tokens: z.int(), reasoning_tokens: z.int(),
    cost_usd: z.string().meta({ example: '0.00012300' }), is_stream: z.boolean(), is_cached: z.boolean(), first_byte_ms: z.int().nullable(), total_ms: z.int().nullable(), error_code: z.string().nullable(), created_at: z.iso.datetime(), settled_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'LedgerRecord' });

/** The ledger of AI requests, for programs that hold the API token. */
export function ledgerRoutes(deps: Deps): Route[] {
  const list = adminList(
    deps,
    {
      path: '/api/v1/usage-records', operationId: 'listUsageRecords', tag: 'AI', scope: 'usage.read', summary: 'The AI requests of all licences, newest first',
      description: 'A page may be shorter than `limit` although there is more, when what is asked for is rare: go on with `next_cursor` until it is null. What was asked and answered is not kept.',
      filters: { license_id: z.string().min(1).max(36).optional(), provider: z.string().min(1).max(64).optional(), model: z.string().min(1).max(120).optional(), status: status.optional(), ...createdFilters }, sorts: ['-created_at'], item: record,
    },
    async ({ filters, page: { after, limit }, caller }) => {
      const filter = { licenseId: filters.license_id, provider: filters.provider, model: filters.model, status: filters.status, from: filters.created_from, until: filters.created_to };
      const { rows, next } = await listLedger(deps.db, caller.scope, filter, after && { at: Number(after.at), id: after.id }, limit);
      const data = rows.map(({ charged_requests, cost_microcents, is_stream, is_cached, created_at, settled_at, ...row }) => ({
        ...row, key_source: keySource.parse(row.key_source), status: status.parse(row.status), requests: charged_requests, cost_usd: dollarText(cost_microcents), is_stream: is_stream === 1, is_cached: is_cached === 1, created_at: new Date(created_at).toISOString(), settled_at: settled_at === null ? null : new Date(settled_at).toISOString(),
      }));
      return { data, next };
    },
  );
  return [list];
}
