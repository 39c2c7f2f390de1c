import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { insertedOnce, isStillReferenced, type Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { emailKey } from './customer.rules.ts';
import { deleteCustomerRow, findCustomerByOldEmail, forgetOldEmail, takeCustomer, updateCustomer, type Customer } from './customers.store.ts';
import { getCustomer } from './get-customer.ts';

export type CustomerChange = { email?: string | undefined; name?: string | undefined; company?: string | null | undefined; locale?: string | undefined; notes?: string | null | undefined };

/** Changes what is given and leaves the rest, in the caller's transaction. Throws NOT_FOUND, and CONFLICT when another customer has the address. */
export async function changeCustomer(db: Db, id: string, change: CustomerChange, by: Actor, now: number): Promise<Customer> {
  // Takes the row first, so that of two changes at once the second sees what the first has written.
  await takeCustomer(db, id, now);
  const before = await getCustomer(db, id);
  const email = change.email ?? before.email;
  const after: Customer = {
    ...before,
    email,
    email_key: emailKey(email),
    name: change.name ?? before.name,
    company: change.company === undefined ? before.company : change.company,
    locale: change.locale ?? before.locale,
    notes: change.notes === undefined ? before.notes : change.notes,
    updated_at: now,
  };
  const merged = after.email_key === before.email_key ? undefined : await findCustomerByOldEmail(db, email);
  if ((merged && merged.id !== id) || !(await insertedOnce(updateCustomer(db, after)))) throw new AppError('CONFLICT', 'Another customer has this e-mail address.', { field: 'body.email' });
  if (merged) await forgetOldEmail(db, id, email);
  await recordAudit(db, by, { action: 'customer.changed', entity: 'customer', entityId: id, before: visible(before), after: visible(after) }, now);
  return after;
}

/** Deletes a customer to whom nothing belongs. Throws NOT_FOUND, and CUSTOMER_IN_USE while there are licences or orders. The audit line keeps no personal data. */
export async function deleteCustomer(db: Db, id: string, by: Actor, now: number): Promise<void> {
  const { created_at } = await getCustomer(db, id);
  try {
    await deleteCustomerRow(db, id);
  } catch (error) {
    if (!isStillReferenced(error)) throw error;
    throw new AppError('CUSTOMER_IN_USE', 'This customer has licences or orders and cannot be deleted.', { field: 'path.id', cause: error });
  }
  await recordAudit(db, by, { action: 'customer.deleted', entity: 'customer', entityId: id, before: { created_at } }, now);
}

function visible({ email, name, company, locale, notes }: Customer): Record<string, unknown> {
  return { email, name, company, locale, notes };
}
