import { recordAudit } from '../audit/record-audit.ts';
import type { Doer } from '../customers/create-customer.ts';
import { statusAfter, type CustomerAction } from '../customers/customer-status.rules.ts';
import { takeCustomer, updateCustomerPlace, type Customer } from '../customers/customers.store.ts';
import { getCustomerWithin } from '../customers/get-customer.ts';
import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { tellOwner } from '../mail/tell-owner.ts';
import { settleCustomerLicenses } from './settle-customer-licenses.ts';

export type StatusChange = { action: CustomerAction; reason?: string | undefined; /** On validation: the keys that have waited go out by e-mail. */ sendKeys?: boolean };

const audited = { validate: 'customer.validated', suspend: 'customer.suspended', reactivate: 'customer.reactivated' } as const;

/**
 * Validates, suspends or reactivates a customer, in the caller's transaction, and brings the licences in line: pending ones are confirmed;
 * suspended ones come back exactly as they were, what was suspended by hand stays so. Doing it twice changes nothing. Throws NOT_FOUND,
 * and CONFLICT when the customer's status does not allow it.
 */
export async function setCustomerStatus(db: Db, config: Deps['config'], id: string, { action, reason, sendKeys = false }: StatusChange, { scope, by }: Pick<Doer, 'scope' | 'by'>, now: number): Promise<Customer> {
  await getCustomerWithin(db, scope, id);
  await takeCustomer(db, id, now);
  const before = await getCustomerWithin(db, scope, id);
  const status = statusAfter(action, before.status);
  if (status === undefined) throw new AppError('CONFLICT', `A customer who is ${before.status} cannot be ${action === 'reactivate' ? 'reactivated' : `${action.replace(/e$/, '')}ed`}.`);
  if (status === before.status) return before;
  await updateCustomerPlace(db, id, { status });
  await recordAudit(db, by, { action: audited[action], entity: 'customer', entityId: id, before: { status: before.status }, after: { status }, reason }, now);
  const licenseIds = await settleCustomerLicenses(db, config, { customerId: id, by, sendKeys }, now);
  if (status === 'suspended' && licenseIds.length > 0) await tellOwner(db, { template: 'suspended', cause: `customer-suspended:${id}:${now}`, licenseIds, facts: {} }, now);
  return { ...before, status, updated_at: now };
}
