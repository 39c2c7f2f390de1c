import type { Selectable } from 'kysely';
import { customersWithin, licensesWithin, ofLicensesWithin, type Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import { mergedPlacesAfter, type Order, type Place } from '../db/keyset.ts';
import type { Schema } from '../db/schema.ts';
import { statusAt, type LicenseStatus } from '../licenses/license-status.rules.ts';
import { licenseLists, type LicenseFilter } from '../people/license-filter.store.ts';
import { listPlans } from '../plans/plans.store.ts';
import type { PageOf } from './paging.store.ts';
import type { SearchTerms } from './search.rules.ts';
import { sortedPage, type SortedRequest } from './sorted-page.store.ts';

type LicenseColumns = Pick<Selectable<Schema['licenses']>, 'id' | 'key_hint' | 'status' | 'expires_at' | 'grace_ms' | 'subscription_status' | 'created_at' | 'customer_id' | 'plan_id' | 'max_sites'>;
export type LicenseRow = Pick<LicenseColumns, 'id' | 'key_hint' | 'expires_at' | 'created_at'> & {
  status: LicenseStatus;
  plan: string;
  customer: { id: string; name: string; email: string };
  sitesUsed: number;
  siteLimit: number;
};
const matchesPerIndex = 200;
export const licensesOfCustomerShown = 25;
const columns = ['licenses.id', 'licenses.key_hint', 'licenses.status', 'licenses.expires_at', 'licenses.grace_ms', 'licenses.subscription_status', 'licenses.created_at', 'licenses.customer_id', 'licenses.plan_id', 'licenses.max_sites'] as const;

/** A page of licences: newest first, except that expired ones are ordered by their end. */
export async function listLicenses(db: Db, filter: LicenseFilter, page: SortedRequest, now: number): Promise<PageOf<LicenseRow>> {
  const load = async (found: string[]) => describe(db, await db.selectFrom('licenses').select(columns).where('licenses.id', 'in', found).execute(), now);
  return sortedPage(await listsFrom(db, filter, page.after, now), orderOfLicenses(filter), page, load);
}

/** The places of a list of licences after one. */
export async function listLicensePlaces(db: Db, filter: LicenseFilter, after: Place | undefined, limit: number, now: number): Promise<Place[]> {
  return mergedPlacesAfter(await listsFrom(db, filter, after, now), orderOfLicenses(filter), after, limit);
}

function listsFrom(db: Db, filter: LicenseFilter, after: Place | undefined, now: number) {
  const enteredAt = orderOfLicenses(filter).column === 'licenses.expires_at' && after ? Number(after.at) : undefined;
  return licenseLists(db, filter, now, enteredAt);
}

/** The order in which a filter's licences are listed. */
export function orderOfLicenses({ status, sort = 'newest' }: LicenseFilter): Order {
  const column = status === 'expired' || sort === 'ending' ? 'licenses.expires_at' : 'licenses.created_at';
  return { column, id: 'licenses.id', direction: sort === 'newest' ? 'desc' : 'asc' };
}

export async function listLicensesOfCustomer(db: Db, customerId: string, now: number): Promise<LicenseRow[]> {
  const rows = await db.selectFrom('licenses').select(columns).where('licenses.customer_id', '=', customerId).orderBy('licenses.created_at', 'desc').limit(licensesOfCustomerShown).execute();
  return describe(db, rows, now);
}

/** Ids of the licences that a search names, of those that the scope reaches, by index alone. `isCut` says that there are more. */
export async function findLicenseIds(db: Db, scope: Scope, { digest, hint, emailPrefix, sitePrefix, devicePrefix }: Omit<SearchTerms, 'canonicalKey'> & { digest?: Uint8Array | undefined }): Promise<{ ids: string[]; isCut: boolean }> {
  const lists: string[][] = [];
  const own = () => db.selectFrom('licenses').select('licenses.id').where(licensesWithin(scope)).limit(matchesPerIndex);
  if (digest) lists.push(idsOf(await own().where('licenses.key_digest', '=', digest).execute()));
  if (hint !== undefined) lists.push(idsOf(await own().where('licenses.key_hint', '=', hint).execute()));
  if (emailPrefix !== undefined) {
    const customers = await db.selectFrom('customers').select('id').where(customersWithin(scope)).where('email_key', '>=', emailPrefix).where('email_key', '<', endOf(emailPrefix)).limit(matchesPerIndex).execute();
    if (customers.length === matchesPerIndex) lists.push(Array.from({ length: matchesPerIndex }, () => ''));
    if (customers.length > 0) lists.push(idsOf(await own().where('licenses.customer_id', 'in', idsOf(customers)).execute()));
  }
  if (sitePrefix !== undefined) {
    const sites = await db.selectFrom('activations').select('license_id as id').where(ofLicensesWithin(scope, 'activations.license_id')).where('site', '>=', sitePrefix).where('site', '<', endOf(sitePrefix)).limit(matchesPerIndex).execute();
    lists.push(idsOf(sites));
  }
  if (devicePrefix !== undefined) {
    const devices = () => db.selectFrom('activations').select('license_id as id').where(ofLicensesWithin(scope, 'activations.license_id')).limit(matchesPerIndex);
    const { fingerprint, nameKey } = devicePrefix;
    lists.push(idsOf(await devices().where('fingerprint', '>=', fingerprint).where('fingerprint', '<', endOf(fingerprint)).execute()));
    lists.push(idsOf(await devices().where('name_key', '>=', nameKey).where('name_key', '<', endOf(nameKey)).execute()));
  }
  return { ids: [...new Set(lists.flat())].filter((id) => id !== ''), isCut: lists.some((list) => list.length === matchesPerIndex) };
}

/** The first text after everything that begins with the prefix. */
export function endOf(prefix: string): string {
  return `${prefix}\u{10FFFF}`;
}

function idsOf(rows: { id: string }[]): string[] {
  return rows.map(({ id }) => id);
}

/** Adds what a person wants to see. Each table is asked for these rows alone, so the number of licences does not matter. */
async function describe(db: Db, rows: LicenseColumns[], now: number): Promise<LicenseRow[]> {
  if (rows.length === 0) return [];
  const plans = new Map((await listPlans(db)).map((plan) => [plan.id, plan]));
  const customers = await db.selectFrom('customers').select(['id', 'name', 'email']).where('id', 'in', [...new Set(rows.map((row) => row.customer_id))]).execute();
  const sites = await db.selectFrom('activations').select(['license_id', (eb) => eb.fn.countAll<number>().as('count')]).where('license_id', 'in', idsOf(rows)).where('is_staging', '=', 0).groupBy('license_id').execute();
  return rows.map((row) => ({
    id: row.id,
    key_hint: row.key_hint,
    expires_at: row.expires_at,
    created_at: row.created_at,
    status: statusAt(row, now),
    plan: plans.get(row.plan_id)?.name ?? '',
    customer: customers.find(({ id }) => id === row.customer_id) ?? { id: row.customer_id, name: '', email: '' },
    sitesUsed: sites.find(({ license_id }) => license_id === row.id)?.count ?? 0,
    siteLimit: row.max_sites ?? plans.get(row.plan_id)?.max_sites ?? 0,
  }));
}
