/** What is stored; expiry follows from the time at which one asks. */
export type StoredStatus = 'pending' | 'active' | 'suspended' | 'cancelled';
export type LicenseStatus = StoredStatus | 'expired';

/** How the subscription stands that a licence follows. `pending`: begun and not paid yet, which says nothing of licences. */
export const subscriptionStatuses = ['pending', 'trialing', 'active', 'past_due', 'paused', 'expired', 'cancelled'] as const;
export type SubscriptionStatus = (typeof subscriptionStatuses)[number];

export type StatusFacts = {
  confirmed_at: number | null;
  /** By hand. */
  suspended_at: number | null;
  /** By hand. */
  cancelled_at: number | null;
  /** Everything that paid for it was refunded or disputed. */
  revoked_at: number | null;
  subscription_status?: string | null;
  /** Paid through; null for ever. */
  expires_at?: number | null;
  grace_ms?: number;
};

/**
 * What the facts of a licence add up to at a moment: refunded or disputed > cancelled > suspended by hand or paused > not confirmed >
 * past due beyond its grace > expired > active.
 */
export function licenseState(facts: StatusFacts, now: number): LicenseStatus {
  const { subscription_status: subscription } = facts;
  if (facts.revoked_at !== null || facts.cancelled_at !== null || subscription === 'cancelled') return 'cancelled';
  if (facts.suspended_at !== null || subscription === 'paused') return 'suspended';
  if (facts.confirmed_at === null) return 'pending';
  return statusAt({ status: 'active', expires_at: facts.expires_at ?? null, grace_ms: facts.grace_ms ?? 0, subscription_status: subscription ?? null }, now);
}

/** licenseState as it is stored: expiry is left to the time at which one asks. */
export function storedStatus(facts: StatusFacts, now: number): StoredStatus {
  const state = licenseState(facts, now);
  return state === 'expired' ? 'active' : state;
}

/** The status that people see at a moment: a licence that is active on paper has run out once its end and its grace have passed. */
export function statusAt(license: { status: string; expires_at: number | null; grace_ms: number; subscription_status: string | null }, now: number): LicenseStatus {
  if (license.status !== 'active' || license.expires_at === null || now < license.expires_at + license.grace_ms) return license.status as StoredStatus;
  return license.subscription_status === 'past_due' ? 'suspended' : 'expired';
}
