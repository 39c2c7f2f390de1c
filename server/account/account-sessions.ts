import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { deleteAccountSession, deleteLink, findLiveAccountSession, findLiveLink, insertAccountSession, insertLink, touchAccountSession } from './account-sessions.store.ts';
import { newToken, tokenDigest } from './tokens.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
export const linkMinutes = 15;
const idleMs = 12 * hourMs;
const absoluteMs = 7 * 24 * hourMs;
const touchAfterMs = minuteMs;

/** A buyer who is signed in. */
export type AccountSession = { id: Uint8Array; csrfToken: string; customer: { id: string; email: string; name: string; locale: string } };

/** Makes a link for a customer and returns its token; what is stored is its SHA-256. It works once, for 15 minutes, as long as the customer has this address. */
export async function createSignInLink(db: Db, customer: { id: string; emailKey: string }, now: number): Promise<string> {
  const token = newToken();
  await insertLink(db, { id: digestOf(token), customer_id: customer.id, email_key: customer.emailKey, created_at: now, expires_at: now + linkMinutes * minuteMs });
  return token;
}

/** Whether a link would sign in. Asking does not use it up. */
export async function isLinkLive(db: Db, token: string, now: number): Promise<boolean> {
  const id = tokenDigest(token);
  return id !== undefined && (await findLiveLink(db, id, now)) !== undefined;
}

/** Uses a link up and starts a session, whose token is returned; undefined when the link is used, too old or made up. Of two at once one signs in. */
export async function signInWithLink(db: Db, token: string, now: number): Promise<string | undefined> {
  const id = tokenDigest(token);
  if (id === undefined) return undefined;
  return transact(db, async (trx) => {
    const link = await findLiveLink(trx, id, now);
    if (!link || !(await deleteLink(trx, id))) return undefined;
    const session = newToken();
    await insertAccountSession(trx, { id: digestOf(session), customer_id: link.customer_id, email_key: link.email_key, csrf_token: newToken(), created_at: now, last_seen_at: now, expires_at: now + absoluteMs });
    await recordAudit(trx, customerActor(link.customer_id), { action: 'customer.signed_in', entity: 'customer', entityId: link.customer_id }, now);
    return session;
  });
}

/** The session of a token: undefined when it was idle for 12 hours, is a week old, was ended, or the customer has another address now. */
export async function findAccountSession(db: Db, token: string, now: number): Promise<AccountSession | undefined> {
  const id = tokenDigest(token);
  const row = id && (await findLiveAccountSession(db, id, now - idleMs, now));
  if (!row) return undefined;
  if (now - row.last_seen_at > touchAfterMs) await touchAccountSession(db, row.id, now);
  return { id: row.id, csrfToken: row.csrf_token, customer: { id: row.customer_id, email: row.email, name: row.name, locale: row.locale } };
}

/** Ends the session of a token, if there is one. */
export async function endAccountSession(db: Db, token: string): Promise<void> {
  const id = tokenDigest(token);
  if (id) await deleteAccountSession(db, id);
}

/** Who to name in the audit log for what a customer does: by the id, so that no address stays there. */
export function customerActor(customerId: string, requestId?: string): Actor {
  return { actor: `customer:${customerId}`, requestId };
}

function digestOf(token: string): Buffer {
  const digest = tokenDigest(token);
  if (!digest) throw new Error('a token that was just made is none');
  return digest;
}
