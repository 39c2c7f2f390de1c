import { insertedOnce, type Db } from '../db/database.ts';
import { newId } from '../ids.ts';
import type { Amounts, QuotaUnit } from './limits.rules.ts';

const clockToleranceMs = 86_400_000;

/** What the counter of a licence says of the month, reservations included. */
export type MonthCount = { license_id: string; used: Amounts };

/** Licences whose counter of this month has changed at or after a moment, by id, after the one with `afterId`. */
export async function listChangedCounts(db: Db, month: number, since: number, afterId: string, limit: number): Promise<MonthCount[]> {
  const rows = await db
    .selectFrom('quota_counters')
    .select(['license_id', 'month_requests', 'month_tokens', 'month_cost'])
    .where('scope', '=', '')
    .where('month_start', '=', month)
    .where('updated_at', '>=', since)
    .where('license_id', '>', afterId)
    .orderBy('license_id')
    .limit(limit)
    .execute();
  return rows.map(({ license_id, month_requests, month_tokens, month_cost }) => ({ license_id, used: { requests: month_requests, tokens: month_tokens, cost: month_cost } }));
}

/** What the ledger says was charged to a licence in this month, without what is only reserved: one statement, so that all of it is of one moment. */
export async function sumSettled(db: Db, licenseId: string, month: number): Promise<Amounts> {
  return db
    .selectFrom('usage_records')
    .select((eb) => [
      eb.fn.coalesce(eb.fn.sum<number>('charged_requests'), eb.lit(0)).as('requests'),
      eb.fn.coalesce(eb.fn.sum<number>('charged_tokens'), eb.lit(0)).as('tokens'),
      eb.fn.coalesce(eb.fn.sum<number>('charged_cost_microcents'), eb.lit(0)).as('cost'),
    ])
    .where('license_id', '=', licenseId)
    .where('created_at', '>=', month - clockToleranceMs)
    .where('month_start', '=', month)
    .where('status', '!=', 'reserved')
    .executeTakeFirstOrThrow();
}

/** The alerts that a licence has had in a month. */
export function listAlerts(db: Db, licenseId: string, month: number): Promise<{ unit: string; threshold: number }[]> {
  return db.selectFrom('usage_alerts').select(['unit', 'threshold']).where('license_id', '=', licenseId).where('month_start', '=', month).execute();
}

/** False when this alert stands already. */
export function insertAlert(db: Db, alert: { license_id: string; month_start: number; unit: QuotaUnit; threshold: number }, now: number): Promise<boolean> {
  return insertedOnce(db.insertInto('usage_alerts').values({ id: newId(), ...alert, created_at: now }).execute());
}

export type Owner = { customer_id: string; name: string; email: string; locale: string; key_hint: string; plan_name: string };

/** Whose licence it is. Throws for a licence that has vanished. */
export function getOwner(db: Db, licenseId: string): Promise<Owner> {
  return db
    .selectFrom('licenses')
    .innerJoin('customers', 'customers.id', 'licenses.customer_id')
    .innerJoin('plans', 'plans.id', 'licenses.plan_id')
    .select(['customers.id as customer_id', 'customers.name', 'customers.email', 'customers.locale', 'licenses.key_hint', 'plans.name as plan_name'])
    .where('licenses.id', '=', licenseId)
    .executeTakeFirstOrThrow();
}
