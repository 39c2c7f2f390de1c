import { createHash, randomBytes } from 'node:crypto';
import type { Db } from '../db/database.ts';
import { findLiveClaim, insertClaim, listLicensesOfOrder, setClaimedOrder } from './pricing.store.ts';

const lifeMs = 60 * 60_000;
const tokenPattern = /^[\w-]{43}$/;
const claimPattern = /^[0-9a-f]{64}$/;

/** A browser that goes to the checkout: `token` is for its cookie, `claim` (the SHA-256 of it) goes with the checkout and opens nothing. It lives for an hour. */
export async function beginClaim(db: Db, now: number): Promise<{ token: string; claim: string }> {
  const token = randomBytes(32).toString('base64url');
  const id = createHash('sha256').update(token).digest();
  await insertClaim(db, { id, order_id: null, created_at: now, expires_at: now + lifeMs });
  return { token, claim: id.toString('hex') };
}

/** Ties the order that a checkout made to the browser that made it, in the caller's transaction: the first order alone. What is no claim of ours does nothing. */
export async function bindClaim(db: Db, claim: string, orderId: string, now: number): Promise<void> {
  if (claimPattern.test(claim)) await setClaimedOrder(db, Buffer.from(claim, 'hex'), orderId, now);
}

export type Claimed = { state: 'unknown' | 'waiting' } | { state: 'ready'; licenseIds: string[]; customerId: string };

/** What the browser with this token may see: nothing, that its key is on the way, or the licences of its own order. */
export async function readClaim(db: Db, token: string | undefined, now: number): Promise<Claimed> {
  const claim = token === undefined || !tokenPattern.test(token) ? undefined : await findLiveClaim(db, createHash('sha256').update(token).digest(), now);
  if (!claim) return { state: 'unknown' };
  const licenses = claim.order_id === null ? [] : await listLicensesOfOrder(db, claim.order_id);
  const [first] = licenses;
  return first ? { state: 'ready', licenseIds: licenses.map(({ license_id: id }) => id), customerId: first.customer_id } : { state: 'waiting' };
}
