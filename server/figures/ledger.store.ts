import { sql, type Selectable, type SqlBool } from 'kysely';
import { ofLicensesWithin, type Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

type Place = { at: number; id: string };
export type LedgerFilter = { licenseId?: string | undefined; provider?: string | undefined; model?: string | undefined; status?: string | undefined; from?: number | undefined; until?: number | undefined };
const columns = ['id', 'license_id', 'site', 'endpoint', 'provider', 'model', 'key_source', 'status', 'charged_requests', 'input_tokens', 'cached_tokens', 'output_tokens', 'reasoning_tokens', 'cost_microcents', 'is_stream', 'is_cached', 'first_byte_ms', 'total_ms', 'error_code', 'created_at', 'settled_at'] as const;
export type LedgerRow = Pick<Selectable<Schema['usage_records']>, (typeof columns)[number]>;

/** So many rows are looked at for a page: what is rare may leave a page short, which its `next` then goes on from. */
const lookedAt = 5_000;

/** A page of the ledger of AI requests, newest first. `next` is undefined at the end. */
export async function listLedger(db: Db, scope: Scope, { licenseId, provider, model, status, from, until }: LedgerFilter, after: Place | undefined, limit: number): Promise<{ rows: LedgerRow[]; next: Place | undefined }> {
  let window = db.selectFrom('usage_records').select(['id', 'created_at', 'license_id', 'provider', 'model', 'status']);
  if (licenseId !== undefined) window = window.where('license_id', '=', licenseId);
  if (from !== undefined) window = window.where('created_at', '>=', from);
  if (until !== undefined) window = window.where('created_at', '<', until);
  if (after) window = window.where(sql<SqlBool>`created_at <= ${after.at} and (created_at < ${after.at} or id < ${after.id})`);
  window = window.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(lookedAt);
  let found = db.selectFrom(window.as('looked')).select(['looked.id', 'looked.created_at']).where(ofLicensesWithin(scope, 'looked.license_id'));
  if (provider !== undefined) found = found.where('looked.provider', '=', provider);
  if (model !== undefined) found = found.where('looked.model', '=', model);
  if (status !== undefined) found = found.where('looked.status', '=', status);
  const places = await found.orderBy('looked.created_at', 'desc').orderBy('looked.id', 'desc').limit(limit + 1).execute();
  const shown = places.slice(0, limit);
  const rows = shown.length === 0 ? [] : await db.selectFrom('usage_records').select(columns).where('id', 'in', shown.map(({ id }) => id)).orderBy('created_at', 'desc').orderBy('id', 'desc').execute();
  const last = shown.at(-1);
  if (places.length > limit && last) return { rows, next: { at: last.created_at, id: last.id } };
  const end = await db.selectFrom(window.as('looked')).select(['looked.id', 'looked.created_at']).orderBy('looked.created_at').orderBy('looked.id').limit(1).offset(0).execute();
  const looked = await db.selectFrom(window.as('looked')).select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow();
  return { rows, next: looked.count === lookedAt && end[0] ? { at: end[0].created_at, id: end[0].id } : undefined };
}
