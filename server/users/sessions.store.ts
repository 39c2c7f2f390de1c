import type { Selectable } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

export type SessionRow = Selectable<Schema['sessions']>;
export type SessionFacts = SessionRow & {
  email: string;
  name: string;
  must_change_password: number;
  totp_confirmed_at: number | null;
  role: string;
  organization_id: string | null;
  customer_id: string | null;
  organization_path: string | null;
};

export async function insertSession(db: Db, session: SessionRow): Promise<void> {
  await db.insertInto('sessions').values(session).execute();
}

/** A session that has not ended, of an account that is not disabled. */
export function findLiveSession(db: Db, id: Uint8Array, seenAfter: number, now: number): Promise<SessionFacts | undefined> {
  return db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .leftJoin('organizations', 'organizations.id', 'users.organization_id')
    .selectAll('sessions')
    .select(['users.email', 'users.name', 'users.must_change_password', 'users.totp_confirmed_at', 'users.role', 'users.organization_id', 'users.customer_id', 'organizations.path as organization_path'])
    .where('sessions.id', '=', id)
    .where('sessions.expires_at', '>', now)
    .where('sessions.last_seen_at', '>', seenAfter)
    .where('users.disabled_at', 'is', null)
    .executeTakeFirst();
}

/** The sessions of an account that have not ended, the newest first. */
export function listLiveSessions(db: Db, userId: string, seenAfter: number, now: number): Promise<SessionRow[]> {
  return db.selectFrom('sessions').selectAll().where('user_id', '=', userId).where('expires_at', '>', now).where('last_seen_at', '>', seenAfter).where('awaits_code', '=', 0).orderBy('created_at', 'desc').limit(100).execute();
}

export async function touchSession(db: Db, id: Uint8Array, now: number): Promise<void> {
  await db.updateTable('sessions').set({ last_seen_at: now }).where('id', '=', id).execute();
}

export async function deleteSession(db: Db, id: Uint8Array): Promise<void> {
  await db.deleteFrom('sessions').where('id', '=', id).execute();
}

/** False when this account has no such session. */
export async function deleteSessionOfUser(db: Db, userId: string, id: Uint8Array): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('sessions').where('id', '=', id).where('user_id', '=', userId).executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function deleteSessionsOfUser(db: Db, userId: string): Promise<void> {
  await db.deleteFrom('sessions').where('user_id', '=', userId).execute();
}

export async function deleteOtherSessions(db: Db, userId: string, kept: Uint8Array): Promise<void> {
  await db.deleteFrom('sessions').where('user_id', '=', userId).where('id', '!=', kept).execute();
}
