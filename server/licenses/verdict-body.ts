import { monthStart } from '../usage/period.rules.ts';
import type { Verdict, VerdictCode } from './judge-license.rules.ts';
import { canonicalLicenseKey, hasValidCheckCharacter } from './license-key.rules.ts';
import { statusAt } from './license-status.rules.ts';
import type { LicenseStanding } from './licenses.store.ts';
import { entitledModules } from './modules.rules.ts';
import type { ValidateResult } from './validate-license.ts';

const sentences: Record<VerdictCode, (license: LicenseStanding, isStaging: boolean) => string> = {
  VALID: ({ plan_name }) => `The licence is valid (${plan_name}).`,
  NOT_FOUND: () => 'This licence key is not known. Check it against your purchase e-mail.',
  SUSPENDED: () => 'This licence is suspended. Ask the vendor why.',
  EXPIRED: ({ expires_at }) => `This licence expired on ${isoDay(expires_at)}. Renew it to go on.`,
  CANCELLED: () => 'This licence has been cancelled or refunded.',
  PENDING: () => 'This licence is waiting for its confirmation by the vendor.',
  DOMAIN_MISMATCH: ({ domain_lock }) => `This licence belongs to another site (${domain_lock ?? ''}). Deactivate it there, or ask the vendor to release it.`,
  DOMAIN_LIMIT_REACHED: (license, isStaging) => limitSentence(isStaging ? license.staging_site_limit : license.site_limit, isStaging),
  PRODUCT_MISMATCH: ({ product_code }) => `This licence is for another product (${product_code}).`,
  VERSION_NOT_ENTITLED: ({ max_version }) => `This licence covers versions up to ${max_version ?? ''}. Renew or upgrade it for newer ones.`,
  DEVICE_LIMIT_REACHED: ({ site_limit: limit }) => (limit === 1 ? 'The one place of this licence is in use. Release it or upgrade the plan.' : `All ${limit} places of this licence are in use. Release a site or a device, or upgrade the plan.`),
  DEVICE_NOT_ACTIVATED: () => 'This device is not activated with this licence, or its place was released. Activate it to go on.',
  SITE_NOT_ACTIVATED: () => 'This site is not activated with this licence any more: its place was released, or activated anew elsewhere. Activate the site again to go on.',
};

/** The answer of POST /api/validate. Facts about a licence are given to whoever holds its key, whatever the verdict; `secret` only to a site that has just been activated. */
export function verdictBody({ verdict, license, isStaging, activation, device, sitesUsed }: ValidateResult, key: string, now: number, secret?: string): Record<string, unknown> {
  const head = { valid: verdict.valid, code: verdict.code, message: verdictSentence(verdict, license, key, isStaging) };
  if (!license) return { ...head, status: null, plan: null, product: null, features: [], modules: [], expires_at: null, limits: null, usage: null, activation: null, device: null, checked_at: isoTime(now) };
  return {
    ...head,
    status: statusAt(license, now),
    plan: { code: license.plan_code, name: license.plan_name },
    product: license.product_code,
    ...entitlementsBody(verdict.valid ? license : undefined, now),
    expires_at: license.expires_at === null ? null : isoTime(license.expires_at),
    limits: { sites: license.site_limit, staging_sites: license.staging_site_limit, requests_per_month: license.monthly_requests, requests_per_hour: license.hourly_requests },
    usage: { sites: sitesUsed, requests_this_month: license.month_start === monthStart(now) ? (license.month_requests ?? 0) : 0 },
    activation: activation && { site: activation.site, kind: activation.kind, created_at: isoTime(activation.created_at), ...(secret === undefined ? {} : { secret }) },
    device: device && { fingerprint: device.fingerprint, name: device.name, platform: device.platform, created_at: isoTime(device.created_at) },
    checked_at: isoTime(now),
  };
}

/** What a valid licence allows: the codes alone, and the modules with the newest version that each covers. */
function entitlementsBody(license: LicenseStanding | undefined, now: number): { features: string[]; modules: Record<string, unknown>[] } {
  const modules = license ? entitledModules(license, now) : [];
  return {
    features: modules.map(({ code }) => code),
    modules: modules.map(({ code, maxVersion, expiresAt }) => ({ code, max_version: maxVersion, expires_at: expiresAt === null ? null : isoTime(expiresAt) })),
  };
}

function limitSentence(limit: number, isStaging: boolean): string {
  const sites = isStaging ? 'staging site' : 'site';
  const inUse = limit === 1 ? `The one ${sites} of this licence is in use.` : `All ${limit} ${sites}s of this licence are in use.`;
  return `${inUse} Release ${limit === 1 ? 'it' : 'one'}${isStaging ? '' : ' or upgrade the plan'}.`;
}

/** The verdict as a sentence for a person. */
export function verdictSentence(verdict: Verdict, license: LicenseStanding | undefined, key: string, isStaging = false): string {
  return license ? sentences[verdict.code](license, isStaging) : notFoundSentence(key);
}

function notFoundSentence(key: string): string {
  const canonical = canonicalLicenseKey(key);
  if (canonical === undefined) return 'This is not a licence key. It looks like CHA-XXXX-XXXX-XXXX-XXXX.';
  return canonical.length === 19 && !hasValidCheckCharacter(canonical) ? 'This licence key is not known; it looks mistyped. Copy it from your purchase e-mail.' : 'This licence key is not known. Check it against your purchase e-mail.';
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

function isoDay(ms: number | null): string {
  return ms === null ? '' : isoTime(ms).slice(0, 10);
}
