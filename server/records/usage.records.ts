import { z } from 'zod';
import { ofLicensesWithin } from '../access/scope.ts';
import { createdFilters } from '../http/list-query.rules.ts';
import { dollarsOf } from '../usage/dollars.rules.ts';
import { between, having } from './conditions.store.ts';
import { count, idFilter, idShape, iso, isoOrNull, text, textOrNull, time, timeOrNull } from './record.rules.ts';
import type { Records } from './records.ts';

const filters = { license_id: idFilter('licence'), ...createdFilters };
const item = z
  .object({
    id: idShape, license_id: idShape, site: textOrNull, endpoint: text.meta({ example: 'chat' }), provider: text.meta({ example: 'openai' }), model: text, asked_model: textOrNull.meta({ description: 'The name that was asked for, when it is another one.' }), status: text.meta({ example: 'settled' }), key_source: text.meta({ description: 'Whose provider key answered.' }),
    charged_requests: count, input_tokens: count, cached_tokens: count, output_tokens: count, reasoning_tokens: count, cost_usd: text.meta({ description: 'What the provider charges, in US dollars.', example: '0.00123' }), is_exact: z.boolean(), is_stream: z.boolean(), is_cached: z.boolean(), first_byte_ms: z.int().nullable(), total_ms: z.int().nullable(), error_code: textOrNull, created_at: time, settled_at: timeOrNull,
  })
  .meta({ id: 'UsageLedgerRecord' });

/** The ledger of AI requests, one row each, to be exported; never what was asked or answered. It is read by figures/ledger.routes.ts. */
export const usageRecords: Records<'usage_records', typeof filters, typeof item> = {
  table: 'usage_records', name: 'usage-records', what: 'usage record', operations: { list: 'listUsageRecords', read: 'readUsageRecord' }, tag: 'AI', scope: 'usage.read',
  item, filters, sorts: { created_at: 'usage_records.created_at' },
  select: (db, { license_id, created_from, created_to }, { scope }) =>
    between(having(db.selectFrom('usage_records').where(ofLicensesWithin(scope, 'usage_records.license_id')), 'usage_records.license_id', license_id), 'usage_records.created_at', { from: created_from, to: created_to }),
  load: async (db, ids) =>
    (await db.selectFrom('usage_records').selectAll().where('id', 'in', ids).execute()).map((row) => ({
      id: row.id, license_id: row.license_id, site: row.site, endpoint: row.endpoint, provider: row.provider, model: row.model, asked_model: row.asked_model, status: row.status, key_source: row.key_source,
      charged_requests: row.charged_requests, input_tokens: row.input_tokens, cached_tokens: row.cached_tokens, output_tokens: row.output_tokens, reasoning_tokens: row.reasoning_tokens, cost_usd: dollarsOf(row.cost_microcents),
      is_exact: row.is_exact === 1, is_stream: row.is_stream === 1, is_cached: row.is_cached === 1, first_byte_ms: row.first_byte_ms, total_ms: row.total_ms, error_code: row.error_code, created_at: iso(row.created_at), settled_at: isoOrNull(row.settled_at),
    })),
};
