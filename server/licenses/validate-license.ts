import type { Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import type { Vault } from '../vault.ts';
import { activateSite, goesLive } from './activate-site.ts';
import { provesActivation } from './activation-secret.ts';
import { judgeLicense, type Verdict } from './judge-license.rules.ts';
import { lookupKey } from './license-key.rules.ts';
import { findLicenseFacts, findLicenseStanding, findLicenseStandingById, touchActivation, type LicenseFacts, type LicenseStanding, type SiteKind } from './licenses.store.ts';
import { isStagingSite, type Site } from './site.rules.ts';

export type ValidateInput = { key: string; site?: Site | undefined; environment?: string | undefined; product?: string | undefined; version?: string | undefined; /** What the site shows to prove that it is the one that was activated. 'none-needed': whoever has the key asks to activate it. */ secret?: Uint8Array | 'none-needed' | undefined };
export type ValidateResult = { verdict: Verdict; license: LicenseFacts | undefined; isStaging: boolean; activation: { site: string; kind: string; created_at: number } | null; sitesUsed: number };

const touchAfterMs = 60 * 60 * 1000;

/** The verdict on a key, read-only: nothing is activated. */
export function checkLicense(db: Db, vault: Vault, input: ValidateInput, now: number): Promise<Checked<LicenseStanding>> {
  return checkAs(findLicenseStanding, db, vault, input, now);
}

type Checked<Facts> = { verdict: Verdict; license: Facts | undefined; isStaging: boolean };

async function checkAs<Facts extends LicenseStanding>(find: (db: Db, digest: Buffer, site?: string) => Promise<Facts | undefined>, db: Db, vault: Vault, input: ValidateInput, now: number): Promise<Checked<Facts>> {
  const lookup = lookupKey(input.key);
  const license = lookup === undefined ? undefined : await find(db, vault.digest(lookup), input.site?.site);
  const isStaging = input.site !== undefined && isStagingSite(input.site, input.environment);
  return { verdict: judgeLicense(license, { site: input.site?.site, isStaging, product: input.product, version: input.version }, now), license, isStaging };
}

/** The verdict on a licence whose id is known, for a site that it is activated on. Undefined when it no longer is. */
export async function checkActivated(db: Db, licenseId: string, { id, site }: { id: string; site: string }, now: number): Promise<{ verdict: Verdict; license: LicenseStanding } | undefined> {
  const license = await findLicenseStandingById(db, licenseId, site);
  if (!license || license.activation_id !== id) return undefined;
  return { verdict: judgeLicense(license, { site, isStaging: license.activation_kind === 'staging' }, now), license };
}

/**
 * The verdict on a key. A valid key activates a site that it sees for the first time, if a slot is free: DOMAIN_LIMIT_REACHED
 * otherwise. A site whose secret does not fit its activation is SITE_NOT_ACTIVATED and takes no slot. What is judged is one look at the database; the slot is taken by a guarded write.
 */
export async function validateLicense(db: Db, vault: Vault, input: ValidateInput, by: Actor, now: number): Promise<ValidateResult> {
  const { verdict, license, isStaging } = await checkAs(findLicenseFacts, db, vault, input, now);
  const unchanged = { verdict, license, isStaging, activation: null, sitesUsed: license?.sites_used ?? 0 };
  if (!license || !verdict.valid || !input.site) return unchanged;
  const { site } = input.site;
  const kind: SiteKind = isStaging ? 'staging' : 'production';
  const held = heldActivation(license, site);
  if (input.secret !== 'none-needed' && !provesActivation({ secret_digest: license.activation_secret }, input.secret)) return { ...unchanged, verdict: { valid: false, code: 'SITE_NOT_ACTIVATED' } };
  if (held && !goesLive(held.kind, kind)) {
    if (now - (license.activation_seen_at ?? 0) > touchAfterMs) await transact(db, (trx) => touchActivation(trx, held.id, input.version, now), 'unsynced');
    return { ...unchanged, activation: held };
  }
  const limitReached: ValidateResult = { ...unchanged, verdict: { valid: false, code: 'DOMAIN_LIMIT_REACHED' } };
  // A full licence is refused without a transaction, so that sites that keep asking do not queue up for the write lock.
  if (kind === 'production' && license.sites_used >= license.site_limit) return limitReached;
  const limit = isStaging ? license.staging_site_limit : license.site_limit;
  const result = await activateSite(db, { licenseId: license.id, site, kind, limit, version: input.version }, by, now);
  if (result.outcome === 'limit-reached') return limitReached;
  const isNewSite = result.outcome === 'activated' && kind === 'production';
  return { ...unchanged, activation: result.activation, sitesUsed: unchanged.sitesUsed + (isNewSite ? 1 : 0) };
}

function heldActivation({ activation_id: id, activation_kind: kind, activation_created_at: created_at }: LicenseFacts, site: string): { id: string; site: string; kind: string; created_at: number } | undefined {
  return id === null || kind === null || created_at === null ? undefined : { id, site, kind, created_at };
}
