import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { customerErased, customerSuspended } from '../customers/customer-status.rules.ts';
import { insertedOnce, type Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { recountLicense } from '../organizations/license-quota.ts';
import { asTerm, termRow, type TermInput } from './issue-license.ts';
import { storedStatus, type StatusFacts, type SubscriptionStatus } from './license-status.rules.ts';
import { paidThrough } from './license-terms.rules.ts';
import { getLicense, insertTerm, listTerms, setTermEnd, setTermVoided, updateLicense, type License } from './licenses.store.ts';
import { tellOfChange } from './tell-of-license.ts';

/** A change of facts; the status and the expiry follow from them. */
export type LicenseChange =
  | { type: 'suspend'; reason: string }
  | { type: 'reactivate'; reason?: string | undefined }
  | { type: 'cancel'; reason: string }
  | { type: 'unlock-domain'; reason?: string | undefined }
  /** What its subscription says of it. `status` null: nothing, the licence runs as far as it is paid. */
  | { type: 'follow-subscription'; subscriptionId: string; status: SubscriptionStatus | null; graceMs: number }
  | { type: 'change-plan'; planId: string; reason: string }
  /** Ends that it is suspended because its customer was; otherwise it is as it was. */
  | { type: 'lift-customer-suspension' }
  /** What was given by hand and waited for somebody who may confirm it. */
  | { type: 'confirm'; reason?: string | undefined }
  /** Takes back everything that paid for it, and cancels it: should a payment count again, it stays cancelled. */
  | { type: 'revoke'; reason: string }
  | { type: 'transfer'; customerId: string; organizationId: string | null; reason: string }
  /** Numbers of its own instead of those of the plan; null takes them away. */
  | { type: 'set-limits'; maxSites: number | null; maxVersion: string | null; reason: string }
  /** Its grace has passed: what is stored says so from now on. */
  | { type: 'lapse' }
  | { type: 'renew'; term: TermInput; reason?: string | undefined }
  /** A payment turns out to have paid until this moment (epoch ms) and no further: it was for a trial. */
  | { type: 'end-term'; termId: string; endsAt: number; reason: string }
  | { type: 'void-term'; termId: string; reason: string }
  | { type: 'restore-term'; termId: string; reason: string };

const actions: Record<LicenseChange['type'], string> = {
  suspend: 'license.suspended',
  reactivate: 'license.reactivated',
  cancel: 'license.cancelled',
  'unlock-domain': 'license.domain_unlocked',
  'follow-subscription': 'license.subscription_changed',
  'change-plan': 'license.plan_changed',
  'lift-customer-suspension': 'license.reactivated',
  confirm: 'license.confirmed',
  revoke: 'license.revoked',
  transfer: 'license.transferred',
  'set-limits': 'license.limits_changed',
  lapse: 'license.lapsed',
  renew: 'license.renewed',
  'end-term': 'license.term_ended',
  'void-term': 'license.term_voided',
  'restore-term': 'license.term_restored',
};

/**
 * Changes a licence and writes what it was and what it is to the audit log; the caller's transaction makes it one step.
 * Repeating a change changes nothing: the same renewal extends once, a voided term stays voided. A licence whose every term is
 * voided is revoked, and comes back when a term is restored. Throws NOT_FOUND, CONFLICT when a
 * revoked licence, or one whose customer is suspended, is to be reactivated,
 * and LICENSE_QUOTA_EXHAUSTED when its organisation has no room for what somebody brings there.
 */
export async function changeLicense(db: Db, licenseId: string, change: LicenseChange, by: Actor, now: number): Promise<License> {
  // Takes the row first, so that two changes of one licence follow each other on every database.
  await updateLicense(db, licenseId, { updated_at: now });
  const before = await getLicense(db, licenseId);
  const changed = await applyChange(db, before, change, now);
  if (!changed) return before;
  const terms = (await listTerms(db, licenseId)).map(asTerm);
  const end = paidThrough(terms);
  const isRevoked = end === undefined;
  const facts = {
    ...changed,
    revoked_at: isRevoked ? (before.revoked_at ?? now) : null,
    revoked_reason: isRevoked ? (before.revoked_reason ?? ('reason' in change ? (change.reason ?? null) : null)) : null,
    expires_at: isRevoked ? before.expires_at : end,
  };
  const after: License = { ...before, ...facts, updated_at: now };
  after.status = storedStatus(after, now);
  const { id: _id, key_digest: _digest, key_cipher: _cipher, key_id: _keyId, ...columns } = after;
  await updateLicense(db, licenseId, columns);
  // What comes back because it was paid counts in any case; what somebody brings back or over must fit.
  await recountLicense(db, before, after, { isPaid: change.type !== 'reactivate' && change.type !== 'transfer' });
  await recordAudit(db, by, { action: actions[change.type], entity: 'license', entityId: licenseId, before: visible(before), after: visible(after), reason: 'reason' in change ? change.reason : undefined }, now);
  await tellOfChange(db, before, after, change.type, now);
  return after;
}

type Reasons = Pick<License, 'suspended_reason' | 'cancelled_reason' | 'domain_lock' | 'plan_id' | 'subscription_id' | 'subscription_status' | 'grace_ms' | 'customer_id' | 'organization_id' | 'max_sites' | 'max_version'>;

/** The new facts, or undefined when the change is already in force. */
async function applyChange(db: Db, license: License, change: LicenseChange, now: number): Promise<Partial<StatusFacts & Reasons> | undefined> {
  switch (change.type) {
    case 'suspend':
      // Suspended by hand as well as with its customer: it stays so when the customer comes back.
      if (license.suspended_reason === customerSuspended && change.reason !== customerSuspended) return { suspended_reason: change.reason };
      return license.suspended_at === null ? { suspended_at: now, suspended_reason: change.reason } : undefined;
    case 'reactivate':
      if (license.status === 'active') return undefined;
      if (license.cancelled_reason === customerErased) throw new AppError('CONFLICT', 'The customer of this licence was erased.');
      if (license.suspended_reason === customerSuspended) throw new AppError('CONFLICT', 'The licence is suspended because its customer is. Reactivate the customer.');
      if (license.suspended_at === null && license.cancelled_at === null && license.revoked_at === null && license.confirmed_at !== null) throw new AppError('CONFLICT', 'The licence follows its subscription, which is paused, cancelled or unpaid. Resume or pay the subscription at the payment provider, or add a new term.');
      if (license.revoked_at !== null) throw new AppError('CONFLICT', 'Everything that paid for this licence was refunded, so it cannot be reactivated. Add a new term, or issue a new licence.');
      return { suspended_at: null, suspended_reason: null, cancelled_at: null, cancelled_reason: null, confirmed_at: license.confirmed_at ?? now };
    case 'cancel':
      if (change.reason === customerErased) return license.cancelled_reason === customerErased ? undefined : { cancelled_at: license.cancelled_at ?? now, cancelled_reason: customerErased };
      return license.cancelled_at === null ? { cancelled_at: now, cancelled_reason: change.reason } : undefined;
    case 'unlock-domain':
      return license.domain_lock === null ? undefined : { domain_lock: null };
    case 'follow-subscription': {
      const { subscriptionId, status, graceMs } = change;
      if (license.subscription_id === subscriptionId && license.subscription_status === status && license.grace_ms === graceMs) return undefined;
      return { subscription_id: subscriptionId, subscription_status: status, grace_ms: graceMs };
    }
    case 'change-plan':
      return license.plan_id === change.planId ? undefined : { plan_id: change.planId };
    case 'lift-customer-suspension':
      return license.suspended_reason === customerSuspended ? { suspended_at: null, suspended_reason: null } : undefined;
    case 'confirm':
      return license.confirmed_at === null ? { confirmed_at: now } : undefined;
    case 'revoke': {
      if (license.revoked_at !== null) return undefined;
      for (const { id, voided_at } of await listTerms(db, license.id)) if (voided_at === null) await setTermVoided(db, license.id, id, now, change.reason);
      return { cancelled_at: license.cancelled_at ?? now, cancelled_reason: license.cancelled_reason ?? change.reason };
    }
    case 'transfer':
      return license.customer_id === change.customerId ? undefined : { customer_id: change.customerId, organization_id: change.organizationId };
    case 'set-limits':
      return license.max_sites === change.maxSites && license.max_version === change.maxVersion ? undefined : { max_sites: change.maxSites, max_version: change.maxVersion };
    case 'lapse':
      return storedStatus(license, now) === license.status ? undefined : {};
    case 'renew':
      return (await insertedOnce(insertTerm(db, termRow(license.id, change.term, now)))) ? {} : undefined;
    case 'end-term':
      return (await setTermEnd(db, license.id, change.termId, change.endsAt)) ? {} : undefined;
    case 'void-term':
      return (await setTermVoided(db, license.id, change.termId, now, change.reason)) ? {} : undefined;
    case 'restore-term':
      return (await setTermVoided(db, license.id, change.termId, null, null)) ? {} : undefined;
  }
}

function visible({ status, expires_at, suspended_reason, cancelled_reason, revoked_reason, domain_lock, plan_id, subscription_status, customer_id, organization_id, max_sites, max_version }: License): Record<string, unknown> {
  return { status, expires_at, suspended_reason, cancelled_reason, revoked_reason, domain_lock, plan_id, subscription_status, customer_id, organization_id, max_sites, max_version };
}
