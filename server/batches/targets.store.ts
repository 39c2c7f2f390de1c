import { sql } from 'kysely';
import type { Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import { mergedPlacesAfter, type Place } from '../db/keyset.ts';
import { customerLists, filteredCustomers } from '../people/customer-filter.store.ts';
import { filteredLicenses, licenseLists } from '../people/license-filter.store.ts';
import type { ChangeInput } from './batch-kinds.ts';

/** Up to this many are counted; beyond it there are "more than". */
export const countedAtMost = 10_000;

/** The next rows of a batch after a place, newest first, of those that stood when it began. */
export async function nextTargets(db: Db, input: ChangeInput, scope: Scope, { after, begunAt, limit, now }: { after: Place | undefined; begunAt: number; limit: number; now: number }): Promise<Place[]> {
  // Of two bounds the embedded database takes the first for the index, and reads everything between them.
  const newest = Math.min(begunAt, Number(after?.at ?? begunAt));
  if (input.of === 'licenses') {
    const lists = await licenseLists(db, { ...input.target, scope }, now);
    return mergedPlacesAfter(lists.map((list) => list.where('licenses.created_at', '<=', newest)), { column: 'licenses.created_at', id: 'licenses.id', direction: 'desc' }, after, limit);
  }
  const lists = await customerLists(db, { ...input.target, scope });
  return mergedPlacesAfter(lists.map((list) => list.where('customers.created_at', '<=', newest)), { column: 'customers.created_at', id: 'customers.id', direction: 'desc' }, after, limit);
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
