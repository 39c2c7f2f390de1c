import type { Selectable } from 'kysely';
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

/** Locks the row of a customer for this transaction, if there is one. */
export async function takeCustomer(db: Db, id: string, now: number): Promise<void> {
  await db.updateTable('customers').set({ updated_at: now }).where('id', '=', id).execute();
}

/** Writes all that may change of a customer. Fails as a duplicate when another one has the address. */
export async function updateCustomer(db: Db, { id, email, email_key, name, company, locale, updated_at }: Customer): Promise<void> {
  await db.updateTable('customers').set({ email, email_key, name, company, locale, updated_at }).where('id', '=', id).execute();
}

/** Fails while rows of other tables refer to the customer. */
export async function deleteCustomerRow(db: Db, id: string): Promise<void> {
  await db.deleteFrom('customers').where('id', '=', id).execute();
}
