import { recordAudit, type Actor } from '../audit/record-audit.ts';
import type { Db } from '../db/database.ts';
import { deleteOtherSessions } from './sessions.store.ts';
import { endSessionOf } from './sessions.ts';

/** Ends one session of the own account, in the caller's transaction. One that is not there, or no longer, is left as it is. */
export async function endOwnSession(db: Db, userId: string, handle: string, by: Actor, now: number): Promise<void> {
  if (await endSessionOf(db, userId, handle)) await recordAudit(db, by, { action: 'user.session_ended', entity: 'user', entityId: userId }, now);
}

/** Ends every session of the own account but this one, in the caller's transaction. */
export async function endOtherSessions(db: Db, userId: string, kept: Uint8Array, by: Actor, now: number): Promise<void> {
  await deleteOtherSessions(db, userId, kept);
  await recordAudit(db, by, { action: 'user.signed_out_everywhere', entity: 'user', entityId: userId }, now);
}
