import { sql, type Selectable, type SqlBool } from 'kysely';
import { customersWithin, ordersWithin, type Scope } from '../access/scope.ts';
import { listAdjustments, listLines, listPaymentsOfOrder, listUnits, type AdjustmentRow, type OrderLineRow } from '../billing/orders.store.ts';
import { emailKey } from '../customers/customer.rules.ts';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';
import { statusAt, type LicenseStatus } from '../licenses/license-status.rules.ts';
import { endOf } from './licenses-list.store.ts';
import type { DeliveryRow, EmailRow } from './lists.store.ts';
import { customersOfSmallScope } from './scope-size.store.ts';
import { keysetPage, type PageOf, type PageRequest } from './paging.store.ts';

export type Order = Selectable<Schema['orders']>;
type OrderListRow = Pick<Order, 'id' | 'provider' | 'number' | 'external_id' | 'status' | 'currency' | 'total_minor' | 'refunded_minor' | 'created_at' | 'is_renewal' | 'subscription_id'> & { customer: { id: string; name: string; email: string } | undefined };
/** `from` and `to`: when they came, from the first on and before the second. */
export type OrderFilter = { provider?: string | undefined; status?: string | undefined; currency?: string | undefined; from?: number | undefined; to?: number | undefined };

const columns = ['orders.id', 'orders.provider', 'orders.number', 'orders.external_id', 'orders.status', 'orders.currency', 'orders.total_minor', 'orders.refunded_minor', 'orders.created_at', 'orders.is_renewal', 'orders.subscription_id', 'orders.customer_id'] as const;
const matchesPerIndex = 200;
const shown = 50;

/** A page of the orders that somebody may see, newest first; with `ids` only of these. */
export async function listOrders(db: Db, scope: Scope, { provider, status, currency, from, to }: OrderFilter, page: PageRequest, ids?: string[]): Promise<PageOf<OrderListRow>> {
  let query = db.selectFrom('orders');
  const customers = await customersOfSmallScope(db, scope);
  if (customers) query = query.where('orders.customer_id', 'in', [...customers, '']);
  // Asked of each row: as a join MariaDB would begin with every customer of the scope.
  else if (scope.kind !== 'all') query = query.where(sql<SqlBool>`(select count(*) from customers where customers.id = orders.customer_id and ${customersWithin(scope)}) > 0`);
  if (ids) query = query.where('orders.id', 'in', ids);
  if (provider !== undefined) query = query.where('orders.provider', '=', provider);
  if (status !== undefined) query = query.where('orders.status', '=', status);
  if (currency !== undefined) query = query.where('orders.currency', '=', currency);
  if (from !== undefined) query = query.where('orders.created_at', '>=', from);
  if (to !== undefined) query = query.where('orders.created_at', '<', to);
  return keysetPage(query, { at: 'orders.created_at', id: 'orders.id' }, page, (found) => loadOrders(db, found));
}

async function loadOrders(db: Db, ids: string[]): Promise<OrderListRow[]> {
  const rows = await db.selectFrom('orders').select(columns).where('orders.id', 'in', ids).execute();
  const customerIds = [...new Set(rows.flatMap(({ customer_id: id }) => id ?? []))];
  const customers = customerIds.length === 0 ? [] : await db.selectFrom('customers').select(['id', 'name', 'email']).where('id', 'in', customerIds).execute();
  return rows.map(({ customer_id: customerId, ...row }) => ({ ...row, customer: customers.find(({ id }) => id === customerId) }));
}

/** Ids of the orders that a text names, by index alone: number or id at the provider by its beginning, or the customer's address. `isCut` says that there are more. */
export async function findOrderIds(db: Db, text: string): Promise<{ ids: string[]; isCut: boolean }> {
  const begins = async (column: 'number' | 'external_id') => (await db.selectFrom('orders').select('id').where(column, '>=', text).where(column, '<', endOf(text)).limit(matchesPerIndex).execute()).map(({ id }) => id);
  const lists = [await begins('number'), await begins('external_id')];
  const email = emailKey(text);
  const customers = await db.selectFrom('customers').select('id').where('email_key', '>=', email).where('email_key', '<', endOf(email)).limit(matchesPerIndex).execute();
  if (customers.length > 0) lists.push((await db.selectFrom('orders').select('id').where('customer_id', 'in', customers.map(({ id }) => id)).limit(matchesPerIndex).execute()).map(({ id }) => id));
  return { ids: [...new Set(lists.flat())], isCut: customers.length === matchesPerIndex || lists.some((list) => list.length === matchesPerIndex) };
}

/** The statuses and currencies that stand in orders, found by jumping through their indexes. */
export async function listOrderChoices(db: Db): Promise<{ statuses: string[]; currencies: string[] }> {
  return { statuses: await distinct(db, 'status'), currencies: (await distinct(db, 'currency')).filter((currency) => currency !== 'XXX') };
}

async function distinct(db: Db, column: 'status' | 'currency'): Promise<string[]> {
  const values: string[] = [];
  for (const most = 50; values.length < most; ) {
    const last = values.at(-1);
    const query = db.selectFrom('orders').select(column).orderBy(column).limit(1);
    const row = await (last === undefined ? query : query.where(column, '>', last)).executeTakeFirst();
    if (!row) break;
    values.push((row as Record<string, string>)[column] ?? '');
  }
  return values;
}

export type OrderDetail = {
  order: Order;
  customer: { id: string; name: string; email: string } | undefined;
  lines: (OrderLineRow & { plan: string | undefined; licenses: { id: string; key_hint: string; status: LicenseStatus; unit: number }[] })[];
  adjustments: AdjustmentRow[];
  payments: string[];
  deliveries: DeliveryRow[];
  emails: Pick<EmailRow, 'id' | 'template' | 'recipient' | 'status' | 'created_at'>[];
  subscription: { id: string; external_id: string; status: string } | undefined;
  renewals: OrderListRow[];
};

/** An order with everything that belongs to it; undefined also for one that is somebody else's. */
export async function findOrderDetail(db: Db, scope: Scope, id: string, now: number): Promise<OrderDetail | undefined> {
  const order = await db.selectFrom('orders').selectAll().where('orders.id', '=', id).where(ordersWithin(scope)).executeTakeFirst();
  if (!order) return undefined;
  const key = { provider: order.provider, account: order.account, externalId: order.external_id };
  const payments = await listPaymentsOfOrder(db, key);
  const customer = order.customer_id === null ? undefined : await db.selectFrom('customers').select(['id', 'name', 'email']).where('id', '=', order.customer_id).executeTakeFirst();
  const subscription = await db
    .selectFrom('subscriptions')
    .select(['id', 'external_id', 'status'])
    .where('provider', '=', order.provider)
    .where('account', '=', order.account)
    .where((eb) => (order.subscription_id === null ? eb('order_external_id', '=', order.external_id) : eb('external_id', '=', order.subscription_id)))
    .executeTakeFirst();
  return {
    order, customer, payments, subscription,
    lines: await describeLines(db, order.id, now),
    adjustments: await listAdjustments(db, key),
    deliveries: await listDeliveriesOf(db, 'order', order.provider, [order.external_id, ...payments]),
    emails: await db.selectFrom('emails').select(['id', 'template', 'recipient', 'status', 'created_at']).where('order_id', '=', order.id).orderBy('created_at', 'desc').limit(shown).execute(),
    renewals: order.subscription_id === null ? [] : await listOrdersOfSubscription(db, { provider: order.provider, account: order.account, externalId: order.subscription_id }, order.id),
  };
}

async function describeLines(db: Db, orderId: string, now: number): Promise<OrderDetail['lines']> {
  const lines = await listLines(db, orderId);
  const units = await listUnits(db, orderId);
  const ids = [...new Set(units.map(({ license_id: licenseId }) => licenseId))];
  const licenses = ids.length === 0 ? [] : await db.selectFrom('licenses').select(['id', 'key_hint', 'status', 'expires_at', 'grace_ms', 'subscription_status']).where('id', 'in', ids).execute();
  const plans = new Map((await db.selectFrom('plans').select(['id', 'name']).execute()).map((plan) => [plan.id, plan.name]));
  return lines.map((line) => ({
    ...line,
    plan: line.plan_id === null ? undefined : plans.get(line.plan_id),
    licenses: units.filter((unit) => unit.order_line_id === line.id).flatMap((unit) => {
      const license = licenses.find((candidate) => candidate.id === unit.license_id);
      return license ? [{ id: license.id, key_hint: license.key_hint, status: statusAt(license, now), unit: unit.unit + 1 }] : [];
    }),
  }));
}

/** The payments of a subscription, newest first, without one of them. */
export async function listOrdersOfSubscription(db: Db, { provider, account, externalId }: { provider: string; account: string; externalId: string }, exceptId = ''): Promise<OrderListRow[]> {
  const rows = await db.selectFrom('orders').select('id').where('provider', '=', provider).where('account', '=', account).where('subscription_id', '=', externalId).where('id', '!=', exceptId).orderBy('created_at', 'desc').orderBy('id', 'desc').limit(shown).execute();
  const ids = rows.map(({ id }) => id);
  const loaded = ids.length === 0 ? [] : await loadOrders(db, ids);
  return ids.flatMap((id) => loaded.find((row) => row.id === id) ?? []);
}

/** What the shops have delivered about an order or a subscription, newest first. */
export async function listDeliveriesOf(db: Db, kind: 'order' | 'subscription', provider: string, externalIds: string[]): Promise<DeliveryRow[]> {
  const links = await db.selectFrom('inbox_subjects').select('inbox_id').where('kind', '=', kind).where('provider', '=', provider).where('external_id', 'in', externalIds).limit(matchesPerIndex).execute();
  if (links.length === 0) return [];
  return db.selectFrom('inbox').select(['id', 'provider', 'topic', 'event_id', 'status', 'reason', 'reason_codes', 'received_at']).where('id', 'in', links.map(({ inbox_id: id }) => id)).orderBy('received_at', 'desc').orderBy('id', 'desc').limit(shown).execute();
}
