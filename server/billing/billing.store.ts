import type { Selectable } from 'kysely';
import { insertedOnce, type Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';
import { AppError } from '../errors.ts';

const reasonLength = 10_000;

export type ProductMapping = Selectable<Schema['product_mappings']>;
export type Delivery = Selectable<Schema['inbox']>;

export function findMapping(db: Db, provider: string, externalId: string): Promise<ProductMapping | undefined> {
  return db.selectFrom('product_mappings').selectAll().where('provider', '=', provider).where('external_id', '=', externalId).executeTakeFirst();
}

/** Throws NOT_FOUND. */
export async function getMappingById(db: Db, id: string): Promise<ProductMapping> {
  const mapping = await db.selectFrom('product_mappings').selectAll().where('id', '=', id).executeTakeFirst();
  if (!mapping) throw new AppError('NOT_FOUND', 'There is no mapping with this id.', { field: 'path.id' });
  return mapping;
}

export async function deleteMapping(db: Db, id: string): Promise<void> {
  await db.deleteFrom('product_mappings').where('id', '=', id).execute();
}

/** The dead letters of a provider whose reason holds a text, oldest first. There are few dead letters, and an index names them. */
export async function listDeadDeliveriesNaming(db: Db, provider: string, text: string): Promise<string[]> {
  const rows = await db.selectFrom('inbox').select(['id', 'reason']).where('status', '=', 'dead').where('provider', '=', provider).orderBy('received_at').orderBy('id').execute();
  return rows.filter(({ reason }) => reason?.includes(text)).map(({ id }) => id);
}

/** False when the product is mapped already. */
export function insertMapping(db: Db, mapping: ProductMapping): Promise<boolean> {
  return insertedOnce(db.insertInto('product_mappings').values(mapping).execute());
}

export async function updateMapping(db: Db, id: string, changes: Partial<ProductMapping>): Promise<void> {
  await db.updateTable('product_mappings').set(changes).where('id', '=', id).execute();
}

export function findDelivery(db: Db, id: string): Promise<Delivery | undefined> {
  return db.selectFrom('inbox').selectAll().where('id', '=', id).executeTakeFirst();
}

/** A reason is cut to what a person reads and the column holds. */
export async function updateDelivery(db: Db, id: string, { reason, ...changes }: Partial<Delivery>): Promise<void> {
  await db.updateTable('inbox').set(reason === undefined ? changes : { ...changes, reason: reason?.slice(0, reasonLength) ?? null }).where('id', '=', id).execute();
}

/** Makes a delivery a dead letter that has not been applied by another attempt. */
export async function updateUnhandledDelivery(db: Db, id: string, { reason, ...dead }: { status: 'dead'; reason: string; reason_codes: string | null }): Promise<void> {
  await db.updateTable('inbox').set({ ...dead, reason: reason.slice(0, reasonLength) }).where('id', '=', id).where('status', 'not in', ['handled', 'ignored']).execute();
}

/** False when the delivery is here already. */
export function insertDelivery(db: Db, delivery: Delivery): Promise<boolean> {
  return insertedOnce(db.insertInto('inbox').values(delivery).execute());
}

/** Counts a repeated delivery; false when there is none like it. */
export async function countDelivery(db: Db, provider: string, account: string, eventId: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('inbox')
    .set((eb) => ({ deliveries: eb('deliveries', '+', 1) }))
    .where('provider', '=', provider)
    .where('account', '=', account)
    .where('event_id', '=', eventId)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function listDeliveryIds(db: Db, filter: { provider?: string | undefined; status?: string | undefined; from?: number | undefined; to?: number | undefined }): Promise<string[]> {
  let query = db.selectFrom('inbox').select('id').orderBy('received_at').orderBy('id');
  if (filter.status !== undefined) query = query.where('status', '=', filter.status);
  if (filter.provider !== undefined) query = query.where('provider', '=', filter.provider);
  if (filter.from !== undefined) query = query.where('received_at', '>=', filter.from);
  if (filter.to !== undefined) query = query.where('received_at', '<', filter.to);
  return (await query.execute()).map(({ id }) => id);
}

/** The oldest deliveries that fit, with when they came. */
export function listOldestDeliveries(db: Db, { provider, status, from, to }: { provider?: string | undefined; status?: string | undefined; from?: number | undefined; to?: number | undefined }, limit: number): Promise<{ id: string; received_at: number }[]> {
  let query = db.selectFrom('inbox').select(['id', 'received_at']).orderBy('received_at').orderBy('id').limit(limit);
  if (status !== undefined) query = query.where('status', '=', status);
  if (provider !== undefined) query = query.where('provider', '=', provider);
  if (from !== undefined) query = query.where('received_at', '>=', from);
  if (to !== undefined) query = query.where('received_at', '<', to);
  return query.execute();
}

/** How far a recurring look has come; undefined before the first. */
export async function readCursor(db: Db, name: string): Promise<number | undefined> {
  const row = await db.selectFrom('billing_cursors').select('position').where('name', '=', name).executeTakeFirst();
  return row?.position;
}

/** Moves a cursor forward, never back. */
export async function moveCursor(db: Db, name: string, position: number, now: number): Promise<void> {
  const update = () => db.updateTable('billing_cursors').set({ position, updated_at: now }).where('name', '=', name).where('position', '<=', position).executeTakeFirst();
  if ((await update()).numUpdatedRows > 0n) return;
  if (!(await insertedOnce(db.insertInto('billing_cursors').values({ name, position, updated_at: now }).execute()))) await update();
}

/** The deliveries of these ids that are here. */
export async function listKnownEvents(db: Db, provider: string, account: string, eventIds: string[]): Promise<Set<string>> {
  if (eventIds.length === 0) return new Set();
  const rows = await db.selectFrom('inbox').select('event_id').where('provider', '=', provider).where('account', '=', account).where('event_id', 'in', eventIds).execute();
  return new Set(rows.map((row) => row.event_id));
}
