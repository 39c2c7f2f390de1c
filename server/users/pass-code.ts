import { recordAudit } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import type { Vault } from '../vault.ts';
import { actorOf, enter } from './log-in.ts';
import { deleteSession } from './sessions.store.ts';
import type { Client, Session } from './sessions.ts';
import { attemptId, forgetAttempts, takeAttempt } from './take-attempt.ts';
import { takeSecondFactor } from './totp.ts';
import { findUser } from './users.store.ts';

export type CodeOutcome = { outcome: 'signed-in'; token: string } | { outcome: 'refused' } | { outcome: 'locked'; until: number };

/**
 * The second step of signing in: the code of the authenticator app or a recovery code turns a session that awaits it into a new, whole
 * one. Failures are counted for the account, wherever they come from: whoever gets here knows its password. From the fifth on it is
 * closed for a while.
 */
export async function passCode(db: Db, vault: Vault, session: Session, code: string, client: Client, now: number): Promise<CodeOutcome> {
  const userId = session.user.id;
  if (userId === undefined || !session.awaitsCode) return { outcome: 'refused' };
  const attempt = attemptId('code', userId);
  const until = await takeAttempt(db, attempt, now);
  if (until !== undefined) return { outcome: 'locked', until };
  const token = await transact(db, async (trx) => {
    const user = await findUser(trx, userId);
    const factor = user && user.disabled_at === null ? await takeSecondFactor(trx, vault, user, code, now) : undefined;
    if (!user || factor === undefined) return undefined;
    await forgetAttempts(trx, attempt);
    await deleteSession(trx, session.id);
    if (factor === 'recovery') await recordAudit(trx, actorOf(user), { action: 'user.recovery_code_used', entity: 'user', entityId: userId }, now);
    return enter(trx, user, client, now);
  });
  return token === undefined ? { outcome: 'refused' } : { outcome: 'signed-in', token };
}
