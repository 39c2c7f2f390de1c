import { randomBytes } from 'node:crypto';
import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { customerSuspended } from '../customers/customer-status.rules.ts';
import { holdCustomer } from '../customers/get-customer.ts';
import type { Db } from '../db/database.ts';
import { newId } from '../ids.ts';
import { countsAgainstQuota, takeLicenses } from '../organizations/license-quota.ts';
import type { Vault } from '../vault.ts';
import { activateSite } from './activate-site.ts';
import { generateLicenseKey, keyHint, lookupKey } from './license-key.rules.ts';
import { storedStatus } from './license-status.rules.ts';
import { paidThrough } from './license-terms.rules.ts';
import { insertLicense, insertTerm, type License } from './licenses.store.ts';
import { isStagingSite, type Site } from './site.rules.ts';
import { tellOfIssue } from './tell-of-license.ts';

/** What pays for a stretch of a licence: an order line, a renewal, or a grant by hand. */
export type TermInput = {
  provider: string;
  account: string;
  transactionId: string;
  orderLineId?: string;
  subscriptionId?: string | undefined;
  /** Calendar months; null for ever. */
  months: number | null;
  periodEndsAt?: number | null;
  paidAt: number;
  amountMinor?: number;
  currency?: string;
};

export type IssueInput = {
  customerId: string;
  plan: { id: string; code: string; max_sites: number; max_staging_sites: number };
  productId: string;
  term: TermInput;
  /** Takes a slot at once; a licence for a single site is locked to it. A staging copy takes a slot for copies and locks nothing. */
  site?: Site | undefined;
  maxSites?: number | undefined;
  maxVersion?: string | undefined;
  /** An existing key to keep instead of a new one, of whatever system. */
  key?: string | undefined;
  /** What is known of a licence that another system has issued. Nobody is told of it: it is no sale. */
  imported?: { createdAt: number; status: 'active' | 'suspended' | 'cancelled' | 'pending' } | undefined;
};

/** Where the ciphertext of a licence key belongs: a copy in another row does not open. */
export function licenseKeyAad(licenseId: string): string {
  return `licenses.key_cipher.${licenseId}`;
}

const manualProvider = 'manual';

/** A term granted by hand, without payment. */
export function manualTerm(months: number | null, now: number): TermInput {
  return { provider: manualProvider, account: 'main', transactionId: newId(), months, paidAt: now };
}

/** Issues a licence: key, first term, first site, audit line, quota of the organisation. The caller's transaction makes it all or nothing. Throws LICENSE_QUOTA_EXHAUSTED when it is not paid and there is no room. Returns the key, which is not stored readable. */
export async function issueLicense(db: Db, vault: Vault, input: IssueInput, by: Actor, now: number): Promise<{ license: License; key: string }> {
  const id = newId();
  const key = input.key ?? generateLicenseKey(randomBytes);
  const lookup = lookupKey(key);
  if (lookup === undefined) throw new Error('this can be no licence key');
  const { keyId, cipher } = vault.seal(key, licenseKeyAad(id));
  const term = termRow(id, input.term, now);
  const siteLimit = input.maxSites ?? input.plan.max_sites;
  const isStaging = input.site !== undefined && isStagingSite(input.site);
  const customer = await holdCustomer(db, input.customerId);
  // What was paid for is issued in any case; what somebody hands out must fit.
  const { status = 'active', createdAt = now } = input.imported ?? {};
  if (countsAgainstQuota({ status })) await takeLicenses(db, customer.organization_id, 1, { isPaid: input.term.provider !== manualProvider });
  const isSuspended = customer.status === 'suspended';
  // What is paid for is good at once; a gift to somebody who is not validated waits with them.
  const isConfirmed = customer.status !== 'pending' || input.term.provider !== manualProvider;
  const facts = { confirmed_at: isConfirmed && status !== 'pending' ? createdAt : null, suspended_at: isSuspended || status === 'suspended' ? now : null, cancelled_at: status === 'cancelled' ? now : null, revoked_at: null, subscription_id: null, subscription_status: null, grace_ms: 0 };
  const license: License = {
    id,
    key_digest: vault.digest(lookup),
    key_cipher: cipher,
    key_id: keyId,
    key_hint: keyHint(lookup),
    customer_id: input.customerId,
    plan_id: input.plan.id,
    product_id: input.productId,
    ...facts,
    status: storedStatus(facts, now),
    expires_at: paidThrough([asTerm(term)]) ?? null,
    suspended_reason: isSuspended ? customerSuspended : null,
    cancelled_reason: null,
    revoked_reason: null,
    max_sites: input.maxSites ?? null,
    max_version: input.maxVersion ?? null,
    quotas: null,
    organization_id: customer.organization_id,
    modules: null,
    domain_lock: input.site && siteLimit === 1 && !isStaging ? input.site.site : null,
    created_at: createdAt,
    updated_at: now,
  };
  await insertLicense(db, license);
  await insertTerm(db, term);
  const after = { plan: input.plan.code, customer_id: input.customerId, expires_at: license.expires_at, source: `${term.provider}:${term.transaction_id}` };
  await recordAudit(db, by, { action: 'license.issued', entity: 'license', entityId: id, after }, now);
  if (!input.imported) await tellOfIssue(db, license, input.plan.code, now);
  if (input.site) {
    const seat = isStaging ? { kind: 'staging' as const, limit: input.plan.max_staging_sites } : { kind: 'production' as const, limit: siteLimit };
    await activateSite(db, { licenseId: id, site: input.site.site, ...seat, isQuiet: input.imported !== undefined }, by, now);
  }
  return { license, key };
}

type TermRow = Parameters<typeof insertTerm>[1];

export function termRow(licenseId: string, term: TermInput, now: number): TermRow {
  return {
    id: newId(),
    license_id: licenseId,
    provider: term.provider,
    account: term.account,
    transaction_id: term.transactionId,
    order_line_id: term.orderLineId ?? null,
    subscription_id: term.subscriptionId ?? null,
    months: term.months,
    period_ends_at: term.periodEndsAt ?? null,
    paid_at: term.paidAt,
    amount_minor: term.amountMinor ?? 0,
    currency: term.currency ?? null,
    voided_at: null,
    void_reason: null,
    created_at: now,
  };
}

export function asTerm({ transaction_id, months, period_ends_at, paid_at, voided_at }: TermRow): Parameters<typeof paidThrough>[0][number] {
  return { transactionId: transaction_id, months, periodEndsAt: period_ends_at, paidAt: paid_at, voidedAt: voided_at };
}
