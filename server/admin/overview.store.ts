import { sql } from 'kysely';
import { licensesWithin, type Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import { statusAt, type LicenseStatus } from '../licenses/license-status.rules.ts';

/** Purchases that could not be turned into licences. */
export async function countDeadDeliveries(db: Db): Promise<number> {
  const { count } = await db.selectFrom('inbox').select(sql<number>`count(*)`.as('count')).where('status', '=', 'dead').executeTakeFirstOrThrow();
  return count;
}

export type RecentLicense = { id: string; key_hint: string; status: LicenseStatus; plan: string; customer_id: string; customer: string; created_at: number };

/** The newest licences of a scope. */
export async function listRecentLicenses(db: Db, scope: Scope, now: number, limit: number): Promise<RecentLicense[]> {
  const newest = await db.selectFrom('licenses').select('licenses.id').where(licensesWithin(scope)).orderBy('licenses.created_at', 'desc').orderBy('licenses.id', 'desc').limit(limit).execute();
  if (newest.length === 0) return [];
  const rows = await db
    .selectFrom('licenses')
    .innerJoin('customers', 'customers.id', 'licenses.customer_id')
    .innerJoin('plans', 'plans.id', 'licenses.plan_id')
    .select(['licenses.id', 'licenses.key_hint', 'licenses.status', 'licenses.expires_at', 'licenses.grace_ms', 'licenses.subscription_status', 'licenses.created_at', 'licenses.customer_id', 'customers.name as customer', 'plans.name as plan'])
    .where('licenses.id', 'in', newest.map(({ id }) => id))
    .orderBy('licenses.created_at', 'desc')
    .orderBy('licenses.id', 'desc')
    .execute();
  return rows.map((row) => ({ id: row.id, key_hint: row.key_hint, status: statusAt(row, now), plan: row.plan, customer_id: row.customer_id, customer: row.customer, created_at: row.created_at }));
}
