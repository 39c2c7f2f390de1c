import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startBatch } from '../../server/batches/start-batch.ts';
import { transact } from '../../server/db/database.ts';
import { countFigures } from '../../server/figures/count-figures.ts';
import { changeLicense } from '../../server/licenses/change-license.ts';
import { assignCustomer } from '../../server/people/assign-customer.ts';
import { everything } from '../../server/access/scope.ts';
import { findOrCreateCustomer } from '../../server/customers/find-or-create-customer.ts';
import { issueLicense, manualTerm } from '../../server/licenses/issue-license.ts';
import { work } from '../deliveries.ts';
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

onBothDatabases('an organisation that is moved', (engine) => {
  const open = useTestApp(engine);
  const move = (app: TestApp, id: string, parentId: string) => app.call('post', `/api/v1/organizations/${id}/move`, { token: app.adminToken, body: { parent_id: parentId } });

  it('goes with all below it, its licences count above the new place, its people and batches see the same rows, and the old reseller none of them', async () => {
    const app = await open();
    const { db, now } = app.deps;
    const from = await addNode(app, 'reseller', undefined, { license_quota: 10 });
    const to = await addNode(app, 'reseller', undefined, { license_quota: 3 });
    const company = await addNode(app, 'sub_company', from, { name: 'Nord Srl' });
    const agent = await addNode(app, 'agent', company);
    await customerOf(app, agent.id, 'moved@example.com');
    const give = () => app.call('post', '/api/create_license', { token: app.adminToken, body: { email: 'moved@example.com', plan: 'pro', months: 12 } });
    for (let n = 0; n < 2; n += 1) assert.equal((await give()).status, 201);
    await countFigures(app.deps);
    const people = { from: await signedInAs(app, await addUser(app, 'reseller', { organizationId: from.id }), 'reseller'), to: await signedInAs(app, await addUser(app, 'reseller', { organizationId: to.id }), 'reseller'), agent: await signedInAs(app, await addUser(app, 'agent', { organizationId: agent.id }), 'agent') };
    const seeing = async () => Promise.all(Object.values(people).map(async (person) => (await person.get('/portal/customers')).text.includes('moved@example.com')));
    assert.deepEqual(await seeing(), [true, false, true]);
    const scope = { kind: 'organization' as const, ...company };
    const batchId = await transact(db, (trx) => startBatch(trx, { kind: 'suspend-customers', of: 'customers', target: { within: scope }, reason: 'test' }, { scope, by }, now()));

    const operator = await signedInAs(app, await addUser(app, 'superadmin'), 'superadmin');
    const shown = await operator.get(`/organizations/${company.id}/move?parent=${to.id}`);
    assert.match(shown.text, /stands below reseller [^]*Organisations below it that go with it: 1[^]*counts 0 licences instead of 2[^]*counts 2 of its 3 licences instead of 0/);
    assert.equal((await operator.post(`/organizations/${company.id}/move`, { parent: to.id, reason: 'Sold' })).headers['location'], `/organizations/${company.id}?done=moved`);
    assert.deepEqual(await usedBy(app, from.id, to.id, company.id, agent.id), [0, 2, 2, 2]);
    const paths = await db.selectFrom('organizations').select(['id', 'path', 'parent_id']).where('id', 'in', [company.id, agent.id]).orderBy('path').execute();
    assert.deepEqual(paths.map((row) => ({ ...row })), [{ id: company.id, path: `${to.path}${company.id}/`, parent_id: to.id }, { id: agent.id, path: `${to.path}${company.id}/${agent.id}/`, parent_id: company.id }]);
    assert.deepEqual(await seeing(), [false, true, true]);
    const line = await db.selectFrom('audit_log').selectAll().where('action', '=', 'organization.moved').executeTakeFirstOrThrow();
    assert.deepEqual([JSON.parse(line.before_json ?? '').parent_id, JSON.parse(line.after_json ?? '').parent_id, line.reason], [from.id, to.id, 'Sold']);

    await work(app);
    const batch = await db.selectFrom('batches').select(['status', 'changed', 'skipped']).where('id', '=', batchId).executeTakeFirstOrThrow();
    assert.deepEqual({ ...batch }, { status: 'done', changed: 1, skipped: 0 }, 'a batch that was begun before');
    const counted = async (id: string) => (await db.selectFrom('figures').select('amount').where('scope_id', '=', id).where('name', '=', 'customers').execute()).reduce((sum, { amount }) => sum + amount, 0);
    assert.deepEqual([await counted(from.id), await counted(to.id)], [0, 1], 'the figures follow');
    assert.equal((await people.to.get('/portal/search?q=moved@example.com')).headers['location']?.startsWith('/portal/customers/'), true);

    assert.equal((await give()).status, 201);
    assert.equal((await give()).body.error.code, 'LICENSE_QUOTA_EXHAUSTED', 'the quota of the new reseller holds');
    assert.equal((await move(app, company.id, to.id)).status, 200, 'to where it is');
    assert.equal((await db.selectFrom('audit_log').select('id').where('action', '=', 'organization.moved').execute()).length, 1);
  });

  it('is refused below itself, where its kind cannot stand, without room, under a disabled one, and out of sight', async () => {
    const app = await open();
    const own = await addNode(app, 'reseller');
    const company = await addNode(app, 'sub_company', own);
    const agent = await addNode(app, 'agent', company);
    const full = await addNode(app, 'reseller', undefined, { license_quota: 1, name: 'Full & Co' });
    const other = await addNode(app, 'reseller');
    const closed = await addNode(app, 'reseller');
    await customerOf(app, agent.id, 'stays@example.com');
    for (let n = 0; n < 2; n += 1) await app.call('post', '/api/create_license', { token: app.adminToken, body: { email: 'stays@example.com', plan: 'pro', months: 12 } });
    await app.deps.db.updateTable('organizations').set({ disabled_at: 1 }).where('id', '=', closed.id).execute();
    const refused = async (id: string, parent: string) => {
      const { status, body } = await move(app, id, parent);
      return [status, body.error?.code, body.error?.field].join(' ');
    };
    assert.equal(await refused(company.id, company.id), '400 INVALID_REQUEST body.parent_id');
    assert.equal(await refused(company.id, agent.id), '400 INVALID_REQUEST body.parent_id');
    assert.equal(await refused(own.id, other.id), '400 INVALID_REQUEST body.parent_id');
    assert.equal(await refused(agent.id, (await addNode(app, 'agent', own)).id), '400 INVALID_REQUEST body.parent_id');
    assert.equal(await refused(company.id, closed.id), '409 CONFLICT body.parent_id');
    assert.equal(await refused(company.id, 'nowhere'), '404 NOT_FOUND body.parent_id');
    assert.equal(await refused(company.id, full.id), '409 LICENSE_QUOTA_EXHAUSTED body.parent_id');
    assert.match((await move(app, company.id, full.id)).body.error.message, /Full & Co has no room for 2 more licences: its quota leaves 1/);
    assert.deepEqual(await usedBy(app, own.id, full.id, company.id), [2, 0, 2], 'nothing is half moved');

    const person = await signedInAs(app, await addUser(app, 'reseller', { organizationId: own.id }), 'reseller');
    const choice = (await person.get(`/portal/organizations/${agent.id}/move`)).text;
    assert.ok(choice.includes(`value="${own.id}"`) && !choice.includes(other.id) && !choice.includes(`value="${company.id}"`));
    assert.equal((await person.post(`/portal/organizations/${agent.id}/move`, { parent: other.id })).status, 422, 'not to somebody else');
    assert.equal((await person.post(`/portal/organizations/${own.id}/move`, { parent: other.id })).status, 403, 'not the own');
    assert.equal((await person.post(`/portal/organizations/${agent.id}/move`, { parent: '' })).status, 422);
    assert.equal((await person.post(`/portal/organizations/${agent.id}/move`, { parent: own.id })).status, 303);
    assert.deepEqual(await usedBy(app, own.id, company.id, agent.id), [2, 0, 2]);
    const operator = await signedInAs(app, await addUser(app, 'superadmin'), 'superadmin');
    const page = await operator.get(`/organizations/${agent.id}/move?parent=${full.id}`);
    assert.match(page.text, /id="error-parent">Full &amp; Co has room for 1 more licences, and this brings 2/);
    assert.ok(!page.text.includes('name="reason"'), 'nothing to confirm');
  });

  it('leaves every count and path right, whatever is issued, cancelled and added below it in other processes at the same moment', async () => {
    const app = await open();
    const { db } = app.deps;
    const tops = [await addNode(app, 'reseller'), await addNode(app, 'reseller', undefined, { license_quota: 1_000 })];
    const company = await addNode(app, 'sub_company', tops[0]);
    const other = await addNode(app, 'sub_company', tops[1]);
    const agents = await Promise.all([0, 1].map(() => addNode(app, 'agent', company)));
    for (const [index, { id }] of agents.entries()) await customerOf(app, id, `busy-${index}@example.com`);
    const servers = await Promise.all(Array.from({ length: 2 }, () => startApiProcess(app, { ADMIN_API_TOKEN: app.adminToken })));
    try {
      const ask = async (number: number, path: string, body: unknown): Promise<{ license_id?: string; error?: { code: string } }> => {
        const answer = await fetch(`${servers[number % 2]?.url}${path}`, { method: 'POST', headers: { authorization: `Bearer ${app.adminToken}`, 'content-type': 'application/json' }, body: JSON.stringify(body) });
        const read = (await answer.json()) as { license_id?: string; error?: { code: string } };
        return read.error?.code === 'BUSY' ? ask(number, path, body) : read;
      };
      const issue = async (number: number) => {
        const { license_id: id, error } = await ask(number, '/api/create_license', { email: `busy-${number % 2}@example.com`, plan: 'pro', months: 1 });
        if (number % 4 === 0) await ask(number + 1, `/api/v1/licenses/${id}/cancel`, { reason: 'test' });
        return error?.code;
      };
      const codes = await Promise.all([
        ...Array.from({ length: 16 }, (_, number) => issue(number)),
        ...Array.from({ length: 6 }, async (_, number) => (await ask(number, `/api/v1/organizations/${company.id}/move`, { parent_id: tops[(number + 1) % 2]?.id })).error?.code),
        ...Array.from({ length: 6 }, async (_, number) => (await ask(number, `/api/v1/organizations/${agents[0]?.id}/move`, { parent_id: number % 2 === 0 ? other.id : company.id })).error?.code),
      ]);
      for (let round = 0; round < 8; round += 1) {
        codes.push(...(await Promise.all([
          ask(0, `/api/v1/organizations/${company.id}/move`, { parent_id: tops[round % 2]?.id }),
          ask(1, '/api/v1/organizations', { name: `New ${round}`, kind: 'agent', parent_id: company.id }),
          ask(1, `/api/v1/organizations/${agents[1]?.id}/move`, { parent_id: round % 2 === 0 ? other.id : company.id }),
        ])).map(({ error }) => error?.code));
      }
      assert.deepEqual(codes.filter((code) => code !== undefined), []);
    } finally {
      for (const server of servers) await server.stop();
    }
    const nodes = await db.selectFrom('organizations').select(['id', 'parent_id', 'path', 'licenses_used']).execute();
    const licenses = await db.selectFrom('licenses').select(['organization_id', 'status']).execute();
    for (const { id, parent_id, path, licenses_used } of nodes) {
      assert.equal(path, `${nodes.find((node) => node.id === parent_id)?.path ?? '/'}${id}/`);
      const within = nodes.filter((node) => node.path.startsWith(path)).map((node) => node.id);
      assert.equal(licenses_used, licenses.filter(({ organization_id, status }) => status !== 'cancelled' && within.includes(organization_id ?? '')).length, path);
    }
    assert.equal((await usedBy(app, ...tops.map(({ id }) => id))).reduce((sum, used) => sum + used, 0), 12);
  });
});

onBothDatabases('a reseller at the portal', (engine) => {
  const open = useTestApp(engine);

  it('finds people by name or address, sees what stands below an organisation and what waits for them, and is told beside the field how many licences fit where a customer is to go', async () => {
    const app = await open();
    const own = await addNode(app, 'reseller');
    const small = await addNode(app, 'agent', own, { name: 'Piccola & Figli', license_quota: 1 });
    const { id: colleague } = await app.deps.db.selectFrom('users').select('id').where('id', '=', await addUser(app, 'agent', { organizationId: small.id })).executeTakeFirstOrThrow();
    await app.deps.db.updateTable('users').set({ name: 'Carla 100%' }).where('id', '=', colleague).execute();
    const person = await signedInAs(app, await addUser(app, 'reseller', { organizationId: own.id }), 'reseller');
    const found = async (q: string) => (await person.get(`/portal/users?q=${encodeURIComponent(q)}`)).text.includes('Carla 100%');
    assert.deepEqual([await found('carla'), await found('0%'), await found(colleague.toUpperCase()), await found('0_')], [true, true, true, false]);
    assert.match((await person.get(`/portal/users?q=nobody-like-this`)).text, /Nobody found/);
    assert.match((await person.get(`/portal/organizations/${own.id}`)).text, /Below it[^]*Piccola &amp; Figli/);
    assert.match((await person.get('/portal/users/new')).text, /What each role may do[^]*<dt>Sub-company[^]*<dt>Agent/);
    const customerId = await customerOf(app, own.id, 'two-of-them@example.com');
    await app.deps.db.updateTable('customers').set({ status: 'pending' }).where('id', '=', customerId).execute();
    await countFigures(app.deps);
    assert.match((await person.get('/portal/')).text, /wait to be validated: 1\.[^]*href="\/portal\/customers\?status=pending"/, 'whoever has to validate is told');
    const agent = await signedInAs(app, await addUser(app, 'agent', { organizationId: own.id }), 'agent');
    assert.ok(!(await agent.get('/portal/')).text.includes('wait to be validated'));
    await app.deps.db.updateTable('customers').set({ status: 'validated' }).where('id', '=', customerId).execute();
    for (let n = 0; n < 2; n += 1) await app.call('post', '/api/create_license', { token: app.adminToken, body: { email: 'two-of-them@example.com', plan: 'pro', months: 12 } });
    await person.get(`/portal/customers/${customerId}/assign`);
    const refused = await person.post(`/portal/customers/${customerId}/assign`, { organization: small.id, reason: '' });
    assert.equal(refused.status, 422);
    assert.match(refused.text, /There is room for 1 more licences there/);
    assert.match(refused.text, new RegExp(`value="${small.id}" selected`), 'what was chosen stays chosen');
    assert.deepEqual(await usedBy(app, own.id, small.id), [2, 0]);
  });

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
