import { organizationsWithin } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import { placesAfter, type Place } from '../db/keyset.ts';
import { customerFacts, licenseFacts, orderFacts, type TermColumns } from './facts.rules.ts';
import type { SourceKind } from './amounts.rules.ts';

/** The facts of something as text, and the moment at which they change by themselves. */
export type Counted = { facts: string; nextAt: number | null };

const tables = { customer: 'customers', license: 'licenses', order: 'orders' } as const;

/** That something has changed: when, and the id of the row that says so, to go on after. */
export type Change = { at: number; placeId: string; id: string };
type Feed = (db: Db, kind: SourceKind, at: number, afterId: string, limit: number) => Promise<Change[]>;

/** What changed at or after a moment, in that order, after the one with `afterId` of that moment: by the rows themselves. */
const listUpdated: Feed = async (db, kind, at, afterId, limit) => {
  const rows = await db
    .selectFrom(tables[kind])
    .select(['id', 'updated_at'])
    .where('updated_at', '>=', at)
    .where((eb) => eb.or([eb('updated_at', '>', at), eb('id', '>', afterId)]))
    .orderBy('updated_at')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ at: row.updated_at, placeId: row.id, id: row.id }));
};

/** The same by the audit log, which knows also of those that were deleted. */
const listAudited: Feed = async (db, kind, at, afterId, limit) => {
  const rows = await db
    .selectFrom('audit_log')
    .select(['id', 'at', 'entity_id'])
    .where('entity', '=', kind)
    .where('at', '>=', at)
    .where((eb) => eb.or([eb('at', '>', at), eb('id', '>', afterId)]))
    .orderBy('at')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ at: row.at, placeId: row.id, id: row.entity_id }));
};

export const feeds = { changed: listUpdated, audited: listAudited };

/** What belongs to customers and is counted where they are: some of it, of those who have very much. */
export async function listOfCustomers(db: Db, kind: 'license' | 'order', customerIds: string[], limit: number): Promise<string[]> {
  if (customerIds.length === 0) return [];
  const rows = await db.selectFrom(tables[kind]).select('id').where('customer_id', 'in', padded(customerIds)).limit(limit).execute();
  return rows.map(({ id }) => id);
}

/** The next ids after one, whatever has happened to them. */
export async function listIdsAfter(db: Db, kind: SourceKind, afterId: string, limit: number): Promise<string[]> {
  const rows = await db.selectFrom(tables[kind]).select('id').where('id', '>', afterId).orderBy('id').limit(limit).execute();
  return rows.map(({ id }) => id);
}

/** A node and all below it. */
export async function listSubtree(db: Db, organizationId: string): Promise<string[]> {
  const own = await db.selectFrom('organizations').select('path').where('id', '=', organizationId).executeTakeFirst();
  if (!own) return [];
  const rows = await db.selectFrom('organizations').select('id').where(organizationsWithin({ kind: 'organization', id: organizationId, path: own.path })).execute();
  return rows.map(({ id }) => id);
}

/** The next customers or licences of a node itself after a place, the oldest first. */
export function listIdsOfOrganization(db: Db, kind: 'customer' | 'license', organizationId: string, after: Place | undefined, limit: number): Promise<Place[]> {
  const query = kind === 'customer' ? db.selectFrom('customers').where('customers.organization_id', '=', organizationId) : db.selectFrom('licenses').where('licenses.organization_id', '=', organizationId);
  return placesAfter(query, { column: `${tables[kind]}.created_at`, id: `${tables[kind]}.id`, direction: 'asc' }, after, limit);
}

/** What is to be counted of those that are there; what is not counted (an unpaid order) or gone has no entry. */
export async function loadFacts(db: Db, kind: SourceKind, ids: string[], now: number): Promise<Map<string, Counted>> {
  if (ids.length === 0) return new Map();
  const load = { customer: loadCustomers, license: loadLicenses, order: loadOrders }[kind];
  return load(db, padded(ids), now);
}

/** Lists of few lengths, so that few statements are prepared. */
export function padded(ids: string[]): string[] {
  const last = ids.at(-1) ?? '';
  const length = 2 ** Math.ceil(Math.log2(Math.max(ids.length, 1)));
  return [...ids, ...Array.from({ length: length - ids.length }, () => last)];
}

async function loadCustomers(db: Db, ids: string[]): Promise<Map<string, Counted>> {
  const rows = await db
    .selectFrom('customers')
    .leftJoin('organizations', 'organizations.id', 'customers.organization_id')
    .select(['customers.id', 'customers.status', 'customers.email_key', 'customers.name', 'customers.company', 'customers.created_at', 'organizations.path'])
    .where('customers.id', 'in', ids)
    .execute();
  return new Map(rows.map((row) => [row.id, { facts: JSON.stringify(customerFacts(row)), nextAt: null }]));
}

async function loadOrders(db: Db, ids: string[]): Promise<Map<string, Counted>> {
  const rows = await db
    .selectFrom('orders')
    .leftJoin('customers', 'customers.id', 'orders.customer_id')
    .leftJoin('organizations', 'organizations.id', 'customers.organization_id')
    .select(['orders.id', 'orders.paid_at', 'orders.currency', 'orders.provider', 'orders.total_minor', 'orders.refunded_minor', 'orders.is_renewal', 'organizations.path'])
    .where('orders.id', 'in', ids)
    .execute();
  return new Map(rows.flatMap((row) => {
    const facts = orderFacts(row);
    return facts === null ? [] : [[row.id, { facts: JSON.stringify(facts), nextAt: null }] as const];
  }));
}

async function loadLicenses(db: Db, ids: string[], now: number): Promise<Map<string, Counted>> {
  const rows = await db
    .selectFrom('licenses')
    .leftJoin('organizations', 'organizations.id', 'licenses.organization_id')
    .select(['licenses.id', 'licenses.customer_id', 'licenses.plan_id', 'licenses.status', 'licenses.expires_at', 'licenses.grace_ms', 'licenses.subscription_status', 'licenses.cancelled_at', 'licenses.revoked_at', 'licenses.created_at', 'licenses.updated_at', 'organizations.path'])
    .where('licenses.id', 'in', ids)
    .execute();
  const terms = await db.selectFrom('license_terms').select(['license_id', 'provider', 'months', 'amount_minor', 'currency', 'paid_at', 'voided_at']).where('license_id', 'in', ids).execute();
  const termsOf = new Map<string, TermColumns[]>();
  for (const term of terms) termsOf.set(term.license_id, [...(termsOf.get(term.license_id) ?? []), term]);
  return new Map(rows.map((row) => {
    const { facts, nextAt } = licenseFacts(row, termsOf.get(row.id) ?? [], now);
    return [row.id, { facts: JSON.stringify(facts), nextAt }];
  }));
}
