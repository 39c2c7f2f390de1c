import type { Selectable } from 'kysely';
import { insertedOnce, type Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

export type Email = Selectable<Schema['emails']>;

/** False when there is an e-mail for this cause already. */
export function insertEmail(db: Db, email: Email): Promise<boolean> {
  return insertedOnce(db.insertInto('emails').values(email).execute());
}

export function findEmail(db: Db, id: string): Promise<Email | undefined> {
  return db.selectFrom('emails').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Counts an attempt to send. */
export async function countAttempt(db: Db, id: string): Promise<void> {
  await db.updateTable('emails').set((eb) => ({ attempts: eb('attempts', '+', 1) })).where('id', '=', id).execute();
}

export async function updateEmail(db: Db, id: string, changes: Partial<Email>): Promise<void> {
  await db.updateTable('emails').set(changes).where('id', '=', id).execute();
}
