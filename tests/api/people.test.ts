import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createToken } from '../../server/api-tokens/create-token.ts';
import type { ApiScope } from '../../server/api-tokens/scopes.rules.ts';
import { transact, type Db } from '../../server/db/database.ts';
import { newId } from '../../server/ids.ts';
import { jobList } from '../../server/jobs/job-list.ts';
import { runDueJobs } from '../../server/jobs/worker.ts';
import { findOrCreateCustomer } from '../../server/customers/find-or-create-customer.ts';
import { giveLicense } from '../../server/people/give-license.ts';
import { everything } from '../../server/access/scope.ts';
import { signedInVisitor, type Visitor } from '../admin-client.ts';
import { onBothDatabases, useTestApp, type TestApp } from '../harness.ts';

const by = { actor: 'test' };
const operator = { role: 'superadmin', scope: everything, by } as const;

type Given = { id: string; key: string; customerId: string };

async function give({ deps }: TestApp, email: string, plan = 'pro'): Promise<Given> {
  const { license, key, customer } = await transact(deps.db, (trx) => giveLicense(trx, deps, { customer: { email }, plan, months: 12 }, operator, deps.now()));
  return { id: license.id, key, customerId: customer.id };
}

async function addNode(db: Db, kind: string, parent?: { id: string; path: string }): Promise<{ id: string; path: string }> {
  const id = newId();
  const path = `${parent?.path ?? '/'}${id}/`;
  await db.insertInto('organizations').values({ id, parent_id: parent?.id ?? null, kind, name: `${kind} ${id.slice(-4)}`, path, license_quota: null, licenses_used: 0, disabled_at: null, created_at: 1, updated_at: 1 }).execute();
  return { id, path };
}

onBothDatabases('customers and licences', (engine) => {
  const app = useTestApp(engine);
  let ready: Promise<{ admin: Visitor; test: TestApp }> | undefined;
  const open = () => (ready ??= app().then(async (test) => ({ test, admin: (await signedInVisitor(test)).visitor })));
  const verdict = async ({ call }: TestApp, key: string) => (await call('post', '/api/validate', { key })).body.code as string;
  const token = async ({ deps }: TestApp, organizationId: string | null, scopes: ApiScope[] = ['customers.read', 'customers.write', 'licenses.read', 'licenses.issue', 'keys.read']) =>
    (await createToken(deps.db, { name: `token ${newId()}`, scopes, expiresAt: null, organizationId }, by, deps.now())).token;
  const post = (test: TestApp, url: string, body: unknown, bearer = test.adminToken) => test.call('post', url, { body, token: bearer });

  it('are added and changed by page and by API alike; an address that is taken is refused at its field', async () => {
    const { admin, test } = await open();
    await admin.get('/new-customer');
    const added = await admin.post('/new-customer', { email: 'Anna@People.example', name: 'Anna Élite', company: 'Studio', locale: 'it', notes: 'calls\nback' });
    assert.equal(added.status, 303, added.text);
    const path = String(added.headers['location']).replace(/\?.*/, '');
    assert.match((await admin.get(path)).text, /calls\nback/);
    const again = await admin.post('/new-customer', { email: 'anna@people.example', name: 'Other', company: '', locale: 'en', notes: '' });
    assert.deepEqual([again.status, again.text.includes('id="error-email"'), again.text.includes('value="Other"')], [422, true, true]);
    await admin.get(`${path}/edit`);
    assert.equal((await admin.post(`${path}/edit`, { email: 'anna2@people.example', name: '', company: '', locale: 'it', notes: '' })).status, 422);
    assert.equal((await admin.post(`${path}/edit`, { email: 'anna2@people.example', name: 'Anna 2', company: '', locale: 'it', notes: '' })).status, 303);
    const id = path.split('/').at(-1) ?? '';
    const changed = await test.call('patch', `/api/v1/customers/${id}`, { token: test.adminToken, body: { name: 'Anna 3', notes: 'x' } });
    assert.deepEqual([changed.status, changed.body.name, changed.body.email, changed.body.company], [200, 'Anna 3', 'anna2@people.example', null]);
    assert.equal((await post(test, '/api/v1/customers', { email: 'ANNA2@people.example' })).body.error.code, 'CONFLICT');
    assert.equal((await post(test, '/api/v1/customers', { email: 'other@people.example', notes: 'y' })).status, 201);
  });

  it('are found by the beginning of name, company or address, in any case, filtered and in any order, page by page', async () => {
    const { admin, test } = await open();
    const { db, now } = test.deps;
    const names = ['Zoë Älg', 'zoë Berg', 'Ébène', 'Mario'];
    for (const [index, name] of names.entries()) await findOrCreateCustomer(db, { email: `finder${index}@list.example`, name, company: index === 3 ? 'Ångström AB' : undefined }, by, now() + index);
    const found = async (query: string) => [...(await admin.get(`/customers?${query}`)).text.matchAll(/class="cell-title" href="\/customers\/[0-9a-f-]{36}">([^<]+)</g)].map(([, name]) => name);
    for (const [q, expected] of [['ZOË', ['zoë Berg', 'Zoë Älg']], ['ébène', ['Ébène']], ['ångström', ['Mario']], ['finder3@', ['Mario']], ['%', []], ['finder', ['Mario', 'Ébène', 'zoë Berg', 'Zoë Älg']]] as const) assert.deepEqual(await found(`q=${encodeURIComponent(q)}`), expected, q);
    assert.deepEqual(await found('q=finder&sort=oldest'), names);
    assert.deepEqual((await found('q=finder&sort=email')), names);
    assert.deepEqual(await found('q=finder&status=suspended'), []);
    for (let index = 0; index < 30; index += 1) await findOrCreateCustomer(db, { email: `many${index}@many.example`, name: `Same name` }, by, now());
    const all = new Set<string>();
    for (const sort of ['newest', 'oldest', 'name', 'email']) {
      const seen: string[] = [];
      let url: string | undefined = `/customers?sort=${sort}`;
      let last = '';
      while (url !== undefined && seen.length < 500) {
        const { text }: { text: string } = await admin.get(url);
        seen.push(...[...text.matchAll(/class="cell-title" href="\/customers\/([0-9a-f-]{36})"/g)].map(([, id = '']) => id));
        last = /rel="prev" href="([^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&').replaceAll('&#x3D;', '=') ?? last;
        url = /rel="next" href="([^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&').replaceAll('&#x3D;', '=');
      }
      assert.equal(new Set(seen).size, seen.length, `${sort} shows nobody twice`);
      for (const id of seen) all.add(id);
      assert.equal(seen.length, all.size, `${sort} shows everybody`);
      assert.equal([...(await admin.get(last)).text.matchAll(/class="cell-title" href="\/customers\//g)].length, 25, 'and back');
    }
  });

  it('a suspended customer takes all licences along, and they come back exactly as they were', async () => {
    const { admin, test } = await open();
    const { db } = test.deps;
    const kept = await give(test, 'suspended@people.example');
    const byHand = await give(test, 'suspended@people.example');
    const cancelled = await give(test, 'suspended@people.example');
    await post(test, `/api/v1/licenses/${byHand.id}/suspend`, { reason: 'by hand' });
    await post(test, `/api/v1/licenses/${cancelled.id}/cancel`, { reason: 'over' });
    const rows = async () => db.selectFrom('licenses').select(['id', 'status', 'expires_at', 'suspended_at', 'suspended_reason', 'cancelled_at', 'cancelled_reason', 'confirmed_at']).where('customer_id', '=', kept.customerId).orderBy('id').execute();
    const before = await rows();
    const page = await admin.get(`/customers/${kept.customerId}/suspend`);
    assert.match(page.text, /What will happen:/);
    assert.equal((await admin.post(`/customers/${kept.customerId}/suspend`, { reason: '' })).status, 422);
    assert.equal((await admin.post(`/customers/${kept.customerId}/suspend`, { reason: 'unpaid' })).status, 303);
    assert.deepEqual([await verdict(test, kept.key), await verdict(test, byHand.key), await verdict(test, cancelled.key)], ['SUSPENDED', 'SUSPENDED', 'CANCELLED']);
    assert.equal((await post(test, `/api/v1/licenses/${kept.id}/reactivate`, { reason: 'try' })).body.error.code, 'CONFLICT');
    const later = await give(test, 'suspended@people.example');
    assert.equal(await verdict(test, later.key), 'SUSPENDED', 'one that comes meanwhile is suspended too');
    assert.match((await admin.get(`/licenses/${kept.id}`)).text, /The customer is suspended/);
    await admin.get(`/customers/${kept.customerId}/reactivate`);
    assert.equal((await admin.post(`/customers/${kept.customerId}/reactivate`)).status, 303);
    assert.deepEqual((await rows()).filter(({ id }) => id !== later.id), before);
    assert.equal(await verdict(test, later.key), 'VALID');
  });

  it('many licences of one customer follow in slices, in the background', async () => {
    const { test } = await open();
    const { db } = test.deps;
    const first = await give(test, 'big@people.example');
    for (let index = 0; index < 59; index += 1) await give(test, 'big@people.example');
    const active = async () => (await db.selectFrom('licenses').select('id').where('customer_id', '=', first.customerId).where('status', '=', 'active').execute()).length;
    await post(test, `/api/v1/customers/${first.customerId}/suspend`, { reason: 'x' });
    assert.equal(await active(), 10);
    await runDueJobs(test.deps, jobList);
    assert.equal(await active(), 0);
    await post(test, `/api/v1/customers/${first.customerId}/reactivate`, {});
    await runDueJobs(test.deps, jobList);
    assert.equal(await active(), 60);
  });

  it('what an organisation gives stays within it: nothing of another is found, read or changed by any list or id', async () => {
    const { test } = await open();
    const { db } = test.deps;
    const reseller = await addNode(db, 'reseller');
    const company = await addNode(db, 'sub_company', reseller);
    const other = await addNode(db, 'reseller');
    const [own, foreign] = [await token(test, reseller.id), await token(test, other.id)];
    const given = await post(test, '/api/v1/licenses', { email: 'mine@org.example', plan: 'pro', months: 3 }, own);
    assert.deepEqual([given.status, given.body.organization_id, given.body.status], [201, reseller.id, 'active'], JSON.stringify(given.body));
    assert.equal(await verdict(test, given.body.license_key), 'VALID');
    const { id, customer: { id: customerId } } = given.body;
    for (const url of [`/api/v1/licenses/${id}`, `/api/v1/customers/${customerId}`]) assert.deepEqual([(await test.call('get', url, { token: own })).status, (await test.call('get', url, { token: foreign })).status], [200, 404], url);
    const writes: [string, unknown][] = [[`/api/v1/customers/${customerId}/suspend`, { reason: 'x' }], [`/api/v1/customers/${customerId}/assign`, { organization_id: other.id }], [`/api/v1/licenses/${id}/confirm`, { reason: 'x' }], [`/api/v1/licenses/${id}/reveal-key`, {}]];
    for (const [url, body] of writes) assert.equal((await post(test, url, body, foreign)).status, 404, url);
    for (const [url, body] of [[`/api/v1/licenses/${id}/suspend`, { reason: 'x' }], [`/api/v1/licenses/${id}/extend`, { months: 1, reason: 'x' }], [`/api/v1/customers/${customerId}/merge`, { from: customerId }]] as const) assert.equal((await post(test, url, body, own)).status, 403, `${url} is the operator's`);
    assert.equal((await post(test, '/api/v1/licenses', { email: 'mine@org.example', plan: 'pro', months: 3 }, foreign)).status, 409, 'an address of somebody else');
    assert.equal((await post(test, `/api/v1/customers/${customerId}/assign`, { organization_id: null }, own)).status, 403, 'nobody gives it to the operator');
    assert.equal((await post(test, `/api/v1/customers/${customerId}/assign`, { organization_id: other.id }, own)).status, 404);
    const moved = await post(test, `/api/v1/customers/${customerId}/assign`, { organization_id: company.id }, own);
    assert.deepEqual([moved.status, moved.body.organization_id, (await test.call('get', `/api/v1/licenses/${id}`, { token: own })).body.organization_id], [200, company.id, company.id]);
    const batch = await post(test, '/api/v1/batches', { action: 'suspend-customers', customers: {}, reason: 'all that I reach' }, own);
    assert.deepEqual([batch.status, batch.body.total], [202, 1], JSON.stringify(batch.body));
    await runDueJobs(test.deps, jobList);
    assert.deepEqual((await test.call('get', `/api/v1/batches/${batch.body.id}`, { token: own })).body.changed, 1);
    assert.equal((await test.call('get', `/api/v1/batches/${batch.body.id}`, { token: foreign })).status, 404);
    assert.equal(await verdict(test, given.body.license_key), 'SUSPENDED');
  });

  it('what an agent gives to a customer of theirs waits until somebody above them validates', async () => {
    const { admin, test } = await open();
    const { deps } = test;
    const agent = await addNode(deps.db, 'agent');
    const doer = { role: 'agent', scope: { kind: 'organization', ...agent }, by } as const;
    const { license, key, customer } = await transact(deps.db, (trx) => giveLicense(trx, deps, { customer: { email: 'waits@agent.example' }, plan: 'pro', months: 1, sendKey: true }, doer, deps.now()));
    assert.deepEqual([customer.status, customer.organization_id, await verdict(test, key)], ['pending', agent.id, 'PENDING']);
    const mails = async () => (await deps.db.selectFrom('emails').select('id').where('license_id', '=', license.id).execute()).length;
    assert.equal(await mails(), 0, 'nobody gets a key that does not work');
    assert.match((await admin.get(`/customers/${customer.id}`)).text, /waits to be validated/);
    await admin.get(`/customers/${customer.id}/validate`);
    assert.equal((await admin.post(`/customers/${customer.id}/validate`, { send_keys: '1' })).status, 303);
    assert.deepEqual([await verdict(test, key), await mails()], ['VALID', 1]);
  });

  it('two customers become one: everything moves, the page says what, and the old address leads to the one who stays', async () => {
    const { admin, test } = await open();
    const { db, now } = test.deps;
    const stays = await give(test, 'stays@merge.example');
    const goes = await give(test, 'Goes@merge.example');
    await db.insertInto('orders').values({ id: newId(), provider: 'paddle', account: 'main', external_id: newId(), number: 'ORDER-77', customer_id: goes.customerId, status: 'paid', currency: 'EUR', total_minor: 100, refunded_minor: 0, subscription_id: null, is_renewal: 0, paid_at: 1, snapshot_at: 1, revision: 1, created_at: 1, updated_at: 1 }).execute();
    await test.call('patch', `/api/v1/customers/${goes.customerId}`, { token: test.adminToken, body: { notes: 'note of the other' } });
    assert.equal((await admin.get(`/customers/${stays.customerId}/merge?from=nobody@merge.example`)).status, 422);
    assert.equal((await admin.get(`/customers/${stays.customerId}/merge?from=${stays.customerId}`)).status, 422);
    const { text } = await admin.get(`/customers/${stays.customerId}/merge?from=goes@merge.example`);
    for (const said of ['ORDER-77', `/licenses/${goes.id}`, 'Goes@merge.example', 'Licences: 1', 'Orders: 1']) assert.ok(text.includes(said), said);
    assert.equal((await admin.post(`/customers/${stays.customerId}/merge`, { from: goes.customerId, reason: 'twice' })).status, 303);
    const page = await admin.get(`/customers/${stays.customerId}`);
    for (const said of ['ORDER-77', `/licenses/${goes.id}`, 'note of the other', 'goes@merge.example']) assert.ok(page.text.includes(said), said);
    assert.equal((await admin.get(`/customers/${goes.customerId}`)).status, 404);
    assert.equal(await verdict(test, goes.key), 'VALID');
    const { customer, created } = await findOrCreateCustomer(db, { email: 'GOES@merge.example' }, by, now());
    assert.deepEqual([customer.id, created], [stays.customerId, false]);
    assert.match((await admin.get('/customers?q=goes@merge.example')).text, new RegExp(stays.customerId));
  });

  it('licences are extended, moved to another plan or customer and given limits of their own, with a reason in the audit log', async () => {
    const { admin, test } = await open();
    const { db } = test.deps;
    const { id, key } = await give(test, 'changes@people.example');
    const row = () => db.selectFrom('licenses').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    const send = async (change: string, fields: Record<string, string>) => {
      await admin.get(`/licenses/${id}/${change}`);
      return admin.post(`/licenses/${id}/${change}`, { reason: 'because', ...fields });
    };
    const end = (await row()).expires_at ?? 0;
    assert.equal((await send('extend', { by: 'months', months: '0' })).status, 422);
    assert.equal((await send('extend', { by: 'until', until: '2026-12-01' })).status, 422, 'before its end');
    assert.equal((await send('extend', { by: 'months', months: '2', reason: '' })).status, 422);
    assert.equal((await send('extend', { by: 'months', months: '2' })).status, 303);
    assert.equal((await row()).expires_at, Date.UTC(2028, 0, 21, 12), `${new Date(end).toISOString()} and two months`);
    assert.equal((await send('extend', { by: 'until', until: '2028-06-30' })).status, 303);
    assert.equal((await row()).expires_at, Date.UTC(2028, 6, 1) - 1);
    assert.equal((await send('plan', { plan: 'gold' })).status, 422);
    assert.equal((await send('plan', { plan: 'agency' })).status, 303);
    assert.equal((await test.call('post', '/api/validate', { key })).body.plan.code, 'agency');
    assert.equal((await send('limits', { max_sites: '0', max_version: '' })).status, 422);
    assert.equal((await send('limits', { max_sites: '7', max_version: '2.5' })).status, 303);
    assert.deepEqual([(await row()).max_sites, (await row()).max_version], [7, '2.5']);
    assert.equal((await send('transfer', { email: 'nobody@people.example' })).status, 422);
    const other = await give(test, 'receiver@people.example');
    assert.equal((await send('transfer', { email: 'Receiver@people.example' })).status, 303);
    assert.equal((await row()).customer_id, other.customerId);
    assert.equal((await admin.post(`/licenses/${id}/send-key`)).status, 303);
    assert.deepEqual((await db.selectFrom('emails').select(['recipient', 'template']).where('license_id', '=', id).execute()).map(({ recipient, template }) => [recipient, template]), [['receiver@people.example', 'license-key']]);
    const perpetual = await post(test, `/api/v1/licenses/${id}/extend`, { perpetual: true, reason: 'gift' });
    assert.deepEqual([perpetual.status, perpetual.body.expires_at], [200, null]);
    assert.equal((await post(test, `/api/v1/licenses/${id}/extend`, { months: 1, reason: 'x' })).status, 409);
    const revoked = await post(test, `/api/v1/licenses/${id}/revoke`, { reason: 'fraud' });
    assert.deepEqual([revoked.body.status, await verdict(test, key), (await post(test, `/api/v1/licenses/${id}/reactivate`, { reason: 'x' })).status], ['cancelled', 'CANCELLED', 409]);
    const actions = (await db.selectFrom('audit_log').select(['action', 'reason']).where('entity_id', '=', id).execute()).map(({ action, reason }) => `${action} ${reason ?? ''}`);
    for (const line of ['license.renewed because', 'license.plan_changed because', 'license.limits_changed because', 'license.transferred because', 'license.revoked fraud']) assert.ok(actions.includes(line), `${line} in ${actions.join(', ')}`);
  });
});
