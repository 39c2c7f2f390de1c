import { statusAt, type LicenseStatus } from '../licenses/license-status.rules.ts';

const dayMs = 86_400_000;

/** The scope of everything; the others are ids of organisations, each with its whole subtree. */
export const allScope = 'all';

/** The scopes in which something of an organisation is counted. `path` names its node from the root down; null: the operator's own. */
export function scopesOf(path: string | null): string[] {
  return [allScope, ...(path ?? '').split('/').filter((id) => id !== '')];
}

export function dayOf(ms: number): number {
  return ms - (((ms % dayMs) + dayMs) % dayMs);
}

/** What is counted of a customer: scopes, status, day of creation, and the words under which it is found. */
export type CustomerFacts = { s: string[]; t: string; d: number; w: string[] };

export type OrderColumns = { path: string | null; paid_at: number | null; currency: string; provider: string; total_minor: number; refunded_minor: number; is_renewal: number };
/** What is counted of a paid order: scopes, day of payment, currency, provider, total and refunds in minor units, whether it renews. */
export type OrderFacts = { s: string[]; d: number; y: string; p: string; g: number; r: number; n: number };

/** Null for an order that is not paid. */
export function orderFacts(order: OrderColumns): OrderFacts | null {
  if (order.paid_at === null) return null;
  return { s: scopesOf(order.path), d: dayOf(order.paid_at), y: order.currency, p: order.provider, g: order.total_minor, r: order.refunded_minor, n: order.is_renewal };
}

export type LicenseColumns = {
  path: string | null;
  customer_id: string;
  plan_id: string;
  status: string;
  expires_at: number | null;
  grace_ms: number;
  subscription_status: string | null;
  cancelled_at: number | null;
  revoked_at: number | null;
  created_at: number;
  updated_at: number;
};
export type TermColumns = { provider: string; months: number | null; amount_minor: number; currency: string | null; paid_at: number; voided_at: number | null };
export type TrialState = 'converted' | 'running' | 'ended';

/**
 * What is counted of a licence: scopes, customer, plan, status; `h` whether it has ever been paid for by the month or the year; `n` the day on which it was
 * issued, `l` the day on which it was lost, `e` the last day that is paid for; trial begun on `d` and how it went; `y` and `m` the currency and the
 * thousandths of a minor unit that it brings in a month.
 */
export type LicenseFacts = {
  s: string[]; c: string; p: string; t: LicenseStatus; h: 0 | 1; n: number;
  l?: number; e?: number; r?: { d: number; o: TrialState }; y?: string; m?: number;
};

/** The facts of a licence at a moment, and the moment at which they change by themselves. */
export function licenseFacts(license: LicenseColumns, terms: TermColumns[], now: number): { facts: LicenseFacts; nextAt: number | null } {
  const status = statusAt(license, now);
  const endsAt = license.expires_at === null ? null : license.expires_at + license.grace_ms;
  const paid = terms.filter(({ amount_minor }) => amount_minor > 0);
  const valid = paid.filter(({ voided_at }) => voided_at === null).sort((a, b) => a.paid_at - b.paid_at);
  const latest = valid.at(-1);
  const trialAt = trialStart(license, terms);
  const facts: LicenseFacts = { s: scopesOf(license.path), c: license.customer_id, p: license.plan_id, t: status, h: paid.some(({ months }) => months !== null && months > 0) ? 1 : 0, n: dayOf(license.created_at) };
  const lostAt = lossOf(license, status, endsAt);
  if (lostAt !== undefined) facts.l = dayOf(lostAt);
  if (status === 'active' && license.expires_at !== null) facts.e = dayOf(license.expires_at);
  if (trialAt !== undefined) facts.r = { d: dayOf(trialAt), o: valid.some(({ paid_at }) => paid_at >= trialAt) ? 'converted' : status === 'active' ? 'running' : 'ended' };
  if (status === 'active' && latest?.currency && latest.months !== null && latest.months > 0) {
    facts.y = latest.currency;
    facts.m = Math.round((latest.amount_minor * 1_000) / latest.months);
  }
  return { facts, nextAt: license.status === 'active' && endsAt !== null && endsAt > now ? endsAt : null };
}

/** A trial is a first stretch from a shop that cost nothing, or a subscription that says so. */
function trialStart(license: LicenseColumns, terms: TermColumns[]): number | undefined {
  const first = terms.filter(({ provider }) => provider !== 'manual').sort((a, b) => a.paid_at - b.paid_at)[0];
  if (first?.amount_minor === 0) return first.paid_at;
  return license.subscription_status === 'trialing' ? license.created_at : undefined;
}

/** When a licence was lost that has ended and has not come back. */
function lossOf({ cancelled_at, revoked_at, updated_at }: LicenseColumns, status: LicenseStatus, endsAt: number | null): number | undefined {
  if (status === 'expired') return endsAt ?? updated_at;
  if (status !== 'cancelled') return undefined;
  // A subscription that ended keeps no time of its own: its licence changed then at the latest.
  return cancelled_at ?? revoked_at ?? Math.min(updated_at, endsAt ?? updated_at);
}

const wordLength = 64;
const wordsOfCustomer = 12;

/** The words of a text without case and accents. */
export function wordsOf(text: string): string[] {
  return text.normalize('NFKD').replace(/\p{M}+/gu, '').toLowerCase().split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '').map((word) => word.slice(0, wordLength));
}

export type CustomerColumns = { path: string | null; status: string; email_key: string; name: string; company: string | null; created_at: number };

export function customerFacts({ path, status, email_key: email, name, company, created_at: createdAt }: CustomerColumns): CustomerFacts {
  const domain = email.slice(email.lastIndexOf('@') + 1);
  const words = [email, domain, ...wordsOf(name), ...wordsOf(company ?? '')].map((word) => word.slice(0, wordLength)).filter((word) => word !== '');
  return { s: scopesOf(path), t: status, d: dayOf(createdAt), w: [...new Set(words)].slice(0, wordsOfCustomer).sort() };
}
