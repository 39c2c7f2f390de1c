import { isOperator, asRole, type Role } from '../access/access.rules.ts';
import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { emailKey as keyOfAddress } from '../customers/customer.rules.ts';
import { transact, type Db } from '../db/database.ts';
import { verifyPassword } from './password.ts';
import { startSession, type Client } from './sessions.ts';
import { attemptId, forgetAttempts, takeAttempt } from './take-attempt.ts';
import { findUserByEmailKey, isOrganizationOpen, updateUser, type User } from './users.store.ts';

type Credentials = { email: string; password: string };
/** `awaitsCode`: the session is good for nothing but the code of the authenticator app. */
export type LoginOutcome = { outcome: 'signed-in'; user: User; token: string; awaitsCode: boolean } | { outcome: 'refused' } | { outcome: 'locked'; until: number };
/** Where one signs in: operators at the dashboard on the loopback address, everybody else at the portal. */
export type Door = 'dashboard' | 'portal';

/** Of random bytes that nobody has. Checked when there is no such account, so that an unknown address takes as long as a wrong password. */
const dummyHash = '$argon2id$v=19$m=19456,t=2,p=1$4jD+OAfb90CwUD5Frsne3A$3KAq2i8ZEXBbn32+et1pXdQfUbzf2p1ZjxbWBgIiSs8';

/** Whether somebody of this role signs in here. */
export function isDoorOf(door: Door, role: Role): boolean {
  return isOperator(role) === (door === 'dashboard');
}

/**
 * Signs somebody in with a new session. An attempt is counted as a failure before the password is looked at and forgotten when it
 * was right, so that many guesses at once count as many. From the fifth failure on, the account is closed to this address for a while.
 * Who belongs to the other door is refused as if there were no such account.
 */
export async function logIn(db: Db, { email, password }: Credentials, client: Client, door: Door, now: number): Promise<LoginOutcome> {
  const emailKey = keyOfAddress(email);
  const attempt = attemptId(emailKey, client.ip);
  const lockedUntil = await takeAttempt(db, attempt, now);
  if (lockedUntil !== undefined) return { outcome: 'locked', until: lockedUntil };
  const user = await findUserByEmailKey(db, emailKey);
  const canSignIn = user !== undefined && user.invited_at === null && user.disabled_at === null && isDoorOf(door, asRole(user.role));
  const isOpen = canSignIn && (user.organization_id === null || (await isOrganizationOpen(db, user.organization_id)));
  const isRight = await verifyPassword(canSignIn ? user.password_hash : dummyHash, password);
  if (!canSignIn || !isOpen || !isRight) return { outcome: 'refused' };
  const awaitsCode = user.totp_confirmed_at !== null;
  const token = await transact(db, async (trx) => {
    await forgetAttempts(trx, attempt);
    return awaitsCode ? startSession(trx, user.id, client, now, { awaitsCode }) : enter(trx, user, client, now);
  });
  return { outcome: 'signed-in', user, token, awaitsCode };
}

/** Starts the session of somebody who has shown all that is asked for; the caller's transaction makes it one step with that. */
export async function enter(db: Db, user: Pick<User, 'id' | 'email'>, client: Client, now: number): Promise<string> {
  await updateUser(db, user.id, { last_login_at: now });
  await recordAudit(db, actorOf(user), { action: 'user.signed_in', entity: 'user', entityId: user.id }, now);
  return startSession(db, user.id, client, now);
}

/** Who to name in the audit log for what somebody does. */
export function actorOf({ email }: { email: string }, requestId?: string): Actor {
  return { actor: `user:${email}`.slice(0, 190), requestId };
}
