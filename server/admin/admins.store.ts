import type { Selectable } from 'kysely';
import { insertedOnce, type Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

export type Admin = Selectable<Schema['admins']>;

export function findAdminByEmailKey(db: Db, emailKey: string): Promise<Admin | undefined> {
  return db.selectFrom('admins').selectAll().where('email_key', '=', emailKey).executeTakeFirst();
}

export function findAdmin(db: Db, id: string): Promise<Admin | undefined> {
  return db.selectFrom('admins').selectAll().where('id', '=', id).executeTakeFirst();
}

/** False when the address is taken. */
export function insertAdmin(db: Db, admin: Admin): Promise<boolean> {
  return insertedOnce(db.insertInto('admins').values(admin).execute());
}

export async function updateAdmin(db: Db, id: string, changes: Partial<Admin>): Promise<void> {
  await db.updateTable('admins').set(changes).where('id', '=', id).execute();
}

export async function hasAdmin(db: Db): Promise<boolean> {
  return (await db.selectFrom('admins').select('id').limit(1).executeTakeFirst()) !== undefined;
}
