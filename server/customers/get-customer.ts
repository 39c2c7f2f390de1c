import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { findCustomer, findCustomerByEmail, type Customer } from './customers.store.ts';

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
