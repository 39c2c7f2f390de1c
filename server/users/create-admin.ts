import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import { oneTimeText } from './one-time-text.ts';
import { hashPassword } from './password.ts';
import { hasUser, insertUser, newUser, type User } from './users.store.ts';

export type CreateAdminInput = { email: string; name?: string | undefined; password?: string | undefined };

const passwordGroups = 5;
export const firstAdminEmail = 'admin@localhost';

/**
 * Adds an administrator who must choose an own password at the first login. Without a password one is made (99 random bits); it is
 * returned and stored nowhere readable. Throws INVALID_REQUEST for something that is no address and CONFLICT when it is taken.
 */
export async function createAdmin(db: Db, input: CreateAdminInput, by: Actor, now: number): Promise<{ user: User; oneTimePassword: string }> {
  const email = input.email.trim();
  if (!/^[^\s@]+@[^\s@]+$/.test(email) || email.length > 320) throw new AppError('INVALID_REQUEST', 'email: is not an e-mail address', { field: 'email' });
  const oneTimePassword = input.password ?? oneTimeText(passwordGroups);
  const passwordHash = await hashPassword(oneTimePassword);
  const name = input.name?.trim() || email.slice(0, email.lastIndexOf('@'));
  const user: User = { ...newUser({ id: newId(), email, name, role: 'superadmin' }, now), password_hash: passwordHash, must_change_password: 1 };
  await transact(db, async (trx) => {
    if (!(await insertUser(trx, user))) throw new AppError('CONFLICT', `There is an administrator with the address ${email} already.`, { field: 'email' });
    await recordAudit(trx, by, { action: 'user.created', entity: 'user', entityId: user.id, after: { email, name: user.name, role: user.role } }, now);
  });
  return { user, oneTimePassword };
}

/** Adds `admin@localhost` when there is no administrator at all, and returns its one-time password; undefined otherwise. Of two processes that start at once, one does it. */
export async function createFirstAdmin(db: Db, now: number): Promise<{ email: string; oneTimePassword: string } | undefined> {
  if (await hasUser(db)) return undefined;
  try {
    const { user, oneTimePassword } = await createAdmin(db, { email: firstAdminEmail, name: 'Administrator' }, { actor: 'system' }, now);
    return { email: user.email, oneTimePassword };
  } catch (error) {
    if (error instanceof AppError && error.code === 'CONFLICT') return undefined;
    throw error;
  }
}
