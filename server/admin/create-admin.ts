import { randomInt } from 'node:crypto';
import type { Selectable } from 'kysely';
import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { emailKey } from '../customers/customers.store.ts';
import { insertedOnce, transact, type Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import { hashPassword } from './password.ts';

export type Admin = Selectable<Schema['admins']>;
export type AdminInput = { email: string; name?: string | undefined; password?: string | undefined };

const letters = '23456789ABCDEFGHJKMNPQRSTVWXYZabcdefghjkmnpqrstvwxyz';
const passwordLength = 20;

/** Adds a person who may use the dashboard. The one-time password (117 random bits unless given) must be changed at the first login. Throws CONFLICT when the address is taken. */
export async function createAdmin(db: Db, { email, name, password }: AdminInput, by: Actor, now: number): Promise<{ admin: Admin; oneTimePassword: string }> {
  const address = email.trim();
  const oneTimePassword = password ?? Array.from({ length: passwordLength }, () => letters.charAt(randomInt(letters.length))).join('');
  const admin: Admin = {
    id: newId(),
    email: address,
    email_key: emailKey(address),
    name: name?.trim() || address.slice(0, address.lastIndexOf('@')),
    password_hash: await hashPassword(oneTimePassword),
    must_change_password: 1,
    disabled_at: null,
    last_login_at: null,
    created_at: now,
    updated_at: now,
  };
  return transact(db, async (trx) => {
    if (!(await insertedOnce(trx.insertInto('admins').values(admin).execute()))) throw new AppError('CONFLICT', `There is an administrator with the address ${address} already.`, { field: 'body.email' });
    await recordAudit(trx, by, { action: 'admin.created', entity: 'admin', entityId: admin.id, after: { email: address, name: admin.name } }, now);
    return { admin, oneTimePassword };
  });
}
