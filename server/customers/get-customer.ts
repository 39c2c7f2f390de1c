import type { Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { findCustomer, findCustomerByEmail, findCustomerWithin, type Customer } from './customers.store.ts';

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

/** The customer who has this e-mail address, however it is written. */
export function findByEmail(db: Db, email: string): Promise<Customer | undefined> {
  return findCustomerByEmail(db, email);
}
