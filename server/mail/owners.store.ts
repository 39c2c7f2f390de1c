import type { Selectable } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

export type Owner = Pick<Selectable<Schema['customers']>, 'id' | 'email' | 'name' | 'locale'>;
export type OwnedLicense = { id: string; key_hint: string; plan_name: string; expires_at: number | null; grace_ms: number };
export type OrderFacts = Pick<Selectable<Schema['orders']>, 'id' | 'number' | 'total_minor' | 'currency' | 'customer_id'>;

const ownerColumns = ['customers.id', 'customers.email', 'customers.name', 'customers.locale'] as const;

export function findOwnerOfLicense(db: Db, licenseId: string): Promise<Owner | undefined> {
  return db.selectFrom('licenses').innerJoin('customers', 'customers.id', 'licenses.customer_id').select(ownerColumns).where('licenses.id', '=', licenseId).executeTakeFirst();
}

export function findBuyer(db: Db, orderId: string): Promise<Owner | undefined> {
  return db.selectFrom('orders').innerJoin('customers', 'customers.id', 'orders.customer_id').select(ownerColumns).where('orders.id', '=', orderId).executeTakeFirst();
}

export function findOrderFacts(db: Db, orderId: string): Promise<OrderFacts | undefined> {
  return db.selectFrom('orders').select(['id', 'number', 'total_minor', 'currency', 'customer_id']).where('id', '=', orderId).executeTakeFirst();
}

/** The licences that an order issued: how many, and how many of them are still there. */
export async function countIssued(db: Db, orderId: string): Promise<{ issued: number; left: number }> {
  const rows = await db
    .selectFrom('order_units')
    .innerJoin('order_lines', 'order_lines.id', 'order_units.order_line_id')
    .innerJoin('licenses', 'licenses.id', 'order_units.license_id')
    .select('licenses.revoked_at')
    .where('order_lines.order_id', '=', orderId)
    .execute();
  return { issued: rows.length, left: rows.filter(({ revoked_at }) => revoked_at === null).length };
}

/** Licences with the names of their plans, in the order of the ids. */
export async function listOwnedLicenses(db: Db, ids: string[]): Promise<OwnedLicense[]> {
  if (ids.length === 0) return [];
  const rows = await db.selectFrom('licenses').innerJoin('plans', 'plans.id', 'licenses.plan_id').select(['licenses.id', 'licenses.key_hint', 'plans.name as plan_name', 'licenses.expires_at', 'licenses.grace_ms']).where('licenses.id', 'in', ids).execute();
  return rows.sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id));
}

export type EndingLicense = { id: string; expires_at: number; paid_at: number; subscription_status: string | null; cancel_at: number | null };

/** Licences in force that end between two moments, by id, after the one with `afterId`, with when they were paid last. */
export async function listEnding(db: Db, { from, to, afterId, limit }: { from: number; to: number; afterId: string; limit: number }): Promise<EndingLicense[]> {
  const rows = await db
    .selectFrom('licenses')
    .leftJoin('subscriptions', 'subscriptions.id', 'licenses.subscription_id')
    .select((eb) => [
      'licenses.id', 'licenses.expires_at', 'licenses.subscription_status', 'subscriptions.cancel_at',
      eb.selectFrom('license_terms').select((terms) => terms.fn.max('license_terms.paid_at').as('paid_at')).whereRef('license_terms.license_id', '=', 'licenses.id').where('license_terms.voided_at', 'is', null).as('paid_at'),
    ])
    .where('licenses.status', '=', 'active')
    .where('licenses.expires_at', '>', from)
    .where('licenses.expires_at', '<=', to)
    .where('licenses.id', '>', afterId)
    .orderBy('licenses.id')
    .limit(limit)
    .execute();
  return rows.map(({ expires_at, paid_at, ...row }) => ({ ...row, expires_at: expires_at ?? 0, paid_at: paid_at ?? 0 }));
}

/** Which of these causes have their e-mail already. */
export async function listKnownCauses(db: Db, causes: string[]): Promise<Set<string>> {
  if (causes.length === 0) return new Set();
  const rows = await db.selectFrom('emails').select('cause').where('cause', 'in', causes).execute();
  return new Set(rows.map(({ cause }) => cause));
}
