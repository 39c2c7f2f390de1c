import type { Actor } from '../audit/record-audit.ts';
import type { Db } from '../db/database.ts';
import type { Vault } from '../vault.ts';
import { activateSite } from './activate-site.ts';
import { judgeLicense, type Verdict } from './judge-license.rules.ts';
import { canonicalLicenseKey } from './license-key.rules.ts';
import { findLicenseFacts, touchActivation, type LicenseFacts, type SiteKind } from './licenses.store.ts';
import { isStagingSite, type Site } from './site.rules.ts';

export type ValidateInput = { key: string; site?: Site | undefined; environment?: string | undefined; product?: string | undefined; version?: string | undefined };
export type ValidateResult = { verdict: Verdict; license: LicenseFacts | undefined; activation: { site: string; kind: string; created_at: number } | null; sitesUsed: number };

const touchAfterMs = 60 * 60 * 1000;

/** The verdict on a key, read-only: nothing is activated. */
export async function checkLicense(db: Db, vault: Vault, input: ValidateInput, now: number): Promise<{ verdict: Verdict; license: LicenseFacts | undefined; isStaging: boolean }> {
  const canonical = canonicalLicenseKey(input.key);
  const license = canonical === undefined ? undefined : await findLicenseFacts(db, vault.digest(canonical), input.site?.site);
  const isStaging = input.site !== undefined && isStagingSite(input.site, input.environment);
  return { verdict: judgeLicense(license, { site: input.site?.site, isStaging, product: input.product, version: input.version }, now), license, isStaging };
}

/** The verdict on a key. A valid key activates a site that it sees for the first time, if a slot is free: DOMAIN_LIMIT_REACHED otherwise. */
export async function validateLicense(db: Db, vault: Vault, input: ValidateInput, by: Actor, now: number): Promise<ValidateResult> {
  const { verdict, license, isStaging } = await checkLicense(db, vault, input, now);
  const sitesUsed = license?.sites_used ?? 0;
  if (!license || !verdict.valid || !input.site) return { verdict, license, activation: null, sitesUsed };
  const { site } = input.site;
  if (license.activation_id !== null && license.activation_kind !== null && license.activation_created_at !== null) {
    if (now - (license.activation_seen_at ?? 0) > touchAfterMs) await touchActivation(db, license.activation_id, input.version, now);
    return { verdict, license, activation: { site, kind: license.activation_kind, created_at: license.activation_created_at }, sitesUsed };
  }
  const kind: SiteKind = isStaging ? 'staging' : 'production';
  const limit = isStaging ? license.staging_site_limit : license.site_limit;
  const result = await activateSite(db, { licenseId: license.id, site, kind, limit, version: input.version }, by, now);
  if (result.outcome === 'limit-reached') return { verdict: { valid: false, code: 'DOMAIN_LIMIT_REACHED' }, license, activation: null, sitesUsed };
  const isNewSite = result.outcome === 'activated' && kind === 'production';
  return { verdict, license, activation: result.activation, sitesUsed: sitesUsed + (isNewSite ? 1 : 0) };
}
