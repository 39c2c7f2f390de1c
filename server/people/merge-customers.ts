import { recordAudit } from '../audit/record-audit.ts';
import { changeCustomer } from '../customers/change-customer.ts';
import type { Doer } from '../customers/create-customer.ts';
import { deleteCustomerRow, takeCustomer, type Customer } from '../customers/customers.store.ts';
import { getCustomerWithin } from '../customers/get-customer.ts';
import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { giveLicenses } from './give-licenses.ts';
import { moveBelongings, readAttached, type Attached } from './merge.store.ts';
import { settleCustomerLicenses } from './settle-customer-licenses.ts';

/** What of a customer would go to the other one. Throws NOT_FOUND, and INVALID_REQUEST when the two are one. */
export async function previewMerge(db: Db, intoId: string, fromId: string, { scope }: Pick<Doer, 'scope'>): Promise<{ into: Customer; from: Customer; moves: Attached }> {
  if (intoId === fromId) throw new AppError('INVALID_REQUEST', 'body.from: is the same customer', { field: 'body.from' });
  const into = await getCustomerWithin(db, scope, intoId);
  const from = await getCustomerWithin(db, scope, fromId);
  return { into, from, moves: await readAttached(db, from) };
}

/**
 * Makes one customer of two, in the caller's transaction: what belongs to `fromId` belongs to `intoId` from now on, and follows its
 * organisation and its status. The address of the one that goes stays known: an order that comes under it later is the other's.
 * Throws NOT_FOUND, INVALID_REQUEST, and LICENSE_QUOTA_EXHAUSTED when the other organisation has no room for the licences.
 */
export async function mergeCustomers(db: Db, config: Deps['config'], { intoId, fromId, reason }: { intoId: string; fromId: string; reason?: string | undefined }, { scope, by }: Pick<Doer, 'scope' | 'by'>, now: number): Promise<Customer> {
  // Always in the same order, so that two merges of the same two customers do not wait for each other.
  for (const id of [intoId, fromId].sort()) await takeCustomer(db, id, now);
  const { into, from, moves } = await previewMerge(db, intoId, fromId, { scope });
  await giveLicenses(db, from, { customerId: intoId, organizationId: into.organization_id }, now);
  await moveBelongings(db, from, intoId, now);
  await deleteCustomerRow(db, fromId);
  const notes = [into.notes, from.notes].filter((text) => text !== null && text !== '').join('\n\n');
  const merged = notes === (into.notes ?? '') ? into : await changeCustomer(db, intoId, { notes }, by, now);
  const before = { id: fromId, email: from.email, name: from.name, company: from.company, status: from.status, organization_id: from.organization_id };
  const after = { licenses: moves.licenseCount, orders: moves.orderCount, subscriptions: moves.subscriptionCount, license_ids: moves.licenses.map(({ id }) => id) };
  await recordAudit(db, by, { action: 'customer.merged', entity: 'customer', entityId: intoId, before, after, reason }, now);
  await settleCustomerLicenses(db, config, { customerId: intoId, by, sendKeys: false }, now);
  return merged;
}
