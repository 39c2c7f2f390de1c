import { sql, type Insertable, type Selectable } from 'kysely';
import { licensesWithin, type Scope } from '../access/scope.ts';
import { insertedOnce, preparedRead, type Db } from '../db/database.ts';
import { rememberedRead } from '../db/remembered-read.ts';
import type { Schema } from '../db/schema.ts';
import { AppError } from '../errors.ts';

export type License = Selectable<Schema['licenses']>;
export type Activation = Selectable<Schema['activations']>;
export type NewActivation = Insertable<Schema['activations']>;
export type SiteKind = 'production' | 'staging';

/** All that a verdict on a key for a site needs. */
export type LicenseStanding = Pick<License, 'id' | 'status' | 'expires_at' | 'grace_ms' | 'subscription_status' | 'domain_lock' | 'max_version' | 'customer_id' | 'key_hint' | 'created_at' | 'modules'> & {
  product_code: string;
  plan_code: string;
  plan_name: string;
  features: string;
  feature_versions: string | null;
  ai_proxy: number;
  site_limit: number;
  staging_site_limit: number;
  monthly_requests: number;
  hourly_requests: number;
  sites_used: number;
  activation_id: string | null;
  activation_kind: string | null;
  activation_created_at: number | null;
  activation_seen_at: number | null;
  activation_secret: Uint8Array | null;
};
/** The same with the requests of the running month. */
export type LicenseFacts = LicenseStanding & { month_start: number | null; month_requests: number | null };

/** In a query over licences and plans. */
export const siteLimit = sql<number>`coalesce(licenses.max_sites, plans.max_sites)`.as('site_limit');
/** In a query over licences: the places that are taken, by sites without copies and by devices. */
export const sitesUsed = sql<number>`(select count(*) from activations as counted where counted.license_id = licenses.id and counted.is_staging = 0)`.as('sites_used');
const anyBytes = new Uint8Array(0);
const standingQuery = (db: Db) =>
  db
    .selectFrom('licenses')
    .innerJoin('plans', 'plans.id', 'licenses.plan_id')
    .innerJoin('products', 'products.id', 'licenses.product_id')
    .leftJoin('activations', (join) => join.onRef('activations.license_id', '=', 'licenses.id').on('activations.site', '=', ''))
    .select([
      'licenses.id', 'licenses.status', 'licenses.expires_at', 'licenses.grace_ms', 'licenses.subscription_status', 'licenses.domain_lock', 'licenses.max_version', 'licenses.customer_id', 'licenses.key_hint', 'licenses.created_at', 'licenses.modules',
      'products.code as product_code',
      'plans.code as plan_code', 'plans.name as plan_name', 'plans.features', 'plans.feature_versions', 'plans.ai_proxy',
      'plans.max_staging_sites as staging_site_limit', 'plans.monthly_requests', 'plans.hourly_requests',
      'activations.id as activation_id', 'activations.kind as activation_kind', 'activations.created_at as activation_created_at', 'activations.last_seen_at as activation_seen_at', 'activations.secret_digest as activation_secret',
    ])
    .select(siteLimit)
    .select(sitesUsed);
const buildFactsByDigest = (db: Db) =>
  standingQuery(db)
    .leftJoin('quota_counters', (join) => join.onRef('quota_counters.license_id', '=', 'licenses.id').on('quota_counters.scope', '=', sql.lit('')))
    .select(['quota_counters.month_start', 'quota_counters.month_requests'])
    .where('licenses.key_digest', '=', anyBytes)
    .compile();
const factsByDigest = preparedRead<LicenseFacts, [site: string, digest: Uint8Array]>(buildFactsByDigest);
const standingByDigest = rememberedRead<LicenseStanding, [site: string, digest: Buffer]>((db) => standingQuery(db).where('licenses.key_digest', '=', anyBytes).compile(), ([site, digest]) => `${digest.toString('latin1')}${site}`);
const standingById = rememberedRead<LicenseStanding, [site: string, id: string]>((db) => standingQuery(db).where('licenses.id', '=', '').compile(), ([site, id]) => `${id} ${site}`);

/** The text of the query below, whose parameters are the site and the digest: bench:validate runs it without us. */
export function licenseFactsSql(db: Db): string {
  return buildFactsByDigest(db).sql;
}

/** One query for the whole verdict: licence, plan, product, usage of the month, sites in use and the activation of `site` if it has one. */
export async function findLicenseFacts(db: Db, keyDigest: Uint8Array, site = ''): Promise<LicenseFacts | undefined> {
  const rows = await factsByDigest(db, [site, keyDigest]);
  return rows[0];
}

/** The same without the usage, for whoever asks all the time. */
export async function findLicenseStanding(db: Db, keyDigest: Buffer, site = ''): Promise<LicenseStanding | undefined> {
  const rows = await standingByDigest(db, [site, keyDigest]);
  return rows[0];
}

/** The same for a licence whose id is known. */
export async function findLicenseStandingById(db: Db, id: string, site: string): Promise<LicenseStanding | undefined> {
  const rows = await standingById(db, [site, id]);
  return rows[0];
}

/** Throws NOT_FOUND. */
export async function getLicense(db: Db, id: string): Promise<License> {
  const license = await db.selectFrom('licenses').selectAll().where('id', '=', id).executeTakeFirst();
  if (!license) throw new AppError('NOT_FOUND', 'There is no licence with this id.', { field: 'path.id' });
  return license;
}

/** The licence, if the scope reaches it. Throws NOT_FOUND. */
export async function getLicenseWithin(db: Db, scope: Scope, id: string): Promise<License> {
  const license = await db.selectFrom('licenses').selectAll().where('id', '=', id).where(licensesWithin(scope)).executeTakeFirst();
  if (!license) throw new AppError('NOT_FOUND', 'There is no licence with this id.', { field: 'path.id' });
  return license;
}

/** The sites and devices of a licence, those that take a place of the plan first. */
export function listActivations(db: Db, licenseId: string): Promise<Activation[]> {
  return db.selectFrom('activations').selectAll().where('license_id', '=', licenseId).orderBy('is_staging').orderBy('slot').execute();
}

/** False when the slot is taken already, or the site or device has one. */
export function insertActivation(db: Db, activation: NewActivation): Promise<boolean> {
  return insertedOnce(db.insertInto('activations').values(activation).execute());
}

/** Gives an activation another kind and slot; false when that slot is taken, the activation is gone, or it is of that kind already. */
export async function moveActivation(db: Db, { id, kind, slot, last_seen_at }: Pick<Activation, 'id' | 'kind' | 'slot' | 'last_seen_at'>): Promise<boolean> {
  let moved = 0n;
  const update = db.updateTable('activations').set({ kind, slot, last_seen_at }).where('id', '=', id).where('kind', '!=', kind).executeTakeFirst().then((result) => {
    moved = result.numUpdatedRows;
  });
  return (await insertedOnce(update)) && moved > 0n;
}

export async function deleteActivation(db: Db, id: string): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('activations').where('id', '=', id).executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function touchActivation(db: Db, id: string, version: string | undefined, now: number): Promise<void> {
  await db
    .updateTable('activations')
    .set(version === undefined ? { last_seen_at: now } : { last_seen_at: now, version })
    .where('id', '=', id)
    .execute();
}

/** Keeps the digest of an activation's secret, or that it has none; false when the site is not activated. */
export async function putActivationSecret(db: Db, licenseId: string, site: string, digest: Uint8Array | null): Promise<boolean> {
  await db.updateTable('activations').set({ secret_digest: digest }).where('license_id', '=', licenseId).where('site', '=', site).execute();
  // Not the number of changed rows: MariaDB does not count one that was so already.
  return (await db.selectFrom('activations').select('id').where('license_id', '=', licenseId).where('site', '=', site).executeTakeFirst()) !== undefined;
}

/** Ends that a licence is locked to this site; false when it was not. */
export async function clearDomainLock(db: Db, licenseId: string, site: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db.updateTable('licenses').set({ domain_lock: null, updated_at: now }).where('id', '=', licenseId).where('domain_lock', '=', site).executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function insertLicense(db: Db, license: License): Promise<void> {
  await db.insertInto('licenses').values(license).execute();
}

export async function updateLicense(db: Db, id: string, changes: Partial<License>): Promise<void> {
  await db.updateTable('licenses').set(changes).where('id', '=', id).execute();
}

/** Says when a term ends; false when it says so already. */
export async function setTermEnd(db: Db, licenseId: string, termId: string, endsAt: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('license_terms')
    .set({ period_ends_at: endsAt })
    .where('id', '=', termId)
    .where('license_id', '=', licenseId)
    .where((eb) => eb.or([eb('period_ends_at', 'is', null), eb('period_ends_at', '!=', endsAt)]))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Voids a term of a licence at a moment, or restores it (null); false when it is so already or belongs to another licence. */
export async function setTermVoided(db: Db, licenseId: string, termId: string, at: number | null, reason: string | null): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('license_terms')
    .set({ voided_at: at, void_reason: reason })
    .where('id', '=', termId)
    .where('license_id', '=', licenseId)
    .where('voided_at', at === null ? 'is not' : 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export function listTerms(db: Db, licenseId: string): Promise<Selectable<Schema['license_terms']>[]> {
  return db.selectFrom('license_terms').selectAll().where('license_id', '=', licenseId).execute();
}

export async function insertTerm(db: Db, term: Selectable<Schema['license_terms']>): Promise<void> {
  await db.insertInto('license_terms').values(term).execute();
}

export async function findLicenseByDigest(db: Db, keyDigest: Uint8Array): Promise<License | undefined> {
  return db.selectFrom('licenses').selectAll().where('key_digest', '=', keyDigest).executeTakeFirst();
}

export type LicenseOfCustomer = Pick<License, 'id' | 'key_hint' | 'status' | 'expires_at' | 'grace_ms' | 'subscription_status' | 'created_at'> & { plan_code: string; plan_name: string; product_code: string; site_limit: number; sites_used: number };

/** Licences of a customer with their plans and the sites in use, newest first. */
export function listLicensesOfCustomer(db: Db, customerId: string): Promise<LicenseOfCustomer[]> {
  return db
    .selectFrom('licenses')
    .innerJoin('plans', 'plans.id', 'licenses.plan_id')
    .innerJoin('products', 'products.id', 'licenses.product_id')
    .select(['licenses.id', 'licenses.key_hint', 'licenses.status', 'licenses.expires_at', 'licenses.grace_ms', 'licenses.subscription_status', 'licenses.created_at', 'plans.code as plan_code', 'plans.name as plan_name', 'products.code as product_code'])
    .select(siteLimit)
    .select(sitesUsed)
    .where('licenses.customer_id', '=', customerId)
    .orderBy('licenses.created_at', 'desc')
    .orderBy('licenses.id', 'desc')
    .execute();
}

export async function countLicensesUnderOtherKeys(db: Db, keyId: string): Promise<number> {
  const { count } = await db.selectFrom('licenses').select((eb) => eb.fn.countAll<number>().as('count')).where('key_id', '!=', keyId).executeTakeFirstOrThrow();
  return count;
}

export function listLicensesUnderOtherKeys(db: Db, keyId: string, limit: number): Promise<Pick<License, 'id' | 'key_id' | 'key_cipher'>[]> {
  return db.selectFrom('licenses').select(['id', 'key_id', 'key_cipher']).where('key_id', '!=', keyId).orderBy('id').limit(limit).execute();
}

/** Replaces the ciphertext of a licence's key if it is still under the key that was read. */
export async function replaceKeyCipher(db: Db, id: string, oldKeyId: string, sealed: { keyId: string; cipher: Uint8Array }): Promise<void> {
  await db.updateTable('licenses').set({ key_id: sealed.keyId, key_cipher: sealed.cipher }).where('id', '=', id).where('key_id', '=', oldKeyId).execute();
}

export function listTermsOfTransaction(db: Db, licenseIds: string[], { provider, account, transactionId }: { provider: string; account: string; transactionId: string }): Promise<Selectable<Schema['license_terms']>[]> {
  return db.selectFrom('license_terms').selectAll().where('license_id', 'in', licenseIds).where('provider', '=', provider).where('account', '=', account).where('transaction_id', '=', transactionId).execute();
}

export async function listLicensesOfSubscription(db: Db, { provider, account, subscriptionId }: { provider: string; account: string; subscriptionId: string }): Promise<string[]> {
  const rows = await db.selectFrom('license_terms').select('license_id').distinct().where('provider', '=', provider).where('account', '=', account).where('subscription_id', '=', subscriptionId).execute();
  return rows.map((row) => row.license_id);
}

export function listLicensesWithPlan(db: Db, ids: string[]): Promise<(License & { plan_name: string; plan_max_sites: number })[]> {
  return db.selectFrom('licenses').innerJoin('plans', 'plans.id', 'licenses.plan_id').selectAll('licenses').select(['plans.name as plan_name', 'plans.max_sites as plan_max_sites']).where('licenses.id', 'in', ids).execute();
}

/** The sealed key of a licence that lies within the scope. */
export function findSealedKey(db: Db, id: string, scope: Scope): Promise<Pick<License, 'key_id' | 'key_cipher'> | undefined> {
  return db.selectFrom('licenses').select(['key_id', 'key_cipher']).where('licenses.id', '=', id).where(licensesWithin(scope)).executeTakeFirst();
}
