import type { Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { findCustomer, findCustomerByEmail, findCustomerWithin, listCustomersByEmail, type Customer, lockCustomer } from './customers.store.ts';

/** Throws NOT_FOUND. */
export async function getCustomer(db: Db, id: string): Promise<Customer> {
  const customer = await findCustomer(db, id);
  if (!customer) throw new AppError('NOT_FOUND', 'There is no customer with this id.', { field: 'path.id' });
  return customer;
}

/** The customer, if the scope reaches it and it was not erased. Throws NOT_FOUND otherwise. */
export async function getCustomerWithin(db: Db, scope: Scope, id: string): Promise<Customer> {
  const customer = await findCustomerWithin(db, scope, id);
  if (!customer || customer.status === 'erased') throw new AppError('NOT_FOUND', 'There is no customer with this id.', { field: 'path.id' });
  return customer;
}

/** getCustomer, of a row that nobody else changes until the caller's transaction ends. Throws NOT_FOUND. */
export async function holdCustomer(db: Db, id: string): Promise<Customer> {
  await lockCustomer(db, id);
  return getCustomer(db, id);
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
