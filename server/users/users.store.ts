import type { Selectable } from 'kysely';
import type { Role } from '../access/access.rules.ts';
import { emailKey } from '../customers/customer.rules.ts';
import { insertedOnce, type Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

export type User = Selectable<Schema['users']>;

/** What stands in the place of a hash while an account has no password: nothing is equal to it. */
export const noPassword = '!';

/** A row of an account without password, authenticator app and past. */
export function newUser({ id, email, name, role, organizationId = null }: { id: string; email: string; name: string; role: Role; organizationId?: string | null }, now: number): User {
  return {
    id,
    email,
    email_key: emailKey(email),
    name,
    password_hash: noPassword,
    must_change_password: 0,
    disabled_at: null,
    role,
    organization_id: organizationId,
    customer_id: null,
    totp_key_id: null,
    totp_cipher: null,
    totp_confirmed_at: null,
    totp_last_step: null,
    invited_at: null,
    last_login_at: null,
    created_at: now,
    updated_at: now,
  };
}

/** Whether neither an organisation nor any above it is disabled. */
export async function isOrganizationOpen(db: Db, organizationId: string): Promise<boolean> {
  const own = await db.selectFrom('organizations').select('path').where('id', '=', organizationId).executeTakeFirst();
  if (!own) return false;
  const above = own.path.split('/').filter((id) => id !== '');
  return (await db.selectFrom('organizations').select('id').where('id', 'in', above).where('disabled_at', 'is not', null).limit(1).executeTakeFirst()) === undefined;
}

export function findUserByEmailKey(db: Db, emailKey: string): Promise<User | undefined> {
  return db.selectFrom('users').selectAll().where('email_key', '=', emailKey).executeTakeFirst();
}

export function findUser(db: Db, id: string): Promise<User | undefined> {
  return db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
}

/** False when the address is taken. */
export function insertUser(db: Db, user: User): Promise<boolean> {
  return insertedOnce(db.insertInto('users').values(user).execute());
}

/** Takes a step of the authenticator app once: false when it, or a later one, was taken already. */
export async function takeTotpStep(db: Db, id: string, step: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('users')
    .set({ totp_last_step: step })
    .where('id', '=', id)
    .where((eb) => eb.or([eb('totp_last_step', 'is', null), eb('totp_last_step', '<', step)]))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** How many superadmins could sign in beside this one. */
export async function countOtherSuperadmins(db: Db, id: string): Promise<number> {
  const { count } = await db
    .selectFrom('users')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('role', '=', 'superadmin')
    .where('disabled_at', 'is', null)
    .where('invited_at', 'is', null)
    .where('id', '!=', id)
    .executeTakeFirstOrThrow();
  return count;
}

/** Accounts whose authenticator secret is sealed under another key. */
export function listTotpUnderOtherKeys(db: Db, keyId: string, limit: number): Promise<Pick<User, 'id' | 'totp_key_id' | 'totp_cipher'>[]> {
  return db.selectFrom('users').select(['id', 'totp_key_id', 'totp_cipher']).where('totp_key_id', 'is not', null).where('totp_key_id', '!=', keyId).limit(limit).execute();
}

/** Seals anew what is still sealed as it was read. */
export async function replaceTotpCipher(db: Db, id: string, previousKeyId: string, sealed: { keyId: string; cipher: Uint8Array }): Promise<void> {
  await db.updateTable('users').set({ totp_key_id: sealed.keyId, totp_cipher: sealed.cipher }).where('id', '=', id).where('totp_key_id', '=', previousKeyId).execute();
}

export async function updateUser(db: Db, id: string, changes: Partial<User>): Promise<void> {
  await db.updateTable('users').set(changes).where('id', '=', id).execute();
}

export async function hasUser(db: Db): Promise<boolean> {
  return (await db.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined;
}
