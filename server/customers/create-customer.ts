import { may, type Role } from '../access/access.rules.ts';
import type { Scope } from '../access/scope.ts';
import type { Actor } from '../audit/record-audit.ts';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { changeCustomer } from './change-customer.ts';
import type { Customer } from './customers.store.ts';
import { findOrCreateCustomer, type CustomerInput, type CustomerPlace } from './find-or-create-customer.ts';
import { getCustomerWithin } from './get-customer.ts';

/** Who does something: with the rights of which role, and how far they reach. */
export type Doer = { role: Role; scope: Scope; by: Actor };

/** Where a customer belongs whom this person adds: to their own organisation; it waits when they may not validate it. */
export function placeOf({ role, scope }: Pick<Doer, 'role' | 'scope'>): CustomerPlace {
  return { organizationId: scope.kind === 'organization' ? scope.id : null, status: may(role, 'customers.validate') ? 'validated' : 'pending' };
}

/**
 * The customer with this address if the scope reaches it, made if nobody has the address; in the caller's transaction. Throws CONFLICT
 * when somebody has it whom the scope does not reach: addresses are unique on a server, so this much has to be said.
 */
export async function reachCustomer(db: Db, input: CustomerInput, { role, scope, by }: Doer, now: number): Promise<{ customer: Customer; created: boolean }> {
  const found = await findOrCreateCustomer(db, input, by, now, placeOf({ role, scope }));
  if (found.created) return found;
  try {
    return { customer: await getCustomerWithin(db, scope, found.customer.id), created: false };
  } catch (error) {
    if (error instanceof AppError && error.code === 'NOT_FOUND') throw new AppError('CONFLICT', 'This e-mail address cannot be used here. Ask the operator of this server.', { field: 'body.email', cause: error });
    throw error;
  }
}

/** Adds a customer, in the caller's transaction. Throws CONFLICT when the address is taken. */
export async function createCustomer(db: Db, input: CustomerInput & { notes?: string | undefined }, doer: Doer, now: number): Promise<Customer> {
  const { customer, created } = await reachCustomer(db, input, doer, now);
  if (!created) throw new AppError('CONFLICT', 'There is a customer with this e-mail address already.', { field: 'body.email' });
  return input.notes === undefined ? customer : changeCustomer(db, customer.id, { notes: input.notes }, doer.by, now);
}
