import type { Selectable } from 'kysely';
import { insertedOnce, type Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';
import { newId } from '../ids.ts';

export type Order = Selectable<Schema['orders']>;
export type OrderLineRow = Selectable<Schema['order_lines']>;
export type AdjustmentRow = Selectable<Schema['adjustments']>;
export type OrderKey = { provider: string; account: string; externalId: string };
/** A licence that a unit of an order line has issued. */
export type IssuedUnit = { order_line_id: string; unit: number; license_id: string; external_product: string; plan_id: string | null };

/** The status of an order of which only a refund or dispute has come so far. */
export const unseenStatus = 'unseen';

/**
 * Takes the row of an order for this transaction, made if there is none, and returns it: events of one order follow each other,
 * whichever process they are handled in. The update comes first, because a refused insert would leave a shared lock behind.
 */
export async function takeOrder(db: Db, key: OrderKey, now: number): Promise<Order> {
  const columns = { provider: key.provider, account: key.account, external_id: key.externalId };
  const find = () => db.selectFrom('orders').selectAll().where('provider', '=', key.provider).where('account', '=', key.account).where('external_id', '=', key.externalId).executeTakeFirstOrThrow();
  if (await raiseRevision(db, key, now)) return find();
  const empty: Order = {
    ...columns, id: newId(), number: key.externalId.slice(0, 64), customer_id: null, status: unseenStatus, currency: 'XXX', total_minor: 0, refunded_minor: 0,
    subscription_id: null, is_renewal: 0, paid_at: null, snapshot_at: 0, revision: 1, created_at: now, updated_at: now,
  };
  if (!(await insertedOnce(db.insertInto('orders').values(empty).execute()))) await raiseRevision(db, key, now);
  return find();
}

async function raiseRevision(db: Db, { provider, account, externalId }: OrderKey, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('orders')
    .set((eb) => ({ revision: eb('revision', '+', 1), updated_at: now }))
    .where('provider', '=', provider)
    .where('account', '=', account)
    .where('external_id', '=', externalId)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export function findOrder(db: Db, { provider, account, externalId }: OrderKey): Promise<Order | undefined> {
  return db.selectFrom('orders').selectAll().where('provider', '=', provider).where('account', '=', account).where('external_id', '=', externalId).executeTakeFirst();
}

export function findOrderById(db: Db, id: string): Promise<Order | undefined> {
  return db.selectFrom('orders').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function updateOrder(db: Db, id: string, changes: Partial<Order>): Promise<void> {
  await db.updateTable('orders').set(changes).where('id', '=', id).execute();
}

/** In the order in which the provider listed them. */
export function listLines(db: Db, orderId: string): Promise<OrderLineRow[]> {
  return db.selectFrom('order_lines').selectAll().where('order_id', '=', orderId).orderBy('id').execute();
}

export async function insertLine(db: Db, line: OrderLineRow): Promise<void> {
  await db.insertInto('order_lines').values(line).execute();
}

export async function updateLine(db: Db, id: string, changes: Partial<OrderLineRow>): Promise<void> {
  await db.updateTable('order_lines').set(changes).where('id', '=', id).execute();
}

export function listUnits(db: Db, orderId: string): Promise<IssuedUnit[]> {
  return unitQuery(db).where('order_lines.order_id', '=', orderId).execute();
}

export async function listUnitsOfLicenses(db: Db, licenseIds: string[]): Promise<IssuedUnit[]> {
  return licenseIds.length === 0 ? [] : unitQuery(db).where('order_units.license_id', 'in', licenseIds).execute();
}

function unitQuery(db: Db) {
  return db
    .selectFrom('order_units')
    .innerJoin('order_lines', 'order_lines.id', 'order_units.order_line_id')
    .select(['order_units.order_line_id', 'order_units.unit', 'order_units.license_id', 'order_lines.external_product', 'order_lines.plan_id'])
    .orderBy('order_units.order_line_id')
    .orderBy('order_units.unit');
}

/** The unique (line, unit) refuses a second licence for the same unit: the whole transaction fails then. */
export async function insertUnit(db: Db, unit: { orderLineId: string; unit: number; licenseId: string }, now: number): Promise<void> {
  await db.insertInto('order_units').values({ id: newId(), order_line_id: unit.orderLineId, unit: unit.unit, license_id: unit.licenseId, created_at: now }).execute();
}

/** Refunds and disputes of an order, under its own id or that of its payment. */
export function listAdjustments(db: Db, { provider, account, externalId }: OrderKey): Promise<AdjustmentRow[]> {
  return db
    .selectFrom('adjustments')
    .selectAll()
    .where('provider', '=', provider)
    .where('account', '=', account)
    .where((eb) =>
      eb.or([
        eb('order_external_id', '=', externalId),
        eb('order_external_id', 'in', eb.selectFrom('payment_links').select('payment_external_id').where('provider', '=', provider).where('account', '=', account).where('order_external_id', '=', externalId)),
      ]),
    )
    .orderBy('occurred_at')
    .orderBy('external_id')
    .execute();
}

export function findAdjustment(db: Db, { provider, account, externalId }: OrderKey): Promise<AdjustmentRow | undefined> {
  return db.selectFrom('adjustments').selectAll().where('provider', '=', provider).where('account', '=', account).where('external_id', '=', externalId).executeTakeFirst();
}

export async function insertAdjustment(db: Db, adjustment: AdjustmentRow): Promise<void> {
  await db.insertInto('adjustments').values(adjustment).execute();
}

export async function updateAdjustment(db: Db, id: string, changes: Partial<AdjustmentRow>): Promise<void> {
  await db.updateTable('adjustments').set(changes).where('id', '=', id).execute();
}

/** The names under which refunds and disputes know an order. */
export async function listPaymentsOfOrder(db: Db, { provider, account, externalId }: OrderKey): Promise<string[]> {
  const rows = await db.selectFrom('payment_links').select('payment_external_id').where('provider', '=', provider).where('account', '=', account).where('order_external_id', '=', externalId).execute();
  return rows.map((row) => row.payment_external_id);
}
