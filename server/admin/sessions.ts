import { createHash, randomBytes } from 'node:crypto';
import { asRole, isOperator, type Role } from '../access/access.rules.ts';
import { everything, type Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import { deleteSession, findLiveSession, insertSession, touchSession, type SessionFacts } from './sessions.store.ts';

const hourMs = 60 * 60 * 1000;
const idleMs = 2 * hourMs;
const absoluteMs = 12 * hourMs;
const touchAfterMs = 60_000;

/** Somebody who is signed in. */
export type Session = { id: Uint8Array; csrfToken: string; user: { id: string; email: string; name: string; mustChangePassword: boolean; role: Role; scope: Scope } };

/** Starts a session and returns the token for the cookie: 256 random bits, of which only the SHA-256 is stored. */
export async function startSession(db: Db, userId: string, client: { ip: string; userAgent: string }, now: number): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await insertSession(db, {
    id: digest(token),
    user_id: userId,
    csrf_token: randomBytes(32).toString('base64url'),
    created_at: now,
    last_seen_at: now,
    expires_at: now + absoluteMs,
    ip: client.ip.slice(0, 64),
    user_agent: client.userAgent.slice(0, 255),
  });
  return token;
}

/** The session of a token: undefined when it was idle for two hours, is twelve hours old, was ended, or its account is disabled. */
export async function findSession(db: Db, token: string, now: number): Promise<Session | undefined> {
  if (!/^[\w-]{43}$/.test(token)) return undefined;
  const row = await findLiveSession(db, digest(token), now - idleMs, now);
  if (!row) return undefined;
  if (now - row.last_seen_at > touchAfterMs) await touchSession(db, row.id, now);
  return { id: row.id, csrfToken: row.csrf_token, user: { id: row.user_id, email: row.email, name: row.name, mustChangePassword: row.must_change_password === 1, role: asRole(row.role), scope: scopeOf(row) } };
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
