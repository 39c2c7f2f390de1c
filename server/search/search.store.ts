import { customersWithin, licensesWithin, ordersWithin, type Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import type { DevicePrefix } from '../licenses/device.rules.ts';
import type { CustomerFacts } from '../figures/facts.rules.ts';
import { statusAt, type LicenseStatus } from '../licenses/license-status.rules.ts';

export type FoundLicense = { id: string; key_hint: string; status: LicenseStatus; plan: string; customer: string; email: string };
export type FoundCustomer = { id: string; name: string; email: string; company: string | null };
export type FoundOrder = { id: string; number: string; provider: string; status: string; currency: string; total_minor: number; created_at: number };
export type FoundSite = { license_id: string; site: string; customer: string };
export type FoundDevice = { license_id: string; name: string | null; fingerprint: string; customer: string };

/** So many rows of an index are looked at, at most, for those of an organisation. */
const lookedAt = 2_000;
const comparedAtOnce = 128;

/** The first text after everything that begins with the prefix. */
function endOf(prefix: string): string {
  return `${prefix}\u{10FFFF}`;
}

function idsOf(rows: { id: string }[]): string[] {
  return rows.map(({ id }) => id);
}

/** Licences by the digest of their key or by its last four characters, newest first. */
export async function findLicenses(db: Db, scope: Scope, by: { digest: Uint8Array } | { hint: string }, now: number, limit: number): Promise<FoundLicense[]> {
  const query = db.selectFrom('licenses').innerJoin('customers', 'customers.id', 'licenses.customer_id').innerJoin('plans', 'plans.id', 'licenses.plan_id').where(licensesWithin(scope));
  const found = 'digest' in by ? query.where('licenses.key_digest', '=', by.digest) : query.where('licenses.key_hint', '=', by.hint);
  const rows = await found.select(['licenses.id', 'licenses.key_hint', 'licenses.status', 'licenses.expires_at', 'licenses.grace_ms', 'licenses.subscription_status', 'plans.name as plan', 'customers.name as customer', 'customers.email']).limit(limit).execute();
  return rows.map((row) => ({ id: row.id, key_hint: row.key_hint, status: statusAt(row, now), plan: row.plan, customer: row.customer, email: row.email }));
}

/** Customers under one of whose words something begins; several words have to be found all, each as the beginning of one. */
export async function findCustomersByWords(db: Db, scope: Scope, scopeId: string, words: string[], limit: number): Promise<FoundCustomer[]> {
  const lists: { word: string; ids: string[] }[] = [];
  for (const word of words) lists.push({ word, ids: await idsByWord(db, scopeId, word, words.length === 1 ? limit : lookedAt) });
  // The rarest word leads: of a frequent one not all are looked at.
  const [rarest, ...others] = lists.sort((a, b) => a.ids.length - b.ids.length);
  const ids = rarest?.ids ?? [];
  if (others.length === 0) return loadCustomers(db, scope, ids.slice(0, limit));
  const found: string[] = [];
  for (let start = 0; start < ids.length && found.length < limit; start += comparedAtOnce) {
    const some = ids.slice(start, start + comparedAtOnce);
    const known = await wordsOfCustomers(db, some);
    found.push(...some.filter((id) => others.every(({ word }) => known.get(id)?.some((own) => own.startsWith(word)))));
  }
  return loadCustomers(db, scope, found.slice(0, limit));
}

/** All words of these customers. Where a word is frequent, this is quicker than asking the index of words which of them have it. */
async function wordsOfCustomers(db: Db, ids: string[]): Promise<Map<string, string[]>> {
  const rows = await db.selectFrom('figure_sources').select(['entity_id as id', 'facts']).where('kind', '=', 'customer').where('entity_id', 'in', ids).execute();
  return new Map(rows.map(({ id, facts }) => [id, (JSON.parse(facts) as CustomerFacts).w]));
}

/** Those who have the word itself, then those who have one that begins with it. */
async function idsByWord(db: Db, scopeId: string, word: string, limit: number): Promise<string[]> {
  const query = db.selectFrom('customer_words').select('customer_id as id').where('scope_id', '=', scopeId);
  const exact = idsOf(await query.where('word', '=', word).limit(limit).execute());
  const begun = exact.length === limit ? [] : idsOf(await query.where('word', '>', word).where('word', '<', endOf(word)).orderBy('word').limit(limit).execute());
  return [...new Set([...exact, ...begun])];
}

/** The customer with this address: found at once, also before the words of a new one are known. */
export async function findCustomerByAddress(db: Db, scope: Scope, emailKey: string): Promise<FoundCustomer[]> {
  return db.selectFrom('customers').select(['id', 'name', 'email', 'company']).where('email_key', '=', emailKey).where(customersWithin(scope)).execute();
}

async function loadCustomers(db: Db, scope: Scope, ids: string[]): Promise<FoundCustomer[]> {
  if (ids.length === 0) return [];
  const rows = await db.selectFrom('customers').select(['id', 'name', 'email', 'company']).where('id', 'in', ids).where(customersWithin(scope)).execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** Orders whose number is this, then those whose number begins with it. */
export async function findOrders(db: Db, scope: Scope, number: string, limit: number): Promise<FoundOrder[]> {
  const exact = idsOf(await db.selectFrom('orders').select('id').where('number', '=', number).limit(limit).execute());
  const begun = idsOf(await db.selectFrom('orders').select('id').where('number', '>', number).where('number', '<', endOf(number)).orderBy('number').limit(scope.kind === 'all' ? limit : lookedAt).execute());
  const ids = [...exact, ...begun];
  if (ids.length === 0) return [];
  const rows = await db.selectFrom('orders').select(['id', 'number', 'provider', 'status', 'currency', 'total_minor', 'created_at']).where('id', 'in', ids).where(ordersWithin(scope)).orderBy('number').limit(limit).execute();
  return rows.sort((a, b) => Number(b.number === number) - Number(a.number === number));
}

/** Sites of licences: this one, then those that begin with it. */
export async function findSites(db: Db, scope: Scope, site: string, limit: number): Promise<FoundSite[]> {
  const sites = () => db.selectFrom('activations').select(['license_id', 'site']).$narrowType<{ site: string }>();
  const exact = await sites().where('site', '=', site).limit(limit).execute();
  const begun = await sites().where('site', '>', site).where('site', '<', endOf(site)).orderBy('site').limit(scope.kind === 'all' ? limit : lookedAt).execute();
  return withCustomers(db, scope, [...exact, ...begun], limit);
}

/** Devices of licences whose fingerprint begins with this, then those whose name does. */
export async function findDevices(db: Db, scope: Scope, { fingerprint, nameKey }: DevicePrefix, limit: number): Promise<FoundDevice[]> {
  const most = scope.kind === 'all' ? limit : lookedAt;
  const devices = () => db.selectFrom('activations').select(['id', 'license_id', 'name', 'fingerprint']).$narrowType<{ fingerprint: string }>();
  const known = await devices().where('fingerprint', '>=', fingerprint).where('fingerprint', '<', endOf(fingerprint)).orderBy('fingerprint').limit(most).execute();
  const named = await devices().where('name_key', '>=', nameKey).where('name_key', '<', endOf(nameKey)).orderBy('name_key').limit(most).execute();
  const found = new Map([...known, ...named].map(({ id, ...device }) => [id, device]));
  return withCustomers(db, scope, [...found.values()], limit);
}

/** Those that the scope reaches, with whom their licence belongs to. */
async function withCustomers<Found extends { license_id: string }>(db: Db, scope: Scope, found: Found[], limit: number): Promise<(Found & { customer: string })[]> {
  if (found.length === 0) return [];
  const owners = await db.selectFrom('licenses').innerJoin('customers', 'customers.id', 'licenses.customer_id').select(['licenses.id', 'customers.name']).where('licenses.id', 'in', [...new Set(found.map((row) => row.license_id))]).where(licensesWithin(scope)).execute();
  const names = new Map(owners.map(({ id, name }) => [id, name]));
  return found.filter((row) => names.has(row.license_id)).slice(0, limit).map((row) => ({ ...row, customer: names.get(row.license_id) ?? '' }));
}
