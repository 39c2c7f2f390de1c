import { sql, type SqlBool } from 'kysely';
import { licensesWithin, type Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import { pageSize, type PageRequest } from './paging.store.ts';

export type ExpiringRow = { id: string; key_hint: string; expires_at: number; subscription_status: string | null; plan: string; customer_id: string; customer: string; email: string };

/** Active licences whose paid time ends from a moment on and before another, the next first. `next` is the place after which the following page begins. */
export async function listExpiring(db: Db, scope: Scope, from: number, until: number, now: number, { after }: PageRequest): Promise<{ rows: ExpiringRow[]; next: string | undefined }> {
  let query = db
    .selectFrom('licenses')
    .select(['licenses.id', 'licenses.expires_at'])
    .where(licensesWithin(scope))
    .where('licenses.status', '=', 'active')
    .where('licenses.expires_at', '>=', Math.max(from, after?.at ?? from))
    .where('licenses.expires_at', '<', until)
    .where((eb) => eb(eb('licenses.expires_at', '+', eb.ref('licenses.grace_ms')), '>', now));
  if (after) query = query.where(sql<SqlBool>`(licenses.expires_at > ${after.at} or licenses.id > ${after.id})`);
  const found = await query.orderBy('licenses.expires_at').orderBy('licenses.id').limit(pageSize + 1).execute();
  const places = found.slice(0, pageSize);
  const last = found.length > pageSize ? places.at(-1) : undefined;
  if (places.length === 0) return { rows: [], next: undefined };
  const rows = await db
    .selectFrom('licenses')
    .innerJoin('customers', 'customers.id', 'licenses.customer_id')
    .innerJoin('plans', 'plans.id', 'licenses.plan_id')
    .select(['licenses.id', 'licenses.key_hint', 'licenses.expires_at', 'licenses.subscription_status', 'plans.name as plan', 'licenses.customer_id', 'customers.name as customer', 'customers.email'])
    .where('licenses.id', 'in', places.map(({ id }) => id))
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return { rows: places.flatMap(({ id }) => (byId.get(id) as ExpiringRow | undefined) ?? []), next: last && `${last.expires_at}.${last.id}` };
}
