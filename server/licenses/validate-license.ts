import type { Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import type { Vault } from '../vault.ts';
import { activateDevice } from './activate-device.ts';
import { activateSite, goesLive } from './activate-site.ts';
import { provesActivation } from './activation-secret.ts';
import type { Device } from './device.rules.ts';
import { findDevice } from './devices.store.ts';
import { judgeLicense, type Verdict } from './judge-license.rules.ts';
import { lookupKey } from './license-key.rules.ts';
import { findLicenseFacts, findLicenseStanding, findLicenseStandingById, touchActivation, type Activation, type LicenseFacts, type LicenseStanding, type SiteKind } from './licenses.store.ts';
import { isStagingSite, type Site } from './site.rules.ts';

export type ValidateInput = { key: string; site?: Site | undefined; /** The fingerprint of the device that asks. */ device?: string | undefined; environment?: string | undefined; product?: string | undefined; version?: string | undefined; /** What the site shows to prove that it is the one that was activated. 'none-needed': whoever has the key asks to activate it. */ secret?: Uint8Array | 'none-needed' | undefined };
export type ValidateResult = { verdict: Verdict; license: LicenseFacts | undefined; isStaging: boolean; activation: { site: string; kind: string; created_at: number } | null; device: Pick<Activation, 'name' | 'platform' | 'created_at'> & { fingerprint: string } | null; /** Places that are taken, by sites and by devices. */ sitesUsed: number };

const touchAfterMs = 60 * 60 * 1000;

/** The verdict on a key, read-only: nothing is activated. */
export function checkLicense(db: Db, vault: Vault, input: ValidateInput, now: number): Promise<Checked<LicenseStanding>> {
  return checkAs(findLicenseStanding, db, vault, input, now);
}

type Checked<Facts> = { verdict: Verdict; license: Facts | undefined; isStaging: boolean };

async function checkAs<Facts extends LicenseStanding>(find: (db: Db, digest: Buffer, site?: string) => Promise<Facts | undefined>, db: Db, vault: Vault, input: ValidateInput, now: number): Promise<Checked<Facts>> {
  const lookup = lookupKey(input.key);
  const license = lookup === undefined ? undefined : await find(db, vault.digestOfKey(lookup), input.site?.site);
  const isStaging = input.site !== undefined && isStagingSite(input.site, input.environment);
  return { verdict: judgeLicense(license, { site: input.site?.site, isStaging, device: input.device, product: input.product, version: input.version }, now), license, isStaging };
}

/** The verdict on a licence whose id is known, for a site that it is activated on. Undefined when it no longer is. */
export async function checkActivated(db: Db, licenseId: string, { id, site }: { id: string; site: string }, now: number): Promise<{ verdict: Verdict; license: LicenseStanding } | undefined> {
  const license = await findLicenseStandingById(db, licenseId, site);
  if (!license || license.activation_id !== id) return undefined;
  return { verdict: judgeLicense(license, { site, isStaging: license.activation_kind === 'staging' }, now), license };
}

/**
 * The verdict on a key. A valid key activates a site that it sees for the first time, if a slot is free: DOMAIN_LIMIT_REACHED
 * otherwise. A device is only looked for: one that is not activated is DEVICE_NOT_ACTIVATED, and nothing is taken. A site whose secret does not fit its activation is SITE_NOT_ACTIVATED and takes no slot. What is judged is one look at the database; the slot is taken by a guarded write.
 */
export async function validateLicense(db: Db, vault: Vault, input: ValidateInput, by: Actor, now: number): Promise<ValidateResult> {
  const { verdict, license, isStaging } = await checkAs(findLicenseFacts, db, vault, input, now);
  const nothing: ValidateResult = { verdict, license, isStaging, activation: null, device: null, sitesUsed: license?.sites_used ?? 0 };
  if (!license || !verdict.valid) return nothing;
  const seen = input.device === undefined ? undefined : await seenDevice(db, license.id, input.device, input.version, now);
  if (seen === 'none') return { ...nothing, verdict: { valid: false, code: 'DEVICE_NOT_ACTIVATED' } };
  const unchanged = { ...nothing, device: seen ?? null };
  if (!input.site) return unchanged;
  const { site } = input.site;
  const kind: SiteKind = isStaging ? 'staging' : 'production';
  const held = heldActivation(license, site);
  if (input.secret !== 'none-needed' && !provesActivation({ secret_digest: license.activation_secret }, input.secret)) return { ...nothing, verdict: { valid: false, code: 'SITE_NOT_ACTIVATED' } };
  if (held && !goesLive(held.kind, kind)) {
    if (now - (license.activation_seen_at ?? 0) > touchAfterMs) await transact(db, (trx) => touchActivation(trx, held.id, input.version, now), 'unsynced');
    return { ...unchanged, activation: held };
  }
  const limitReached: ValidateResult = { ...nothing, verdict: { valid: false, code: 'DOMAIN_LIMIT_REACHED' } };
  // A full licence is refused without a transaction, so that sites that keep asking do not queue up for the write lock.
  if (kind === 'production' && license.sites_used >= license.site_limit) return limitReached;
  const limit = isStaging ? license.staging_site_limit : license.site_limit;
  const result = await activateSite(db, { licenseId: license.id, site, kind, limit, version: input.version }, by, now);
  if (result.outcome === 'limit-reached') return limitReached;
  const isNewSite = result.outcome === 'activated' && kind === 'production';
  return { ...unchanged, activation: { ...result.activation, site }, sitesUsed: unchanged.sitesUsed + (isNewSite ? 1 : 0) };
}

/** The device as it is activated, and that it was seen; 'none' when it is not. */
async function seenDevice(db: Db, licenseId: string, fingerprint: string, version: string | undefined, now: number): Promise<ValidateResult['device'] | 'none'> {
  const found = await findDevice(db, licenseId, fingerprint);
  if (!found) return 'none';
  if (now - found.last_seen_at > touchAfterMs) await transact(db, (trx) => touchActivation(trx, found.id, version, now), 'unsynced');
  return { ...found, fingerprint };
}

/** The verdict on a key for a device that is to use it: a valid key gives it a free slot, or DEVICE_LIMIT_REACHED. A device that has one keeps it. */
export async function validateDevice(db: Db, vault: Vault, input: { key: string; device: Device; product?: string | undefined; version?: string | undefined }, by: Actor, now: number): Promise<ValidateResult> {
  const { device } = input;
  const { verdict, license } = await checkAs(findLicenseFacts, db, vault, { ...input, device: device.fingerprint }, now);
  const nothing: ValidateResult = { verdict, license, isStaging: false, activation: null, device: null, sitesUsed: license?.sites_used ?? 0 };
  if (!license || !verdict.valid) return nothing;
  const limitReached: ValidateResult = { ...nothing, verdict: { valid: false, code: 'DEVICE_LIMIT_REACHED' } };
  // As for sites: a full licence is refused without a transaction.
  if (license.sites_used >= license.site_limit && !(await findDevice(db, license.id, device.fingerprint))) return limitReached;
  const result = await activateDevice(db, { licenseId: license.id, device, limit: license.site_limit, version: input.version }, by, now);
  if (result.outcome === 'limit-reached') return limitReached;
  return { ...nothing, device: { ...result.activation, fingerprint: device.fingerprint }, sitesUsed: nothing.sitesUsed + (result.outcome === 'activated' ? 1 : 0) };
}

function heldActivation({ activation_id: id, activation_kind: kind, activation_created_at: created_at }: LicenseFacts, site: string): { id: string; site: string; kind: string; created_at: number } | undefined {
  return id === null || kind === null || created_at === null ? undefined : { id, site, kind, created_at };
}
