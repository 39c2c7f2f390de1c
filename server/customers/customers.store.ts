import type { Selectable } from 'kysely';
import { customersWithin, type Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';
import { emailKey } from './customer.rules.ts';

export type Customer = Selectable<Schema['customers']>;

export function findCustomerByEmail(db: Db, email: string): Promise<Customer | undefined> {
  return db.selectFrom('customers').selectAll().where('email_key', '=', emailKey(email)).executeTakeFirst();
}

export function listCustomersByEmail(db: Db, emails: string[]): Promise<Customer[]> {
  return db.selectFrom('customers').selectAll().where('email_key', 'in', emails.map(emailKey)).execute();
}

export function findCustomer(db: Db, id: string): Promise<Customer | undefined> {
  return db.selectFrom('customers').selectAll().where('id', '=', id).executeTakeFirst();
}

export function findCustomerWithin(db: Db, scope: Scope, id: string): Promise<Customer | undefined> {
  return db.selectFrom('customers').selectAll().where('id', '=', id).where(customersWithin(scope)).executeTakeFirst();
}

/** The customer into whom the one with this address was merged. */
export function findCustomerByOldEmail(db: Db, email: string): Promise<Customer | undefined> {
  return db.selectFrom('customer_addresses').innerJoin('customers', 'customers.id', 'customer_addresses.customer_id').selectAll('customers').where('customer_addresses.email_key', '=', emailKey(email)).executeTakeFirst();
}

export async function listOldEmails(db: Db, customerId: string): Promise<string[]> {
  const rows = await db.selectFrom('customer_addresses').select('email_key').where('customer_id', '=', customerId).orderBy('email_key').execute();
  return rows.map(({ email_key }) => email_key);
}

/** Ends that an address leads to a customer who had it before. */
export async function forgetOldEmail(db: Db, customerId: string, email: string): Promise<void> {
  await db.deleteFrom('customer_addresses').where('email_key', '=', emailKey(email)).where('customer_id', '=', customerId).execute();
}

/** Locks the row of a customer for this transaction and leaves it as it is. */
export async function lockCustomer(db: Db, id: string): Promise<void> {
  await db.updateTable('customers').set((eb) => ({ updated_at: eb.ref('updated_at') })).where('id', '=', id).execute();
}

/** Locks the row of a customer for this transaction, if there is one. */
export async function takeCustomer(db: Db, id: string, now: number): Promise<void> {
  await db.updateTable('customers').set({ updated_at: now }).where('id', '=', id).execute();
}

/** Writes all that may change of a customer. Fails as a duplicate when another one has the address. */
export async function updateCustomer(db: Db, { id, email, email_key, name, company, locale, notes, updated_at }: Customer): Promise<void> {
  await db.updateTable('customers').set({ email, email_key, name, company, locale, notes, updated_at }).where('id', '=', id).execute();
}

/** Writes the status or the organisation. */
export async function updateCustomerPlace(db: Db, id: string, changes: Partial<Pick<Customer, 'status' | 'organization_id' | 'updated_at'>>): Promise<void> {
  await db.updateTable('customers').set(changes).where('id', '=', id).execute();
}

/** Fails while rows of other tables refer to the customer. */
export async function deleteCustomerRow(db: Db, id: string): Promise<void> {
  await db.deleteFrom('customers').where('id', '=', id).execute();
}
