import { customersWithin, licensesWithin, type Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';

/**
 * The order leads both databases to the index of the organisations. Up to so many, rows are found by who owns them and then put in order. Beyond, the newest rows are looked through and belong to the scope
 * often enough: either way a page does not cost as much as the table is long.
 */
const smallest = 2_000;

/** The ids of the customers of a scope that has few of them; undefined for one that has many, or everything. */
export async function customersOfSmallScope(db: Db, scope: Scope): Promise<string[] | undefined> {
  if (scope.kind === 'all') return undefined;
  const rows = await db.selectFrom('customers').select('id').where(customersWithin(scope)).orderBy('customers.organization_id').limit(smallest + 1).execute();
  return rows.length > smallest ? undefined : rows.map(({ id }) => id);
}

/** The ids of the subscriptions that licences of a scope follow, when its licences are few; undefined otherwise. */
export async function subscriptionsOfSmallScope(db: Db, scope: Scope): Promise<string[] | undefined> {
  if (scope.kind === 'all') return undefined;
  const rows = await db.selectFrom('licenses').select('subscription_id').where(licensesWithin(scope)).orderBy('licenses.organization_id').limit(smallest + 1).execute();
  return rows.length > smallest ? undefined : [...new Set(rows.flatMap(({ subscription_id: id }) => id ?? []))];
}
