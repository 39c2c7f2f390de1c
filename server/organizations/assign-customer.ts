import type { Scope } from '../access/scope.ts';
import { recordAudit, type Actor } from '../audit/record-audit.ts';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { releaseLicenses, takeLicenses } from './license-quota.ts';
import { findCustomerPlace, findOrganization, moveCustomer, moveLicensesOf } from './organizations.store.ts';

/**
 * Puts a customer with all licences under an organisation, or back to the operator (null), in the caller's transaction; the quotas on
 * both ways are counted. The caller has made sure that the customer is in sight. Throws NOT_FOUND for an organisation that is not,
 * FORBIDDEN when somebody else than the operator would take a customer out of every organisation, LICENSE_QUOTA_EXHAUSTED, and
 * CONFLICT when the customer was moved at the same time.
 */
export async function assignCustomer(db: Db, customerId: string, organizationId: string | null, scope: Scope, by: Actor, now: number, reason?: string): Promise<void> {
  const customer = await findCustomerPlace(db, customerId);
  if (!customer) throw new AppError('NOT_FOUND', 'There is no customer with this id.', { field: 'path.id' });
  const { organization_id: from } = customer;
  if (organizationId === null && scope.kind !== 'all') throw new AppError('FORBIDDEN', 'Only the operator may take a customer out of every organisation.', { field: 'body.organization_id' });
  const target = organizationId === null ? null : await findOrganization(db, scope, organizationId);
  if (target === undefined) throw new AppError('NOT_FOUND', 'There is no such organisation.', { field: 'body.organization_id' });
  if (target !== null && target.disabled_at !== null) throw new AppError('CONFLICT', 'This organisation is disabled.', { field: 'body.organization_id' });
  const to = target?.id ?? null;
  if (from === to) return;
  if (!(await moveCustomer(db, customerId, from, to, now))) throw new AppError('CONFLICT', 'The customer was moved at the same time. Load the page again.');
  const count = await moveLicensesOf(db, customerId, to, now);
  await releaseLicenses(db, from, count);
  await takeLicenses(db, to, count);
  await recordAudit(db, by, { action: 'customer.assigned', entity: 'customer', entityId: customerId, before: { organization_id: from }, after: { organization_id: to }, reason }, now);
}
