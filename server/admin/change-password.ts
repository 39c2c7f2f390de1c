import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { updateAdmin } from './admins.store.ts';
import { hashPassword } from './password.ts';
import { deleteSessionsOfAdmin } from './sessions.store.ts';
import { startSession } from './sessions.ts';

export const minPasswordLength = 12;
export const maxPasswordLength = 200;

/** Sets an own password, ends every session of the account and returns the token of a new one. */
export async function changePassword(db: Db, adminId: string, password: string, client: { ip: string; userAgent: string }, by: Actor, now: number): Promise<string> {
  const passwordHash = await hashPassword(password);
  return transact(db, async (trx) => {
    await updateAdmin(trx, adminId, { password_hash: passwordHash, must_change_password: 0, updated_at: now });
    await deleteSessionsOfAdmin(trx, adminId);
    await recordAudit(trx, by, { action: 'admin.password_changed', entity: 'admin', entityId: adminId }, now);
    return startSession(trx, adminId, client, now);
  });
}
