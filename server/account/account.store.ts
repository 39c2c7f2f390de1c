import type { Selectable } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

type License = Selectable<Schema['licenses']>;
type Plan = Selectable<Schema['plans']>;
export type OwnLicense = { license: License; plan: Plan; product: string };
export type OwnOrder = Pick<Selectable<Schema['orders']>, 'id' | 'provider' | 'account' | 'external_id' | 'number' | 'status' | 'currency' | 'total_minor' | 'refunded_minor' | 'paid_at' | 'created_at'>;

const orderColumns = ['id', 'provider', 'account', 'external_id', 'number', 'status', 'currency', 'total_minor', 'refunded_minor', 'paid_at', 'created_at'] as const;
const licensesShown = 200;
const ordersShown = 100;

/** The licences of a customer, newest first. */
export async function listOwnLicenses(db: Db, customerId: string): Promise<OwnLicense[]> {
  const licenses = await db.selectFrom('licenses').selectAll().where('customer_id', '=', customerId).orderBy('created_at', 'desc').orderBy('id', 'desc').limit(licensesShown).execute();
  const plans = new Map((await db.selectFrom('plans').selectAll().execute()).map((plan) => [plan.id, plan]));
  const products = new Map((await db.selectFrom('products').select(['id', 'name']).execute()).map(({ id, name }) => [id, name]));
  return licenses.flatMap((license) => {
    const plan = plans.get(license.plan_id);
    return plan ? [{ license, plan, product: products.get(license.product_id) ?? '' }] : [];
  });
}

/** A licence if it belongs to this customer. */
export async function findOwnLicense(db: Db, customerId: string, licenseId: string): Promise<OwnLicense | undefined> {
  const license = await db.selectFrom('licenses').selectAll().where('id', '=', licenseId).where('customer_id', '=', customerId).executeTakeFirst();
  if (!license) return undefined;
  const plan = await db.selectFrom('plans').selectAll().where('id', '=', license.plan_id).executeTakeFirstOrThrow();
  const product = await db.selectFrom('products').select('name').where('id', '=', license.product_id).executeTakeFirstOrThrow();
  return { license, plan, product: product.name };
}

/** Sites and devices that use a licence. */
export function listActivationsOf(db: Db, licenseId: string): Promise<Selectable<Schema['activations']>[]> {
  return db.selectFrom('activations').selectAll().where('license_id', '=', licenseId).orderBy('is_staging').orderBy('slot').execute();
}

/** How many places of each licence are taken, by sites without copies and by devices. */
export async function countSites(db: Db, licenseIds: string[]): Promise<Map<string, number>> {
  if (licenseIds.length === 0) return new Map();
  const rows = await db.selectFrom('activations').select(['license_id', (eb) => eb.fn.countAll<number>().as('count')]).where('license_id', 'in', licenseIds).where('is_staging', '=', 0).groupBy('license_id').execute();
  return new Map(rows.map(({ license_id, count }) => [license_id, count]));
}

/** The orders of a customer, newest first; those that were only heard of are left out. */
export function listOwnOrders(db: Db, customerId: string): Promise<OwnOrder[]> {
  return db.selectFrom('orders').select(orderColumns).where('customer_id', '=', customerId).orderBy('created_at', 'desc').limit(ordersShown).execute();
}

/** An order if it belongs to this customer. */
export function findOwnOrder(db: Db, customerId: string, orderId: string): Promise<OwnOrder | undefined> {
  return db.selectFrom('orders').select(orderColumns).where('id', '=', orderId).where('customer_id', '=', customerId).executeTakeFirst();
}

/** The ids under which Paddle knows an e-mail address, the newest first. */
export async function listPaddleCustomerIds(db: Db, emails: string[]): Promise<string[]> {
  const rows = await db.selectFrom('provider_customers').select('external_id').where('provider', '=', 'paddle').where('email', 'in', emails).orderBy('snapshot_at', 'desc').orderBy('id', 'desc').execute();
  return rows.map(({ external_id: id }) => id);
}
