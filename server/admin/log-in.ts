import { createHash } from 'node:crypto';
import { recordAudit } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { findUserByEmailKey, updateUser, type User } from './users.store.ts';
import { emailKey as keyOfAddress } from '../customers/customer.rules.ts';
import { countFailure, findLoginAttempts, forgetFailures } from './login-attempts.store.ts';
import { loginDelayMs } from './login-delay.rules.ts';
import { verifyPassword } from './password.ts';
import { startSession } from './sessions.ts';

type Credentials = { email: string; password: string };
type Client = { ip: string; userAgent: string };
export type LoginOutcome = { outcome: 'signed-in'; user: User; token: string } | { outcome: 'refused' } | { outcome: 'locked'; until: number };

/** Of random bytes that nobody has. Checked when there is no such account, so that an unknown address takes as long as a wrong password. */
const dummyHash = '$argon2id$v=19$m=19456,t=2,p=1$4jD+OAfb90CwUD5Frsne3A$3KAq2i8ZEXBbn32+et1pXdQfUbzf2p1ZjxbWBgIiSs8';

/**
 * Signs somebody in with a new session. An attempt is counted as a failure before the password is looked at and forgotten when it
 * was right, so that many guesses at once count as many. From the fifth failure on, the account is closed to this address for a while.
 */
export async function logIn(db: Db, { email, password }: Credentials, client: Client, now: number): Promise<LoginOutcome> {
  const emailKey = keyOfAddress(email);
  const attemptId = createHash('sha256').update(`${emailKey}\n${client.ip}`).digest();
  const lockedUntil = await takeAttempt(db, attemptId, now);
  if (lockedUntil !== undefined) return { outcome: 'locked', until: lockedUntil };
  const user = await findUserByEmailKey(db, emailKey);
  const isRight = await verifyPassword(user?.password_hash ?? dummyHash, password);
  if (!user || !isRight || user.disabled_at !== null) return { outcome: 'refused' };
  const token = await transact(db, async (trx) => {
    await forgetFailures(trx, attemptId);
    await updateUser(trx, user.id, { last_login_at: now });
    await recordAudit(trx, { actor: `user:${user.email}`.slice(0, 190) }, { action: 'user.signed_in', entity: 'user', entityId: user.id }, now);
    return startSession(trx, user.id, client, now);
  });
  return { outcome: 'signed-in', user, token };
}

/** Counts an attempt, or says until when none is taken. */
async function takeAttempt(db: Db, id: Uint8Array, now: number): Promise<number | undefined> {
  for (;;) {
    const seen = await findLoginAttempts(db, id);
    if (seen && seen.locked_until > now) return seen.locked_until;
    if (await countFailure(db, id, seen, now + loginDelayMs((seen?.failures ?? 0) + 1), now)) return undefined;
  }
}
