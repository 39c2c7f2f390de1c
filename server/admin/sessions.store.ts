import type { Selectable } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

type SessionRow = Selectable<Schema['sessions']>;
export type SessionFacts = SessionRow & { email: string; name: string; must_change_password: number };

export async function insertSession(db: Db, session: SessionRow): Promise<void> {
  await db.insertInto('sessions').values(session).execute();
}

/** A session that has not ended, of an account that is not disabled. */
export function findLiveSession(db: Db, id: Uint8Array, seenAfter: number, now: number): Promise<SessionFacts | undefined> {
  return db
    .selectFrom('sessions')
    .innerJoin('admins', 'admins.id', 'sessions.admin_id')
    .selectAll('sessions')
    .select(['admins.email', 'admins.name', 'admins.must_change_password'])
    .where('sessions.id', '=', id)
    .where('sessions.expires_at', '>', now)
    .where('sessions.last_seen_at', '>', seenAfter)
    .where('admins.disabled_at', 'is', null)
    .executeTakeFirst();
}

export async function touchSession(db: Db, id: Uint8Array, now: number): Promise<void> {
  await db.updateTable('sessions').set({ last_seen_at: now }).where('id', '=', id).execute();
}

export async function deleteSession(db: Db, id: Uint8Array): Promise<void> {
  await db.deleteFrom('sessions').where('id', '=', id).execute();
}

export async function deleteSessionsOfAdmin(db: Db, adminId: string): Promise<void> {
  await db.deleteFrom('sessions').where('admin_id', '=', adminId).execute();
}
