import { sql, type SqlBool } from 'kysely';
import { customersWithin, type Scope } from '../access/scope.ts';
import type { CustomerStatus } from '../customers/customer-status.rules.ts';
import type { Db } from '../db/database.ts';
import { nodesToMerge } from './organizations.store.ts';

export const customerSorts = ['newest', 'oldest', 'name', 'email'] as const;
export type CustomerSort = (typeof customerSorts)[number];
/** `within`: a node of the tree, inside the scope. `ids`: those that a search has found. */
export type CustomerFilter = { scope: Scope; within?: Scope | undefined; status?: CustomerStatus | undefined; sort?: CustomerSort | undefined; ids?: string[] | undefined };

/** Not by an index of the status: nearly all customers fit, and the order must come from an index of its own. */
export const isNotErased = sql<SqlBool>`coalesce(customers.status, '') <> 'erased'`;

/** The customers that a filter leaves, of those that its scope reaches, without columns. */
export function filteredCustomers(db: Db, { scope, within, status, ids }: CustomerFilter) {
  let query = db.selectFrom('customers').where(customersWithin(scope));
  query = status === undefined ? query.where(isNotErased) : query.where('customers.status', '=', status);
  if (within) query = query.where(customersWithin(within));
  return ids ? query.where('customers.id', 'in', ids.length === 0 ? [''] : ids) : query;
}

/** filteredCustomers as lists that are to be merged (mergedPlacesAfter), each in an index of its own. */
export async function customerLists(db: Db, filter: CustomerFilter) {
  const all = filteredCustomers(db, filter);
  const nodes = await nodesToMerge(db, filter.within ?? filter.scope);
  return nodes?.map((id) => all.where('customers.organization_id', '=', id)) ?? [all];
}
