import { licensesWithin, type Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import type { LicenseStatus } from '../licenses/license-status.rules.ts';

/** `within`: a node of the tree, inside the scope. */
export type LicenseFilter = { scope: Scope; within?: Scope | undefined; status?: LicenseStatus | undefined; planId?: string | undefined; customerId?: string | undefined; sort?: LicenseSort | undefined; ids?: string[] | undefined };
export const licenseSorts = ['newest', 'oldest', 'ending'] as const;
/** `ending`: those that end, the next one first. */
export type LicenseSort = (typeof licenseSorts)[number];

/** The licences that a filter leaves, of those that its scope reaches, without columns. */
export function filteredLicenses(db: Db, { scope, within, status, planId, customerId, sort, ids }: LicenseFilter, now: number) {
  let query = db.selectFrom('licenses').where(licensesWithin(scope));
  if (within) query = query.where(licensesWithin(within));
  if (ids) query = query.where('licenses.id', 'in', ids.length === 0 ? [''] : ids);
  if (planId !== undefined) query = query.where('licenses.plan_id', '=', planId);
  if (customerId !== undefined) query = query.where('licenses.customer_id', '=', customerId);
  if (status === 'expired') return query.where('licenses.status', '=', 'active').where('licenses.expires_at', '<=', now).where((eb) => eb(eb('licenses.expires_at', '+', eb.ref('licenses.grace_ms')), '<=', now));
  if (sort === 'ending') query = query.where('licenses.expires_at', '>', now);
  if (status !== undefined) query = query.where('licenses.status', '=', status);
  if (status === 'active') query = query.where((eb) => eb.or([eb('licenses.expires_at', 'is', null), eb(eb('licenses.expires_at', '+', eb.ref('licenses.grace_ms')), '>', now)]));
  return query;
}
