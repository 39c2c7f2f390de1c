import type { Selectable } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

type SessionRow = Selectable<Schema['account_sessions']>;
type LinkRow = Selectable<Schema['sign_in_links']>;
export type LiveSession = SessionRow & { email: string; name: string; locale: string };

export async function insertLink(db: Db, link: LinkRow): Promise<void> {
  await db.insertInto('sign_in_links').values(link).execute();
}

/** A link that still works: neither used nor too old, and sent to the address that the customer has now. */
export function findLiveLink(db: Db, id: Uint8Array, now: number): Promise<LinkRow | undefined> {
  return db
    .selectFrom('sign_in_links')
    .innerJoin('customers', (join) => join.onRef('customers.id', '=', 'sign_in_links.customer_id').onRef('customers.email_key', '=', 'sign_in_links.email_key'))
    .selectAll('sign_in_links')
    .where('sign_in_links.id', '=', id)
    .where('sign_in_links.expires_at', '>', now)
    .executeTakeFirst();
}

/** False when somebody else has taken it first. */
export async function deleteLink(db: Db, id: Uint8Array): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('sign_in_links').where('id', '=', id).executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function insertAccountSession(db: Db, session: SessionRow): Promise<void> {
  await db.insertInto('account_sessions').values(session).execute();
}

/** A session that has not ended, of a customer who still has the address that the link went to. */
export function findLiveAccountSession(db: Db, id: Uint8Array, seenAfter: number, now: number): Promise<LiveSession | undefined> {
  return db
    .selectFrom('account_sessions')
    .innerJoin('customers', (join) => join.onRef('customers.id', '=', 'account_sessions.customer_id').onRef('customers.email_key', '=', 'account_sessions.email_key'))
    .selectAll('account_sessions')
    .select(['customers.email', 'customers.name', 'customers.locale'])
    .where('account_sessions.id', '=', id)
    .where('account_sessions.expires_at', '>', now)
    .where('account_sessions.last_seen_at', '>', seenAfter)
    .executeTakeFirst();
}

export async function touchAccountSession(db: Db, id: Uint8Array, now: number): Promise<void> {
  await db.updateTable('account_sessions').set({ last_seen_at: now }).where('id', '=', id).execute();
}

export async function deleteAccountSession(db: Db, id: Uint8Array): Promise<void> {
  await db.deleteFrom('account_sessions').where('id', '=', id).execute();
}
