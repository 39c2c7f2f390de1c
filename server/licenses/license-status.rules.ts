/** What is stored; expiry follows from the time at which one asks. */
export type StoredStatus = 'pending' | 'active' | 'suspended' | 'cancelled';
export type LicenseStatus = StoredStatus | 'expired';

export type StatusFacts = { confirmed_at: number | null; suspended_at: number | null; cancelled_at: number | null; revoked_at: number | null };

/** What the facts of a licence add up to: refunded or disputed, then cancelled, then suspended, then not yet confirmed. */
export function storedStatus(facts: StatusFacts): StoredStatus {
  if (facts.revoked_at !== null || facts.cancelled_at !== null) return 'cancelled';
  if (facts.suspended_at !== null) return 'suspended';
  return facts.confirmed_at === null ? 'pending' : 'active';
}

/** The status that people see at a moment: a licence that is active on paper is expired once its end has passed. */
export function statusAt(license: { status: string; expires_at: number | null }, now: number): LicenseStatus {
  if (license.status === 'active' && license.expires_at !== null && license.expires_at <= now) return 'expired';
  return license.status as StoredStatus;
}
