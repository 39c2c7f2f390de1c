import { createHash, randomBytes } from 'node:crypto';
import { asRole, isOperator } from '../access/access.rules.ts';
import { recordAudit } from '../audit/record-audit.ts';
import type { Config } from '../config.ts';
import { transact, type Db } from '../db/database.ts';
import { actorOf, enter, isDoorOf, type Door } from './log-in.ts';
import { hashPassword } from './password.ts';
import { deleteSessionsOfUser } from './sessions.store.ts';
import { startSession, type Client } from './sessions.ts';
import { deleteLinksOfUser, deleteUserLink, findUserOfLink, insertUserLink, type LinkPurpose } from './user-links.store.ts';
import { findUser, updateUser, type User } from './users.store.ts';

export const invitationDays = 7;
export const resetMinutes = 30;
const lifetimeMs: Record<LinkPurpose, number> = { invitation: invitationDays * 24 * 60 * 60_000, reset: resetMinutes * 60_000 };

/** Makes a link of which only the SHA-256 is stored, and returns its address: for operators on the dashboard, as it is reached through the tunnel, for everybody else on the portal. */
export async function createUserLink(db: Db, config: Pick<Config, 'publicUrl' | 'ADMIN_PORT'>, user: User, purpose: LinkPurpose, now: number): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await insertUserLink(db, { id: digest(token), user_id: user.id, purpose, created_at: now, expires_at: now + lifetimeMs[purpose] });
  const base = isOperator(asRole(user.role)) ? `http://localhost:${config.ADMIN_PORT}` : `${config.publicUrl}/portal`;
  return `${base}/${purpose === 'invitation' ? 'invitation' : 'reset-password'}/${token}`;
}

/** Whose link this is: undefined when it is used, too old, made up, of the other door, or its account is disabled or has come already. Asking uses nothing up. */
export async function findLinkOwner(db: Db, token: string, purpose: LinkPurpose, door: Door, now: number): Promise<User | undefined> {
  const userId = await findUserOfLink(db, digest(token), purpose, now);
  const user = userId === undefined ? undefined : await findUser(db, userId);
  const fits = user !== undefined && user.disabled_at === null && (user.invited_at !== null) === (purpose === 'invitation') && isDoorOf(door, asRole(user.role));
  return fits ? user : undefined;
}

/**
 * Uses a link up: sets the password, ends every session of the account and starts a new one, which awaits the code when an
 * authenticator app is set up. Undefined when the link does not work any more. Of two at once one succeeds.
 */
export async function usePasswordLink(db: Db, token: string, purpose: LinkPurpose, door: Door, password: string, client: Client, now: number): Promise<{ token: string; awaitsCode: boolean } | undefined> {
  const passwordHash = await hashPassword(password);
  return transact(db, async (trx) => {
    const user = await findLinkOwner(trx, token, purpose, door, now);
    if (!user || !(await deleteUserLink(trx, digest(token)))) return undefined;
    await deleteLinksOfUser(trx, user.id);
    await deleteSessionsOfUser(trx, user.id);
    await updateUser(trx, user.id, { password_hash: passwordHash, must_change_password: 0, invited_at: null, updated_at: now });
    await recordAudit(trx, actorOf(user), { action: purpose === 'invitation' ? 'user.invitation_accepted' : 'user.password_reset', entity: 'user', entityId: user.id }, now);
    const awaitsCode = user.totp_confirmed_at !== null;
    return { token: awaitsCode ? await startSession(trx, user.id, client, now, { awaitsCode }) : await enter(trx, user, client, now), awaitsCode };
  });
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
