import { customersWithin, licensesWithin, type Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import { allScope, type LicenseFacts } from '../figures/facts.rules.ts';
import { keysetPage, type PageOf, type PageRequest } from './paging.store.ts';

export type UsageKind = 'license' | 'customer';
export type UsageOrder = 'calls' | 'cost';
/** What somebody used in a month. `monthly` is what their active licences bring in a month, in thousandths of minor units. */
export type UsageRow = { id: string; name: string; more: string; customerId: string; calls: number; requests: number; tokens: number; cost_microcents: number; monthly: { currency: string; milli: number }[] };

const columns = { calls: 'usage_months.calls', cost: 'usage_months.cost_microcents' } as const;

const ownLicenses = 500;

/** A page of who used most in a month (its first moment): by calls, or by what they cost. Of a customer's scope, the customer's own licences on one page. */
export async function listTopUsers(db: Db, scope: Scope, kind: UsageKind, month: number, order: UsageOrder, page: PageRequest): Promise<PageOf<UsageRow>> {
  const scopeId = scope.kind === 'organization' ? scope.id : allScope;
  if (scope.kind === 'customer') {
    const own = await db.selectFrom('licenses').select('id').where(licensesWithin(scope)).orderBy('created_at', 'desc').limit(ownLicenses).execute();
    const rows = kind === 'customer' || own.length === 0 ? [] : await loadUsers(db, scope, scopeId, kind, month, own.map(({ id }) => id));
    return { rows: rows.sort((a, b) => (order === 'cost' ? b.cost_microcents - a.cost_microcents : b.calls - a.calls)), next: undefined, previous: undefined };
  }
  const query = db.selectFrom('usage_months').where('usage_months.scope_id', '=', scopeId).where('usage_months.month', '=', month).where('usage_months.kind', '=', kind);
  return keysetPage(query, { at: columns[order], id: 'usage_months.entity_id' }, page, (ids) => loadUsers(db, scope, scopeId, kind, month, ids));
}

async function loadUsers(db: Db, scope: Scope, scopeId: string, kind: UsageKind, month: number, ids: string[]): Promise<UsageRow[]> {
  const rows = await db.selectFrom('usage_months').select(['entity_id as id', 'calls', 'requests', 'tokens', 'cost_microcents']).where('scope_id', '=', scopeId).where('month', '=', month).where('kind', '=', kind).where('entity_id', 'in', ids).execute();
  const faces = kind === 'customer' ? await customerFaces(db, scope, scopeId, ids) : await licenseFaces(db, scope, ids);
  // What one who was deleted, or moved to another organisation since, has used stays counted here, without a name.
  return rows.map((row) => ({ ...row, ...(faces.get(row.id) ?? { name: '', more: '', customerId: '', monthly: [] }) }));
}

type Face = Pick<UsageRow, 'name' | 'more' | 'customerId' | 'monthly'>;

async function customerFaces(db: Db, scope: Scope, scopeId: string, ids: string[]): Promise<Map<string, Face>> {
  const customers = await db.selectFrom('customers').select(['id', 'name', 'email']).where('id', 'in', ids).where(customersWithin(scope)).execute();
  const currencies = await db.selectFrom('figures').select('label').where('scope_id', '=', scopeId).where('name', '=', 'paying_customers').where('bucket', '=', 0).execute();
  const monthly = currencies.length === 0 ? [] : await db.selectFrom('figures').select(['label', 'detail', 'amount']).where('scope_id', '=', scopeId).where('name', '=', 'customer_mrr').where('bucket', '=', 0).where('label', 'in', currencies.map(({ label }) => label)).where('detail', 'in', ids).where('amount', '>', 0).execute();
  return new Map(customers.map(({ id, name, email }) => [id, { name, more: email, customerId: id, monthly: monthly.filter(({ detail }) => detail === id).map(({ label, amount }) => ({ currency: label, milli: amount })) }]));
}

async function licenseFaces(db: Db, scope: Scope, ids: string[]): Promise<Map<string, Face>> {
  const licenses = await db
    .selectFrom('licenses')
    .innerJoin('customers', 'customers.id', 'licenses.customer_id')
    .leftJoin('figure_sources', (join) => join.on('figure_sources.kind', '=', 'license').onRef('figure_sources.entity_id', '=', 'licenses.id'))
    .select(['licenses.id', 'licenses.key_hint', 'licenses.customer_id', 'customers.name', 'figure_sources.facts'])
    .where('licenses.id', 'in', ids)
    .where(licensesWithin(scope))
    .execute();
  return new Map(licenses.map(({ id, key_hint: hint, customer_id: customerId, name, facts }) => {
    const { y, m } = facts === null ? {} as Partial<LicenseFacts> : (JSON.parse(facts) as LicenseFacts);
    return [id, { name: `…${hint}`, more: name, customerId, monthly: y !== undefined && m !== undefined ? [{ currency: y, milli: m }] : [] }];
  }));
}
