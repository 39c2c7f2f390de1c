import assert from 'node:assert/strict';
import { it } from 'node:test';
import { everything, type Scope } from '../../server/access/scope.ts';
import { listCustomers, placeKind } from '../../server/admin/customers-list.store.ts';
import { listLicensePlaces, listLicenses, orderOfLicenses } from '../../server/admin/licenses-list.store.ts';
import type { PageOf } from '../../server/admin/paging.store.ts';
import { sortedRequest } from '../../server/admin/sorted-page.store.ts';
import { newId } from '../../server/ids.ts';
import type { LicenseFilter } from '../../server/people/license-filter.store.ts';
import { onBothDatabases, useTestApp, type TestApp } from '../harness.ts';

const dayMs = 86_400_000;
const nodes = 3;
const count = 90;

onBothDatabases('the list of an organisation with others below it', (engine) => {
  const app = useTestApp(engine);
  let ready: Promise<TestApp & { scope: Scope }> | undefined;
  const open = () => (ready ??= app().then(fill));

  /** Licences of a tree of three and of nobody, in turn; some at the same moment. */
  async function fill(test: TestApp): Promise<TestApp & { scope: Scope }> {
    const { db } = test.deps;
    const now = test.clock.now;
    const plan = (await db.selectFrom('plans').select('id').executeTakeFirstOrThrow()).id;
    const product = (await db.selectFrom('products').select('id').executeTakeFirstOrThrow()).id;
    const root = newId();
    const ids = [root, newId(), newId()];
    for (const id of ids) await db.insertInto('organizations').values({ id, parent_id: id === root ? null : root, kind: id === root ? 'reseller' : 'agent', name: id, path: id === root ? `/${root}/` : `/${root}/${id}/`, license_quota: null, licenses_used: 0, disabled_at: null, created_at: 1, updated_at: 1 }).execute();
    for (let index = 0; index < count; index += 1) {
      const organizationId = ids[index % (nodes + 1)] ?? null;
      const customerId = newId();
      const at = now - Math.floor(index / 7) * 1_000;
      await db.insertInto('customers').values({ id: customerId, email: `${customerId}@example.com`, email_key: `${customerId}@example.com`, name: `${['Äbel', 'Bo', 'zoe'][index % 3]} ${index % 9}`, company: null, locale: 'en', status: index % 5 === 0 ? 'pending' : 'validated', notes: null, organization_id: organizationId, created_at: at, updated_at: at }).execute();
      const id = newId();
      await db.insertInto('licenses').values({
        id, key_digest: Buffer.from(id.replaceAll('-', ''), 'latin1'), key_cipher: Buffer.from(id), key_id: 'test', key_hint: 'TEST', customer_id: customerId, organization_id: organizationId, plan_id: plan, product_id: product, status: index % 6 === 0 ? 'pending' : 'active', expires_at: index % 4 === 0 ? null : now + ((index % 11) - 5) * dayMs, grace_ms: index % 2 === 0 ? dayMs : 0,
        confirmed_at: now, suspended_at: null, suspended_reason: null, cancelled_at: null, cancelled_reason: null, revoked_at: null, revoked_reason: null, subscription_id: null, subscription_status: null, max_sites: null, max_version: null, domain_lock: null, quotas: null, created_at: at, updated_at: at,
      }).execute();
    }
    return { ...test, scope: { kind: 'organization', id: root, path: `/${root}/` } };
  }

  /** All pages of a list, to its end, and from there back to its beginning. */
  async function walk(list: (query: Record<string, string>) => Promise<PageOf<{ id: string }>>): Promise<string[]> {
    const found: string[] = [];
    const pages: string[][] = [];
    for (let query: Record<string, string> = {}; ; ) {
      const { rows, next, previous } = await list(query);
      pages.push(rows.map(({ id }) => id));
      found.push(...rows.map(({ id }) => id));
      if (next === undefined) {
        if (pages.length > 1) assert.deepEqual((await list({ before: previous ?? '' })).rows.map(({ id }) => id), pages.at(-2), 'the page before the last one');
        return found;
      }
      query = { after: next };
    }
  }

  it('holds all of its licences once, in order, on every page, whatever the filter', async () => {
    const { deps: { db }, clock, scope } = await open();
    for (const filter of [{}, { sort: 'oldest' }, { sort: 'ending' }, { status: 'active' }, { status: 'expired' }, { status: 'pending', sort: 'oldest' }, { status: 'active', sort: 'ending' }] satisfies Partial<LicenseFilter>[]) {
      const text = JSON.stringify(filter);
      const own = await walk((query) => listLicenses(db, { ...filter, scope }, sortedRequest(query, 'number'), clock.now));
      // The same without merging, of everybody, and then those of the tree.
      const members = new Set((await db.selectFrom('licenses').select('id').where('organization_id', 'is not', null).execute()).map(({ id }) => id));
      const all = await walk((query) => listLicenses(db, { ...filter, scope: everything }, sortedRequest(query, 'number'), clock.now));
      assert.deepEqual(own, all.filter((id) => members.has(id)), text);
      assert.ok(own.length > 0 && new Set(own).size === own.length, text);
      const places = await listLicensePlaces(db, { ...filter, scope }, undefined, count, clock.now);
      assert.deepEqual(places.map(({ id }) => id), own, `${text}: an export has the same (${orderOfLicenses({ ...filter, scope }).column})`);
    }
  });

  it('holds all of its customers once, in order, also by name', async () => {
    const { deps: { db }, scope } = await open();
    for (const filter of [{}, { sort: 'oldest' }, { sort: 'name' }, { sort: 'email' }, { status: 'pending' }, { status: 'validated', sort: 'name' }] as const) {
      const pages = (within: Scope) => walk((query) => listCustomers(db, { ...filter, scope: within }, sortedRequest(query, placeKind('sort' in filter ? filter.sort : 'newest'))));
      const members = new Set((await db.selectFrom('customers').select('id').where('organization_id', 'is not', null).execute()).map(({ id }) => id));
      const own = await pages(scope);
      assert.deepEqual(own, (await pages(everything)).filter((id) => members.has(id)), JSON.stringify(filter));
      assert.ok(own.length > 0);
    }
  });
});
