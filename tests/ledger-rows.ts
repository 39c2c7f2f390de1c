import type { Insertable } from 'kysely';
import type { Db } from '../server/db/database.ts';
import type { Schema } from '../server/db/schema.ts';
import { newId } from '../server/ids.ts';
import { windowsAt } from '../server/usage/period.rules.ts';

export type LedgerRow = Insertable<Schema['usage_records']>;

/** A settled row of the ledger, of a request that used nothing. */
export function ledgerRow(licenseId: string, at: number): LedgerRow {
  const windows = windowsAt(at);
  return {
    id: newId(), license_id: licenseId, site: null, visitor: null, endpoint: 'chat', provider: 'openai', model: 'gpt-5.4-mini', asked_model: null, key_source: 'managed', service_tier: null, status: 'completed',
    charged_requests: 1, charged_tokens: 0, charged_cost_microcents: 0, input_tokens: 0, cached_tokens: 0, cache_write_tokens: 0, output_tokens: 0, reasoning_tokens: 0, characters: 0, audio_ms: 0,
    cost_microcents: 0, price_version: null, is_exact: 1, is_stream: 0, is_cached: 0, first_byte_ms: null, total_ms: null, provider_request_id: null, error_code: null,
    hour_start: windows.hour, day_start: windows.day, month_start: windows.month, expires_at: at, created_at: at, settled_at: at,
  };
}

/** Writes a row of the ledger; what is not given is as in a request that used nothing. */
export async function writeLedgerRow(db: Db, licenseId: string, at: number, row: Partial<LedgerRow>): Promise<void> {
  await db.insertInto('usage_records').values({ ...ledgerRow(licenseId, at), ...row }).execute();
}
