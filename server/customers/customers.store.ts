import type { Selectable } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

export type Customer = Selectable<Schema['customers']>;

/** Addresses are compared without case and surrounding space. */
export function emailKey(email: string): string {
  return email.trim().toLowerCase().normalize('NFC');
}

export function findCustomerByEmail(db: Db, email: string): Promise<Customer | undefined> {
  return db.selectFrom('customers').selectAll().where('email_key', '=', emailKey(email)).executeTakeFirst();
}

export function findCustomer(db: Db, id: string): Promise<Customer | undefined> {
  return db.selectFrom('customers').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Writes all that may change of a customer. Fails as a duplicate when another one has the address. */
export async function updateCustomer(db: Db, { id, email, email_key, name, company, locale, updated_at }: Customer): Promise<void> {
  await db.updateTable('customers').set({ email, email_key, name, company, locale, updated_at }).where('id', '=', id).execute();
}

/** Fails while rows of other tables refer to the customer. */
export async function deleteCustomerRow(db: Db, id: string): Promise<void> {
  await db.deleteFrom('customers').where('id', '=', id).execute();
}
