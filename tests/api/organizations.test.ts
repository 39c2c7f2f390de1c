import assert from 'node:assert/strict';
import { it } from 'node:test';
import { transact } from '../../server/db/database.ts';
import { changeLicense } from '../../server/licenses/change-license.ts';
import { assignCustomer } from '../../server/people/assign-customer.ts';
import { everything } from '../../server/access/scope.ts';
import { findOrCreateCustomer } from '../../server/customers/find-or-create-customer.ts';
import { issueLicense, manualTerm } from '../../server/licenses/issue-license.ts';
import { onBothDatabases, useTestApp, type TestApp } from '../harness.ts';
import { addNode, addUser, signedInAs } from '../people.ts';
import { startApiProcess } from '../providers/api-process.ts';

const by = { actor: 'test' };
const processes = 3;

async function customerOf({ deps: { db, now } }: TestApp, organizationId: string | null, email: string): Promise<string> {
  const { customer } = await findOrCreateCustomer(db, { email }, by, now());
  await db.updateTable('customers').set({ organization_id: organizationId }).where('id', '=', customer.id).execute();
  return customer.id;
}

async function usedBy({ deps: { db } }: TestApp, ...ids: string[]): Promise<number[]> {
  const rows = await db.selectFrom('organizations').select(['id', 'licenses_used']).where('id', 'in', ids).execute();
  return ids.map((id) => rows.find((row) => row.id === id)?.licenses_used ?? -1);
}

onBothDatabases('the licence quota of an organisation', (engine) => {
  const open = useTestApp(engine);

  it('is never exceeded by agents who take its last licences at the same moment from several processes', async () => {
    const app = await open();
    const reseller = await addNode(app, 'reseller', undefined, { license_quota: 7 });
    const agents = [await addNode(app, 'agent', reseller), await addNode(app, 'agent', reseller, { license_quota: 5 })];
    const emails = await Promise.all(agents.map(async ({ id }, index) => {
      await customerOf(app, id, `race-${index}@example.com`);
      return `race-${index}@example.com`;
    }));
    const servers = await Promise.all(Array.from({ length: processes }, () => startApiProcess(app, { ADMIN_API_TOKEN: app.adminToken })));
    try {
      const ask = async (number: number): Promise<string> => {
        const answer = await fetch(`${servers[number % processes]?.url}/api/create_license`, { method: 'POST', headers: { authorization: `Bearer ${app.adminToken}`, 'content-type': 'application/json' }, body: JSON.stringify({ email: emails[number % 2], plan: 'pro', months: 12 }) });
        const body = (await answer.json()) as { error?: { code: string } };
        return body.error?.code === 'BUSY' ? ask(number) : (body.error?.code ?? String(answer.status));
      };
      const answers = await Promise.all(Array.from({ length: 30 }, (_, number) => ask(number)));
      assert.deepEqual([answers.filter((code) => code === '201').length, answers.filter((code) => code === 'LICENSE_QUOTA_EXHAUSTED').length], [7, 23], answers.join());
      const [all, first = 0, second = 0] = await usedBy(app, reseller.id, ...agents.map(({ id }) => id));
      assert.deepEqual([all, first + second, second <= 5], [7, 7, true]);
      const issued = await app.deps.db.selectFrom('licenses').select('id').where('organization_id', 'in', agents.map(({ id }) => id)).execute();
      assert.equal(issued.length, 7, 'what was refused left nothing behind');
    } finally {
      for (const server of servers) await server.stop();
    }
  });

  it('counts a licence on every node above from its issue to its cancellation, wherever its customer goes; what is paid is issued in any case', async () => {
    const app = await open();
    const { db, vault, now } = app.deps;
    const reseller = await addNode(app, 'reseller', undefined, { license_quota: 2 });
    const company = await addNode(app, 'sub_company', reseller);
    const other = await addNode(app, 'reseller', undefined, { license_quota: 1 });
    const plan = await db.selectFrom('plans').selectAll().where('code', '=', 'pro').executeTakeFirstOrThrow();
    const product = await db.selectFrom('products').select('id').executeTakeFirstOrThrow();
    const customerId = await customerOf(app, company.id, 'counted@example.com');
    const issue = (provider: string) => transact(db, (trx) => issueLicense(trx, vault, { customerId, plan, productId: product.id, term: { ...manualTerm(12, now()), provider } }, by, now()));
    const change = (id: string, type: 'cancel' | 'reactivate' | 'suspend') => transact(db, (trx) => changeLicense(trx, id, { type, reason: 'test' }, by, now()));
    const used = () => usedBy(app, reseller.id, company.id, other.id);

    const { license } = await issue('manual');
    await issue('manual');
    assert.deepEqual(await used(), [2, 2, 0]);
    await assert.rejects(issue('manual'), { code: 'LICENSE_QUOTA_EXHAUSTED' });
    await change(license.id, 'suspend');
    assert.deepEqual(await used(), [2, 2, 0], 'a suspended one counts');
    await change(license.id, 'cancel');
    await change(license.id, 'cancel');
    assert.deepEqual(await used(), [1, 1, 0], 'a cancelled one does not');
    await issue('manual');
    await assert.rejects(change(license.id, 'reactivate'), { code: 'LICENSE_QUOTA_EXHAUSTED' });
    await issue('paddle');
    assert.deepEqual(await used(), [3, 3, 0], 'paid');

    const assign = (to: string | null) => transact(db, (trx) => assignCustomer(trx, customerId, to, { scope: everything, by }, now()));
    await assert.rejects(assign(other.id), { code: 'LICENSE_QUOTA_EXHAUSTED' });
    assert.deepEqual(await used(), [3, 3, 0]);
    await db.updateTable('organizations').set({ license_quota: 3 }).where('id', '=', other.id).execute();
    await assign(other.id);
    assert.deepEqual(await used(), [0, 0, 3]);
    await assign(null);
    assert.deepEqual(await used(), [0, 0, 0]);
    await assign(reseller.id).catch(() => undefined);
    assert.deepEqual(await used(), [0, 0, 0], 'two fit, three do not');
  });
});

onBothDatabases('a reseller at the portal', (engine) => {
  const open = useTestApp(engine);

  it('adds, changes and closes organisations below the own and invites to them, with no role but those below', async () => {
    const app = await open();
    const { db } = app.deps;
    const own = await addNode(app, 'reseller', undefined, { license_quota: 10 });
    const other = await addNode(app, 'reseller');
    const person = await signedInAs(app, await addUser(app, 'reseller', { organizationId: own.id }), 'reseller');
    const colleague = await addUser(app, 'reseller', { organizationId: own.id });
    await person.get('/portal/organizations/new');
    const post = (path: string, fields: Record<string, string> = {}) => person.post(`/portal${path}`, fields);
    const added = await post('/organizations/new', { parent: own.id, name: 'Nord Srl', kind: 'sub_company', quota: '4' });
    const id = /\/portal\/organizations\/([\w-]+)\?done=created/.exec(String(added.headers['location']))?.[1] ?? '';
    assert.deepEqual({ ...await db.selectFrom('organizations').select(['name', 'kind', 'parent_id', 'path', 'license_quota']).where('id', '=', id).executeTakeFirst() }, { name: 'Nord Srl', kind: 'sub_company', parent_id: own.id, path: `${own.path}${id}/`, license_quota: 4 });
    assert.equal((await post('/organizations/new', { parent: '', name: 'Top', kind: 'reseller', quota: '' })).status, 403);
    assert.equal((await post('/organizations/new', { parent: own.id, name: 'Peer', kind: 'reseller', quota: '' })).status, 400);
    assert.equal((await post('/organizations/new', { parent: other.id, name: 'Spy', kind: 'agent', quota: '' })).status, 404);
    assert.equal((await post('/organizations/new', { parent: own.id, name: '', kind: 'agent', quota: 'many' })).status, 422);
    assert.equal((await post(`/organizations/${own.id}`, { name: 'Mine', quota: '1000' })).status, 403, 'not the own quota');
    assert.equal((await post(`/organizations/${id}`, { name: 'Nord SpA', quota: '' })).status, 303);

    const invite = (place: string) => post('/users/new', { email: `${place}@example.com`, name: 'Bruno', place, language: 'it' });
    assert.equal((await invite(id)).status, 303);
    for (const place of ['superadmin', 'support', own.id, other.id]) assert.equal((await invite(place)).status, 422, place);
    const invited = await db.selectFrom('users').selectAll().where('email', '=', `${id}@example.com`).executeTakeFirstOrThrow();
    assert.deepEqual([invited.role, invited.organization_id], ['sub_company', id]);
    assert.equal((await post(`/users/${invited.id}/place`, { place: 'superadmin' })).status, 422);
    assert.equal((await post(`/users/${colleague}/disable`)).status, 403, 'seen, and not below');
    assert.equal((await post(`/users/${invited.id}/disable`)).status, 303);

    const list = (await person.get('/portal/users')).text;
    assert.ok(list.includes('Bruno') && !list.includes('support'));
    const nav = [...list.matchAll(/<li><a href="([^"]+)"/g)].map(([, href]) => href);
    assert.ok(nav.includes('/portal/organizations') && nav.every((href) => href?.startsWith('/portal/')) && !nav.some((href) => /audit|webhooks|settings|emails|tokens|system/.test(href ?? '')), nav.join());
    const agent = await signedInAs(app, await addUser(app, 'agent', { organizationId: (await addNode(app, 'agent', { id, path: `${own.path}${id}/` })).id }), 'agent');
    assert.equal((await agent.get('/portal/customers')).status, 200);
    await post(`/organizations/${id}/disable`);
    assert.equal((await agent.get('/portal/customers')).status, 303, 'whoever is below is signed out too');
    await person.get('/portal/users');
    await post(`/organizations/${id}/enable`);
  });
});
