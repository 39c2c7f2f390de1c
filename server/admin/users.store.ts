import type { Selectable } from 'kysely';
import { insertedOnce, type Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

export type User = Selectable<Schema['users']>;

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

export async function updateUser(db: Db, id: string, changes: Partial<User>): Promise<void> {
  await db.updateTable('users').set(changes).where('id', '=', id).execute();
}

export async function hasUser(db: Db): Promise<boolean> {
  return (await db.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined;
}
