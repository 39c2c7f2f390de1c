import { sql } from 'kysely';
import type { Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import { placesAfter, type Place } from '../db/keyset.ts';
import { filteredCustomers } from '../people/customer-filter.store.ts';
import { filteredLicenses } from '../people/license-filter.store.ts';
import type { ChangeInput } from './batch-kinds.ts';

/** Up to this many are counted; beyond it there are "more than". */
export const countedAtMost = 10_000;

/** The next rows of a batch after a place, newest first, of those that stood when it began. */
export function nextTargets(db: Db, input: ChangeInput, scope: Scope, { after, begunAt, limit, now }: { after: Place | undefined; begunAt: number; limit: number; now: number }): Promise<Place[]> {
  if (input.of === 'licenses') {
    return placesAfter(filteredLicenses(db, { ...input.target, scope }, now).where('licenses.created_at', '<=', begunAt), { column: 'licenses.created_at', id: 'licenses.id', direction: 'desc' }, after, limit);
  }
  return placesAfter(filteredCustomers(db, { ...input.target, scope }).where('customers.created_at', '<=', begunAt), { column: 'customers.created_at', id: 'customers.id', direction: 'desc' }, after, limit);
}

/** How many rows a batch concerns: exact up to countedAtMost, otherwise one more than that. */
export async function countTargets(db: Db, target: Pick<ChangeInput, 'of' | 'target'>, scope: Scope, now: number): Promise<number> {
  const one = sql<number>`1`.as('one');
  const rows = target.of === 'licenses'
    ? filteredLicenses(db, { ...target.target as Parameters<typeof filteredLicenses>[1], scope }, now).select(one).limit(countedAtMost + 1)
    : filteredCustomers(db, { ...target.target as Parameters<typeof filteredCustomers>[1], scope }).select(one).limit(countedAtMost + 1);
  const { count } = await db.selectFrom(rows.as('counted')).select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow();
  return count;
}
