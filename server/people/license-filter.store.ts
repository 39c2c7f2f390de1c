import { licensesWithin, type Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import type { LicenseStatus } from '../licenses/license-status.rules.ts';
import { nodesToMerge } from './organizations.store.ts';

/** `within`: a node of the tree, inside the scope. */
export type LicenseFilter = { scope: Scope; within?: Scope | undefined; status?: LicenseStatus | undefined; planId?: string | undefined; customerId?: string | undefined; sort?: LicenseSort | undefined; ids?: string[] | undefined };
export const licenseSorts = ['newest', 'oldest', 'ending'] as const;
/** `ending`: those that end, the next one first. */
export type LicenseSort = (typeof licenseSorts)[number];

/**
 * The licences that a filter leaves, of those that its scope reaches, without columns. `enteredAt`: a page of those that are ordered by their end begins
 * here. Of two bounds on one side the embedded database takes the first for the index and reads everything between them.
 */
export function filteredLicenses(db: Db, { scope, within, status, planId, customerId, sort, ids }: LicenseFilter, now: number, enteredAt: number = now) {
  let query = db.selectFrom('licenses').where(licensesWithin(scope));
  if (within) query = query.where(licensesWithin(within));
  if (ids) query = query.where('licenses.id', 'in', ids.length === 0 ? [''] : ids);
  if (planId !== undefined) query = query.where('licenses.plan_id', '=', planId);
  if (customerId !== undefined) query = query.where('licenses.customer_id', '=', customerId);
  if (status === 'expired') return query.where('licenses.status', '=', 'active').where('licenses.expires_at', '<=', Math.min(enteredAt, now)).where((eb) => eb(eb('licenses.expires_at', '+', eb.ref('licenses.grace_ms')), '<=', now));
  if (sort === 'ending') query = query.where('licenses.expires_at', '>', Math.max(enteredAt - 1, now));
  if (status !== undefined) query = query.where('licenses.status', '=', status);
  if (status === 'active') query = query.where((eb) => eb.or([eb('licenses.expires_at', 'is', null), eb(eb('licenses.expires_at', '+', eb.ref('licenses.grace_ms')), '>', now)]));
  return query;
}

const storedStatuses = ['pending', 'active', 'suspended', 'cancelled'] as const;

/** filteredLicenses as lists that are to be merged (mergedPlacesAfter), each in an index of its own. */
export async function licenseLists(db: Db, filter: LicenseFilter, now: number, enteredAt?: number) {
  const all = filteredLicenses(db, filter, now, enteredAt);
  const nodes = await nodesToMerge(db, filter.within ?? filter.scope);
  const lists = nodes?.map((id) => all.where('licenses.organization_id', '=', id)) ?? [all];
  // The index of an organisation's ends goes by status.
  return nodes && filter.sort === 'ending' && filter.status === undefined ? lists.flatMap((list) => storedStatuses.map((status) => list.where('licenses.status', '=', status))) : lists;
}
