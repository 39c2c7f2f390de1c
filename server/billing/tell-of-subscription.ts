import type { Db } from '../db/database.ts';
import { newId } from '../ids.ts';
import { tellOwner } from '../mail/tell-owner.ts';
import { noticeOf } from './mail-of-change.rules.ts';
import type { LifeEvent } from './subscription.rules.ts';
import { insertChange } from './subscriptions.store.ts';

/**
 * What happened in the life of a subscription or a licence. `Renewed`: a payment extended it. `Suspended`: it is unpaid and its grace
 * has passed. `LicenseExpired`: what was paid has run out, subscription or not.
 */
export type SubscriptionChange = {
  kind: LifeEvent | 'Renewed' | 'Suspended' | 'LicenseExpired';
  /** What it comes from, in at most 190 characters: each cause is told once, whatever is repeated. */
  cause: string;
  /** subscriptions.id; null for a licence that follows none. */
  subscriptionId: string | null;
  licenseIds: string[];
  details: { orderId?: string; cancelAt?: number | null; periodEndsAt?: number | null; /** Licences that use more sites than their new plan allows. */ overLimit?: { licenseId: string; sites: number; limit: number }[] };
};

/** Writes down that something happened, in the transaction in which it does, and has the owner told by e-mail; false when it was told already. */
export async function tellOfSubscription(db: Db, change: SubscriptionChange, now: number): Promise<boolean> {
  const { kind, cause, subscriptionId, licenseIds, details } = change;
  const isNew = await insertChange(db, { id: newId(), cause, kind, subscription_id: subscriptionId, license_ids: JSON.stringify(licenseIds), details: JSON.stringify(details), created_at: now });
  const notice = isNew ? noticeOf(change) : undefined;
  if (notice) await tellOwner(db, notice, now);
  return isNew;
}
