import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { findUserByEmailKey, findUser, type User } from './users.store.ts';
import { emailKey } from '../customers/customer.rules.ts';

/** Throws NOT_FOUND. */
export async function getUser(db: Db, id: string): Promise<User> {
  const user = await findUser(db, id);
  if (!user) throw new AppError('NOT_FOUND', 'There is no such account.', { field: 'path.id' });
  return user;
}

/** The account with an address, however it is written. Throws NOT_FOUND. */
export async function getUserByEmail(db: Db, email: string): Promise<User> {
  const user = await findUserByEmailKey(db, emailKey(email));
  if (!user) throw new AppError('NOT_FOUND', `There is no account with the address ${email}.`, { field: 'body.email' });
  return user;
}
