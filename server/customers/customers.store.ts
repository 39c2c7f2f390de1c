import type { Selectable } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';
import { AppError } from '../errors.ts';

export type Customer = Selectable<Schema['customers']>;

/** Addresses are compared without case and surrounding space. */
export function emailKey(email: string): string {
  return email.trim().toLowerCase().normalize('NFC');
}

export function findCustomerByEmail(db: Db, email: string): Promise<Customer | undefined> {
  return db.selectFrom('customers').selectAll().where('email_key', '=', emailKey(email)).executeTakeFirst();
}

/** Throws NOT_FOUND. */
export async function getCustomer(db: Db, id: string): Promise<Customer> {
  const customer = await db.selectFrom('customers').selectAll().where('id', '=', id).executeTakeFirst();
  if (!customer) throw new AppError('NOT_FOUND', 'There is no customer with this id.', { field: 'path.id' });
  return customer;
}
