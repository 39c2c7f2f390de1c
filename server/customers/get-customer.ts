import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { findCustomer, findCustomerByEmail, listCustomersByEmail, type Customer } from './customers.store.ts';

/** Throws NOT_FOUND. */
export async function getCustomer(db: Db, id: string): Promise<Customer> {
  const customer = await findCustomer(db, id);
  if (!customer) throw new AppError('NOT_FOUND', 'There is no customer with this id.', { field: 'path.id' });
  return customer;
}

/** The customer who has this e-mail address, however it is written. */
export function findByEmail(db: Db, email: string): Promise<Customer | undefined> {
  return findCustomerByEmail(db, email);
}

/** The customers with these addresses, by the key of the address. */
export async function findByEmails(db: Db, emails: string[]): Promise<Map<string, Customer>> {
  const customers = emails.length === 0 ? [] : await listCustomersByEmail(db, emails);
  return new Map(customers.map((customer) => [customer.email_key, customer]));
}
