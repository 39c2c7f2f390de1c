import { recordAudit } from '../audit/record-audit.ts';
import type { Doer } from '../customers/create-customer.ts';
import { takeCustomer, updateCustomerPlace, type Customer } from '../customers/customers.store.ts';
import { getCustomerWithin } from '../customers/get-customer.ts';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { giveLicenses } from './give-licenses.ts';
import { getNodeWithin } from './organizations.store.ts';

/**
 * Gives a customer and all its licences to a node of the tree that the scope reaches, in the caller's transaction; null makes it the
 * operator's own, which only the operator may. Throws NOT_FOUND, FORBIDDEN, and LICENSE_QUOTA_EXHAUSTED when there is no room for the licences.
 */
export async function assignCustomer(db: Db, id: string, organizationId: string | null, { scope, by }: Pick<Doer, 'scope' | 'by'>, now: number, reason?: string): Promise<Customer> {
  await getCustomerWithin(db, scope, id);
  if (organizationId === null && scope.kind !== 'all') throw new AppError('FORBIDDEN', 'Choose one of your organisations.', { field: 'body.organization_id' });
  if (organizationId !== null) await getNodeWithin(db, scope, organizationId);
  await takeCustomer(db, id, now);
  const before = await getCustomerWithin(db, scope, id);
  if (before.organization_id === organizationId) return before;
  await updateCustomerPlace(db, id, { organization_id: organizationId });
  const licenses = await giveLicenses(db, before, { customerId: id, organizationId }, now);
  await recordAudit(db, by, { action: 'customer.assigned', entity: 'customer', entityId: id, before: { organization_id: before.organization_id }, after: { organization_id: organizationId, licenses }, reason }, now);
  return { ...before, organization_id: organizationId, updated_at: now };
}
