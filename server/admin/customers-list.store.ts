import { sql, type Selectable, type SqlBool } from 'kysely';
import { customersWithin, type Scope } from '../access/scope.ts';
import { emailKey } from '../customers/customer.rules.ts';
import type { Db } from '../db/database.ts';
import { mergedPlacesAfter, type Order, type Place } from '../db/keyset.ts';
import type { Schema } from '../db/schema.ts';
import { customerLists, type CustomerFilter, type CustomerSort } from '../people/customer-filter.store.ts';
import { endOf } from './licenses-list.store.ts';
import type { PageOf } from './paging.store.ts';
import { sortedPage, type SortedRequest } from './sorted-page.store.ts';

export type CustomerRow = Pick<Selectable<Schema['customers']>, 'id' | 'name' | 'email' | 'company' | 'status' | 'created_at'> & { licenses: number; organization: string | undefined };
const matchesPerIndex = 200;
/** The columns of each order. */
const customerOrders: Record<CustomerSort, Order> = {
  newest: { column: 'customers.created_at', id: 'customers.id', direction: 'desc' },
  oldest: { column: 'customers.created_at', id: 'customers.id', direction: 'asc' },
  name: { column: 'customers.name_key', id: 'customers.id', direction: 'asc' },
  email: { column: 'customers.email_key', id: 'customers.id', direction: 'asc' },
};

/** What the places of an order are made of. */
export function placeKind(sort: CustomerSort): 'number' | 'text' {
  return sort === 'name' || sort === 'email' ? 'text' : 'number';
}

/** A page of customers. Those that were erased are left out. */
export async function listCustomers(db: Db, filter: CustomerFilter, page: SortedRequest): Promise<PageOf<CustomerRow>> {
  return sortedPage(await customerLists(db, filter), customerOrders[filter.sort ?? 'newest'], page, (ids) => describe(db, ids));
}

/** The places of a list of customers after one. */
export async function listCustomerPlaces(db: Db, filter: CustomerFilter, after: Place | undefined, limit: number): Promise<Place[]> {
  return mergedPlacesAfter(await customerLists(db, filter), customerOrders[filter.sort ?? 'newest'], after, limit);
}

/** Ids of the customers whose address, name or company begins with a text, or who had the address before, by index alone. `isCut` says that there are more. */
export async function findCustomerIds(db: Db, scope: Scope, text: string): Promise<{ ids: string[]; isCut: boolean }> {
  const own = () => db.selectFrom('customers').select('customers.id').where(customersWithin(scope)).limit(matchesPerIndex);
  const lists = [(await own().where('customers.email_key', '>=', emailKey(text)).where('customers.email_key', '<', endOf(emailKey(text))).execute()).map(({ id }) => id)];
  for (const prefix of spellings(text)) {
    for (const column of ['customers.name_key', 'customers.company_key']) {
      lists.push((await own().where(sql<SqlBool>`${sql.ref(column)} >= ${prefix} and ${sql.ref(column)} < ${endOf(prefix)}`).execute()).map(({ id }) => id));
    }
  }
  const merged = await own().innerJoin('customer_addresses', 'customer_addresses.customer_id', 'customers.id').where('customer_addresses.email_key', '=', emailKey(text)).execute();
  lists.push(merged.map(({ id }) => id));
  return { ids: [...new Set(lists.flat())], isCut: lists.some((list) => list.length === matchesPerIndex) };
}

/** The embedded database folds the letters of ASCII alone: others are looked for as they were typed, small, and with a capital. */
function spellings(text: string): string[] {
  const typed = text.normalize('NFC').replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
  const small = typed.toLowerCase();
  const capital = small.replaceAll(/(?<=^|\s)[\u0080-\uFFFF]/g, (letter) => letter.toUpperCase());
  return [...new Set([typed, small, capital])];
}

async function describe(db: Db, ids: string[]): Promise<CustomerRow[]> {
  const rows = await db
    .selectFrom('customers')
    .leftJoin('organizations', 'organizations.id', 'customers.organization_id')
    .select(['customers.id', 'customers.name', 'customers.email', 'customers.company', 'customers.status', 'customers.created_at', 'organizations.name as organization'])
    .where('customers.id', 'in', ids)
    .execute();
  const counts = await db.selectFrom('licenses').select(['customer_id', (eb) => eb.fn.countAll<number>().as('count')]).where('customer_id', 'in', ids).groupBy('customer_id').execute();
  return rows.map((row) => ({ ...row, organization: row.organization ?? undefined, licenses: counts.find(({ customer_id }) => customer_id === row.id)?.count ?? 0 }));
}
