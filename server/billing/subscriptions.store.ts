import type { Selectable } from 'kysely';
import { insertedOnce, type Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';
import { newId } from '../ids.ts';
import type { OrderKey } from './orders.store.ts';
import { unseenSubscription } from './subscription.rules.ts';

export type Subscription = Selectable<Schema['subscriptions']>;
export type ProviderCustomer = Selectable<Schema['provider_customers']>;

/** Takes the row of a subscription for this transaction, made if there is none. */
export async function takeSubscription(db: Db, key: OrderKey, now: number): Promise<Subscription> {
  const find = () => findSubscription(db, key);
  if (await touch(db, key, now)) return mustExist(await find());
  const columns = { provider: key.provider, account: key.account, external_id: key.externalId };
  const row: Subscription = { ...columns, id: newId(), status: unseenSubscription, order_external_id: null, snapshot_at: 0, is_linked: 0, customer_external_id: null, items: null, period_ends_at: null, cancel_at: null, payment_failed_at: null, last_paid_at: null, trial_ends_at: null, created_at: now, updated_at: now };
  if (!(await insertedOnce(db.insertInto('subscriptions').values(row).execute()))) await touch(db, key, now);
  return mustExist(await find());
}

async function touch(db: Db, { provider, account, externalId }: OrderKey, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db.updateTable('subscriptions').set({ updated_at: now }).where('provider', '=', provider).where('account', '=', account).where('external_id', '=', externalId).executeTakeFirst();
  return numUpdatedRows > 0n;
}

function mustExist<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error('a row that was just taken vanished');
  return row;
}

export function findSubscription(db: Db, { provider, account, externalId }: OrderKey): Promise<Subscription | undefined> {
  return db.selectFrom('subscriptions').selectAll().where('provider', '=', provider).where('account', '=', account).where('external_id', '=', externalId).executeTakeFirst();
}

export async function updateSubscription(db: Db, id: string, changes: Partial<Subscription>): Promise<void> {
  await db.updateTable('subscriptions').set(changes).where('id', '=', id).execute();
}

/** The subscriptions that an order began. */
export async function listSubscriptionsOfOrder(db: Db, { provider, account, externalId }: OrderKey): Promise<string[]> {
  const rows = await db.selectFrom('subscriptions').select('external_id').where('provider', '=', provider).where('account', '=', account).where('order_external_id', '=', externalId).execute();
  return rows.map((row) => row.external_id);
}

export function findProviderCustomer(db: Db, { provider, account, externalId }: OrderKey): Promise<ProviderCustomer | undefined> {
  return db.selectFrom('provider_customers').selectAll().where('provider', '=', provider).where('account', '=', account).where('external_id', '=', externalId).executeTakeFirst();
}

/** Keeps the newest of what a provider said of its customer. */
export async function saveProviderCustomer(db: Db, key: OrderKey, facts: { email: string; name: string; locale: string; snapshotAt: number }, now: number): Promise<void> {
  const { snapshotAt, ...values } = facts;
  const columns = { ...values, snapshot_at: snapshotAt, updated_at: now };
  const update = () =>
    db
      .updateTable('provider_customers')
      .set(columns)
      .where('provider', '=', key.provider)
      .where('account', '=', key.account)
      .where('external_id', '=', key.externalId)
      .where('snapshot_at', '<=', snapshotAt)
      .executeTakeFirst();
  if ((await update()).numUpdatedRows > 0n || (await findProviderCustomer(db, key))) return;
  const row: ProviderCustomer = { id: newId(), provider: key.provider, account: key.account, external_id: key.externalId, customer_id: null, ...columns, created_at: now };
  if (!(await insertedOnce(db.insertInto('provider_customers').values(row).execute()))) await update();
}

/** Says who a provider's customer is to us, unless that is known. */
export async function linkProviderCustomer(db: Db, { provider, account, externalId }: OrderKey, customerId: string, now: number): Promise<void> {
  await db.updateTable('provider_customers').set({ customer_id: customerId, updated_at: now }).where('provider', '=', provider).where('account', '=', account).where('external_id', '=', externalId).where('customer_id', 'is', null).execute();
}

/** False when the cause has its change already. */
export function insertChange(db: Db, change: Selectable<Schema['subscription_changes']>): Promise<boolean> {
  return insertedOnce(db.insertInto('subscription_changes').values(change).execute());
}

/** False when the payment is linked already. */
export function insertPaymentLink(db: Db, { provider, account, externalId }: OrderKey, paymentId: string, now: number): Promise<boolean> {
  return insertedOnce(db.insertInto('payment_links').values({ id: newId(), provider, account, payment_external_id: paymentId, order_external_id: externalId, created_at: now }).execute());
}

/** The order that a payment is for, when it is known. */
export async function findOrderOfPayment(db: Db, { provider, account, externalId }: OrderKey): Promise<string | undefined> {
  const row = await db.selectFrom('payment_links').select('order_external_id').where('provider', '=', provider).where('account', '=', account).where('payment_external_id', '=', externalId).executeTakeFirst();
  return row?.order_external_id;
}
