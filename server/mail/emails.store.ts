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

/** E-mails that were given up, oldest first. */
export function listFailedEmails(db: Db, limit: number): Promise<Pick<Email, 'id' | 'recipient' | 'template' | 'last_error'>[]> {
  return db.selectFrom('emails').select(['id', 'recipient', 'template', 'last_error']).where('status', '=', 'failed').orderBy('created_at').orderBy('id').limit(limit).execute();
}

/** False when it has not failed, or not any more. */
export async function requeueFailedEmail(db: Db, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db.updateTable('emails').set({ status: 'queued' }).where('id', '=', id).where('status', '=', 'failed').executeTakeFirst();
  return numUpdatedRows > 0n;
}
