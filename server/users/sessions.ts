import { createHash, randomBytes } from 'node:crypto';
import { asRole, isOperator, type Role } from '../access/access.rules.ts';
import { everything, type Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import { deleteSession, deleteSessionOfUser, findLiveSession, insertSession, listLiveSessions, touchSession, type SessionFacts } from './sessions.store.ts';
import { isOrganizationOpen } from './users.store.ts';

const hourMs = 60 * 60 * 1000;
const idleMs = 2 * hourMs;
const absoluteMs = 12 * hourMs;
const touchAfterMs = 60_000;
/** How long the code of the authenticator app may take after the password. */
const codeMs = 10 * 60_000;

export type Client = { ip: string; userAgent: string };
/** Somebody who is signed in, or, while it awaits the code, is about to be. `id` of the user is undefined for a buyer who came by a link. */
export type Session = {
  id: Uint8Array;
  csrfToken: string;
  awaitsCode: boolean;
  user: { id: string | undefined; email: string; name: string; mustChangePassword: boolean; hasTotp: boolean; role: Role; scope: Scope };
};

/** Starts a session and returns the token for the cookie: 256 random bits, of which only the SHA-256 is stored. */
export async function startSession(db: Db, userId: string, client: Client, now: number, { awaitsCode = false } = {}): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await insertSession(db, {
    id: digest(token),
    user_id: userId,
    csrf_token: randomBytes(32).toString('base64url'),
    created_at: now,
    last_seen_at: now,
    expires_at: now + (awaitsCode ? codeMs : absoluteMs),
    ip: client.ip.slice(0, 64),
    user_agent: client.userAgent.slice(0, 255),
    awaits_code: awaitsCode ? 1 : 0,
  });
  return token;
}

/** The session of a token: undefined when it was idle for two hours, is twelve hours old, was ended, or its account is disabled. */
export async function findSession(db: Db, token: string, now: number): Promise<Session | undefined> {
  if (!/^[\w-]{43}$/.test(token)) return undefined;
  const row = await findLiveSession(db, digest(token), now - idleMs, now);
  if (!row || (row.organization_id !== null && !(await isOrganizationOpen(db, row.organization_id)))) return undefined;
  if (now - row.last_seen_at > touchAfterMs) await touchSession(db, row.id, now);
  const user = { id: row.user_id, email: row.email, name: row.name, mustChangePassword: row.must_change_password === 1, hasTotp: row.totp_confirmed_at !== null, role: asRole(row.role), scope: scopeOf(row) };
  return { id: row.id, csrfToken: row.csrf_token, awaitsCode: row.awaits_code === 1, user };
}

/** A session as a list shows it. `handle` names it to revokeSession and is no secret. */
export type ListedSession = { handle: string; ip: string; userAgent: string; createdAt: number; lastSeenAt: number };

/** The sessions of an account that still work, the newest first. */
export async function listSessions(db: Db, userId: string, now: number): Promise<ListedSession[]> {
  return (await listLiveSessions(db, userId, now - idleMs, now)).map((row) => ({ handle: handleOf(row.id), ip: row.ip, userAgent: row.user_agent, createdAt: row.created_at, lastSeenAt: row.last_seen_at }));
}

/** How a list names a session: the digest of its token, which opens nothing. */
export function handleOf(id: Uint8Array): string {
  return Buffer.from(id).toString('hex');
}

/** Ends one session of an account. False when it has none such. */
export function endSessionOf(db: Db, userId: string, handle: string): Promise<boolean> {
  return deleteSessionOfUser(db, userId, Buffer.from(handle, 'hex'));
}

/** What somebody's account lets them see. Throws for one of the portal that belongs to nothing: it must not see everything by mistake. */
function scopeOf({ role, organization_id, organization_path, customer_id }: SessionFacts): Scope {
  if (isOperator(asRole(role))) return everything;
  if (organization_id !== null && organization_path !== null) return { kind: 'organization', id: organization_id, path: organization_path };
  if (customer_id !== null) return { kind: 'customer', customerId: customer_id };
  throw new Error('an account of the portal belongs to no organisation and no customer');
}

/** Ends the session of a token, if there is one. */
export async function endSession(db: Db, token: string): Promise<void> {
  await deleteSession(db, digest(token));
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
