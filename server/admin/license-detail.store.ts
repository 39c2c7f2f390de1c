import type { Selectable } from 'kysely';
import { licensesWithin, type Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';
import type { Customer } from '../customers/customers.store.ts';
import type { License } from '../licenses/licenses.store.ts';
import type { Plan } from '../plans/plans.store.ts';

export type LicenseDetail = { license: License; plan: Plan; product: string; customer: Customer };

/** A licence with its plan, product and customer, if the scope reaches it. */
export async function findLicenseDetail(db: Db, scope: Scope, id: string): Promise<LicenseDetail | undefined> {
  const license = await db.selectFrom('licenses').selectAll().where('id', '=', id).where(licensesWithin(scope)).executeTakeFirst();
  if (!license) return undefined;
  const plan = await db.selectFrom('plans').selectAll().where('id', '=', license.plan_id).executeTakeFirstOrThrow();
  const product = await db.selectFrom('products').select('name').where('id', '=', license.product_id).executeTakeFirstOrThrow();
  const customer = await db.selectFrom('customers').selectAll().where('id', '=', license.customer_id).executeTakeFirstOrThrow();
  return { license, plan, product: product.name, customer };
}

/** Requests charged to a licence in the calendar month that begins at `monthStart`. */
export async function countRequestsOfMonth(db: Db, licenseId: string, monthStart: number): Promise<number> {
  const counter = await db.selectFrom('quota_counters').select(['month_start', 'month_requests']).where('license_id', '=', licenseId).where('scope', '=', '').executeTakeFirst();
  return counter?.month_start === monthStart ? counter.month_requests : 0;
}

export function listTermsNewestFirst(db: Db, licenseId: string): Promise<Selectable<Schema['license_terms']>[]> {
  return db.selectFrom('license_terms').selectAll().where('license_id', '=', licenseId).orderBy('paid_at', 'desc').orderBy('id', 'desc').execute();
}

export type OrderRow = Pick<Selectable<Schema['orders']>, 'id' | 'provider' | 'number' | 'status' | 'currency' | 'total_minor' | 'refunded_minor' | 'created_at'>;
const orderColumns = ['orders.id', 'orders.provider', 'orders.number', 'orders.status', 'orders.currency', 'orders.total_minor', 'orders.refunded_minor', 'orders.created_at'] as const;
const ordersShown = 50;

export function listOrdersOfLicense(db: Db, licenseId: string): Promise<OrderRow[]> {
  return db
    .selectFrom('order_units')
    .innerJoin('order_lines', 'order_lines.id', 'order_units.order_line_id')
    .innerJoin('orders', 'orders.id', 'order_lines.order_id')
    .select(orderColumns)
    .distinct()
    .where('order_units.license_id', '=', licenseId)
    .orderBy('orders.created_at', 'desc')
    .limit(ordersShown)
    .execute();
}

export function listOrdersOfCustomer(db: Db, customerId: string): Promise<OrderRow[]> {
  return db.selectFrom('orders').select(orderColumns).where('customer_id', '=', customerId).orderBy('orders.created_at', 'desc').limit(ordersShown).execute();
}
