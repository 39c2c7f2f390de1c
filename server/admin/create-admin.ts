import { randomBytes } from 'node:crypto';
import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { emailKey } from '../customers/customer.rules.ts';
import { transact, type Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import { hasAdmin, insertAdmin, type Admin } from './admins.store.ts';
import { hashPassword } from './password.ts';

export type CreateAdminInput = { email: string; name?: string | undefined; password?: string | undefined };

const alphabet = '23456789abcdefghjkmnpqrstuvwxyz';
const groups = 5;
const groupLength = 4;
export const firstAdminEmail = 'admin@localhost';

/**
 * Adds an administrator who must choose an own password at the first login. Without a password one is made (99 random bits); it is
 * returned and stored nowhere readable. Throws INVALID_REQUEST for something that is no address and CONFLICT when it is taken.
 */
export async function createAdmin(db: Db, input: CreateAdminInput, by: Actor, now: number): Promise<{ admin: Admin; oneTimePassword: string }> {
  const email = input.email.trim();
  if (!/^[^\s@]+@[^\s@]+$/.test(email) || email.length > 320) throw new AppError('INVALID_REQUEST', 'email: is not an e-mail address', { field: 'email' });
  const oneTimePassword = input.password ?? generatePassword();
  const admin: Admin = {
    id: newId(),
    email,
    email_key: emailKey(email),
    name: input.name?.trim() || email.slice(0, email.lastIndexOf('@')),
    password_hash: await hashPassword(oneTimePassword),
    must_change_password: 1,
    disabled_at: null,
    last_login_at: null,
    created_at: now,
    updated_at: now,
  };
  await transact(db, async (trx) => {
    if (!(await insertAdmin(trx, admin))) throw new AppError('CONFLICT', `There is an administrator with the address ${email} already.`, { field: 'email' });
    await recordAudit(trx, by, { action: 'admin.created', entity: 'admin', entityId: admin.id, after: { email, name: admin.name } }, now);
  });
  return { admin, oneTimePassword };
}

/** Adds `admin@localhost` when there is no administrator at all, and returns its one-time password; undefined otherwise. Of two processes that start at once, one does it. */
export async function createFirstAdmin(db: Db, now: number): Promise<{ email: string; oneTimePassword: string } | undefined> {
  if (await hasAdmin(db)) return undefined;
  try {
    const { admin, oneTimePassword } = await createAdmin(db, { email: firstAdminEmail, name: 'Administrator' }, { actor: 'system' }, now);
    return { email: admin.email, oneTimePassword };
  } catch (error) {
    if (error instanceof AppError && error.code === 'CONFLICT') return undefined;
    throw error;
  }
}

/** Five groups of four from 31 letters that cannot be mistaken for each other. */
function generatePassword(): string {
  const letters: string[] = [];
  while (letters.length < groups * groupLength) {
    for (const byte of randomBytes(32)) if (byte < 248 && letters.length < groups * groupLength) letters.push(alphabet.charAt(byte % alphabet.length));
  }
  return Array.from({ length: groups }, (_, group) => letters.slice(group * groupLength, (group + 1) * groupLength).join('')).join('-');
}
