import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { insertedOnce, type Db } from '../db/database.ts';
import { newId } from '../ids.ts';
import { emailKey } from './customer.rules.ts';
import { findCustomerByEmail, findCustomerByOldEmail, type Customer } from './customers.store.ts';

const nameLength = 200;

export type CustomerInput = { email: string; name?: string | undefined; company?: string | undefined; locale?: string | undefined };
/** Where a new customer belongs and how it begins; the operator's own and validated without it. */
export type CustomerPlace = { organizationId: string | null; status: 'validated' | 'pending' };

/**
 * The customer with this address (without regard to case), made if there is none; two at once get the same one. A new customer
 * without a name is called by the local part of the address. An existing one is left as it is, and so is one into whom the customer
 * with this address was merged.
 */
export async function findOrCreateCustomer(db: Db, input: CustomerInput, by: Actor, now: number, place: CustomerPlace = { organizationId: null, status: 'validated' }): Promise<{ customer: Customer; created: boolean }> {
  const known = (await findCustomerByEmail(db, input.email)) ?? (await findCustomerByOldEmail(db, input.email));
  if (known) return { customer: known, created: false };
  const email = input.email.trim();
  const customer: Customer = {
    id: newId(),
    email,
    email_key: emailKey(email),
    name: input.name?.trim() || email.slice(0, Math.min(email.lastIndexOf('@'), nameLength)).toWellFormed(),
    company: input.company?.trim() || null,
    locale: input.locale ?? 'en',
    organization_id: place.organizationId,
    status: place.status,
    notes: null,
    created_at: now,
    updated_at: now,
  };
  if (await insertedOnce(db.insertInto('customers').values(customer).execute())) {
    await recordAudit(db, by, { action: 'customer.created', entity: 'customer', entityId: customer.id, after: { email, name: customer.name } }, now);
    return { customer, created: true };
  }
  const other = await findCustomerByEmail(db, input.email);
  if (!other) throw new Error('the customer was refused as a duplicate and is not there');
  return { customer: other, created: false };
}
