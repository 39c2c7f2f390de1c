import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { updateUser } from './users.store.ts';
import { hashPassword } from './password.ts';
import { deleteSessionsOfUser } from './sessions.store.ts';
import { startSession } from './sessions.ts';

/** Sets an own password, ends every session of the account and returns the token of a new one. */
export async function changePassword(db: Db, userId: string, password: string, client: { ip: string; userAgent: string }, by: Actor, now: number): Promise<string> {
  const passwordHash = await hashPassword(password);
  return transact(db, async (trx) => {
    await updateUser(trx, userId, { password_hash: passwordHash, must_change_password: 0, updated_at: now });
    await deleteSessionsOfUser(trx, userId);
    await recordAudit(trx, by, { action: 'user.password_changed', entity: 'user', entityId: userId }, now);
    return startSession(trx, userId, client, now);
  });
}
