import { sql, type Selectable, type SqlBool } from 'kysely';
import { ofLicensesWithin, type Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

type Place = { at: number; id: string };
export type LedgerFilter = { licenseId?: string | undefined; provider?: string | undefined; model?: string | undefined; status?: string | undefined; from?: number | undefined; until?: number | undefined };
const columns = ['id', 'license_id', 'site', 'endpoint', 'provider', 'model', 'key_source', 'status', 'charged_requests', 'input_tokens', 'cached_tokens', 'output_tokens', 'reasoning_tokens', 'cost_microcents', 'is_stream', 'is_cached', 'first_byte_ms', 'total_ms', 'error_code', 'created_at', 'settled_at'] as const;
export type LedgerRow = Pick<Selectable<Schema['usage_records']>, (typeof columns)[number]>;

/** So many rows are looked at for a page, a few first: what is rare may leave a page short, which its `next` then goes on from. */
const lookedAt = [300, 5_000];

/** A page of the ledger of AI requests, newest first. `next` is undefined at the end. */
export async function listLedger(db: Db, scope: Scope, filter: LedgerFilter, after: Place | undefined, limit: number): Promise<{ rows: LedgerRow[]; next: Place | undefined }> {
  const { provider, model, status } = filter;
  // An index finds everything else: then all that is looked at is wanted.
  const isWhole = scope.kind === 'all' && provider === undefined && model === undefined && status === undefined;
  for (const size of isWhole ? [limit + 1] : lookedAt) {
    const window = newest(db, filter, after, size);
    const places = await wanted(db, scope, filter, window, limit + 1);
    const last = places[limit - 1];
    if (places.length > limit && last) return { rows: await load(db, places.slice(0, limit)), next: { at: last.created_at, id: last.id } };
    const end = await db.selectFrom(window.as('looked')).select(['looked.id', 'looked.created_at', (eb) => eb.fn.countAll<number>().over().as('count')]).orderBy('looked.created_at').orderBy('looked.id').limit(1).executeTakeFirst();
    if (end === undefined || end.count < size) return { rows: await load(db, places), next: undefined };
    if (size === lookedAt.at(-1)) return { rows: await load(db, places), next: { at: end.created_at, id: end.id } };
  }
  return { rows: [], next: undefined };
}

function newest(db: Db, { licenseId, from, until }: LedgerFilter, after: Place | undefined, size: number) {
  let window = db.selectFrom('usage_records').select(['id', 'created_at', 'license_id', 'provider', 'model', 'status']);
  if (licenseId !== undefined) window = window.where('license_id', '=', licenseId);
  if (from !== undefined) window = window.where('created_at', '>=', from);
  if (until !== undefined) window = window.where('created_at', '<', until);
  if (after) window = window.where(sql<SqlBool>`created_at <= ${after.at} and (created_at < ${after.at} or id < ${after.id})`);
  return window.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(size);
}

function wanted(db: Db, scope: Scope, { provider, model, status }: LedgerFilter, window: ReturnType<typeof newest>, limit: number): Promise<{ id: string; created_at: number }[]> {
  let found = db.selectFrom(window.as('looked')).select(['looked.id', 'looked.created_at']).where(ofLicensesWithin(scope, 'looked.license_id'));
  if (provider !== undefined) found = found.where('looked.provider', '=', provider);
  if (model !== undefined) found = found.where('looked.model', '=', model);
  if (status !== undefined) found = found.where('looked.status', '=', status);
  return found.orderBy('looked.created_at', 'desc').orderBy('looked.id', 'desc').limit(limit).execute();
}

async function load(db: Db, places: { id: string }[]): Promise<LedgerRow[]> {
  if (places.length === 0) return [];
  return db.selectFrom('usage_records').select(columns).where('id', 'in', places.map(({ id }) => id)).orderBy('created_at', 'desc').orderBy('id', 'desc').execute();
}
