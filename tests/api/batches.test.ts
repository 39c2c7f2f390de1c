import assert from 'node:assert/strict';
import { it } from 'node:test';
import { everything } from '../../server/access/scope.ts';
import { startBatch } from '../../server/batches/start-batch.ts';
import { downloadKeys } from '../../server/batches/read-batch.ts';
import { transact } from '../../server/db/database.ts';
import { jobList } from '../../server/jobs/job-list.ts';
import { runDueJobs } from '../../server/jobs/worker.ts';
import { giveLicense } from '../../server/people/give-license.ts';
import { signedInVisitor, type Visitor } from '../admin-client.ts';
import { onBothDatabases, useTestApp, type TestApp } from '../harness.ts';
import { addNode, addUser, signedInAs } from '../people.ts';

const operator = { role: 'superadmin', scope: everything, by: { actor: 'test' } } as const;
const hourMs = 60 * 60_000;

async function give({ deps }: TestApp, email: string, plan: string): Promise<string> {
  const { license } = await transact(deps.db, (trx) => giveLicense(trx, deps, { customer: { email }, plan, months: 12 }, operator, deps.now()));
  return license.id;
}

/** The hidden fields of the form on a page. */
const hidden = (html: string) => Object.fromEntries([...html.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]));

onBothDatabases('changes of many at once', (engine) => {
  const app = useTestApp(engine);
  let ready: Promise<{ admin: Visitor; test: TestApp }> | undefined;
  const open = () => (ready ??= app().then(async (test) => ({ test, admin: (await signedInVisitor(test)).visitor })));
  const state = async ({ deps: { db } }: TestApp, ids: string[]) => (await db.selectFrom('licenses').select(['id', 'status', 'suspended_reason', 'expires_at']).where('id', 'in', ids).orderBy('created_at').orderBy('id').execute());

  it('concern the ticked rows alone: a page says which and how many, a batch does it, each change has its line in the audit log', async () => {
    const { admin, test } = await open();
    const ids = [await give(test, 'ticked@batch.example', 'starter'), await give(test, 'ticked@batch.example', 'starter'), await give(test, 'ticked@batch.example', 'starter')];
    const ticked = ids.slice(0, 2);
    const preview = await admin.get(`/licenses/bulk?action=suspend&rows=ticked&${ticked.map((id) => `row.${id}=1`).join('&')}`);
    assert.deepEqual([preview.status, preview.text.includes('Licences: 2'), preview.text.includes(`/licenses/${ids[2]}`)], [200, true, false]);
    const fields = hidden(preview.text);
    assert.equal((await admin.post('/licenses/bulk', { ...fields, reason: '' })).status, 422);
    const [first, again] = [await admin.post('/licenses/bulk', { ...fields, reason: 'tidying' }), await admin.post('/licenses/bulk', { ...fields, reason: 'tidying' })];
    assert.deepEqual([first.status, first.headers['location']], [303, again.headers['location']], 'the form sent twice begins one batch');
    const path = String(first.headers['location']);
    const running = await admin.get(path);
    assert.deepEqual([running.status, running.headers['refresh']], [200, '2']);
    await runDueJobs(test.deps, jobList);
    assert.deepEqual((await state(test, ids)).map(({ status }) => status), ['suspended', 'suspended', 'active']);
    const done = await admin.get(path);
    assert.deepEqual([done.headers['refresh'], /Done/.test(done.text)], [undefined, true]);
    const lines = await test.deps.db.selectFrom('audit_log').select(['actor', 'reason']).where('action', '=', 'license.suspended').where('entity_id', 'in', ids).execute();
    assert.deepEqual(lines.map(({ actor, reason }) => [actor, reason]), [['user:admin@localhost', 'tidying'], ['user:admin@localhost', 'tidying']]);
    assert.match((await admin.get('/licenses/bulk?action=suspend&rows=ticked')).text, /Nothing is chosen/);
  });

  it('concern all that match a filter, in slices; what cannot be changed is skipped, counted and named, and a second run changes nothing more', async () => {
    const { admin, test } = await open();
    const ids: string[] = [];
    for (let index = 0; index < 60; index += 1) ids.push(await give(test, `filter${index % 3}@batch.example`, 'agency'));
    await test.call('post', `/api/v1/licenses/${ids[7]}/cancel`, { token: test.adminToken, body: { reason: 'x' } });
    const preview = await admin.get('/licenses/bulk?action=extend&rows=all&plan=agency');
    assert.match(preview.text, /Licences: 60/);
    const before = await state(test, ids);
    assert.equal((await admin.post('/licenses/bulk', { ...hidden(preview.text), reason: 'gift', months: '0' })).status, 422);
    const started = await admin.post('/licenses/bulk', { ...hidden(preview.text), reason: 'gift', months: '1' });
    await runDueJobs(test.deps, jobList);
    const after = await state(test, ids);
    const longer = after.filter(({ expires_at: end }, index) => (end ?? 0) > (before[index]?.expires_at ?? 0));
    assert.equal(longer.length, 59);
    const { text } = await admin.get(String(started.headers['location']));
    for (const said of ['59', `/licenses/${ids[7]}`, 'Not possible in its state']) assert.ok(text.includes(said), said);
    await runDueJobs(test.deps, jobList);
    assert.deepEqual(await state(test, ids), after);
  });

  it('of customers take their licences along, and one that is stopped leaves the rest', async () => {
    const { test } = await open();
    const id = await give(test, 'along@batch.example', 'pro');
    const { customer_id: customerId } = await test.deps.db.selectFrom('licenses').select('customer_id').where('id', '=', id).executeTakeFirstOrThrow();
    const start = async (body: object) => (await test.call('post', '/api/v1/batches', { token: test.adminToken, body })).body;
    const stopped = await start({ action: 'suspend-customers', customers: { ids: [customerId] }, reason: 'x' });
    assert.equal((await test.call('post', `/api/v1/batches/${stopped.id}/stop`, { token: test.adminToken })).body.status, 'stopped');
    await runDueJobs(test.deps, jobList);
    assert.equal((await state(test, [id]))[0]?.status, 'active');
    await start({ action: 'suspend-customers', customers: { ids: [customerId] }, reason: 'x' });
    await runDueJobs(test.deps, jobList);
    assert.equal((await state(test, [id]))[0]?.suspended_reason, 'customer_suspended');
  });

  it('many licences are made for a product, and their keys can be downloaded once, within an hour', async () => {
    const { admin, test } = await open();
    const form = await admin.get('/new-licenses');
    const fields = { ...hidden(form.text), email: 'reseller@batch.example', name: '', product: 'chatello', plan: 'pro', duration: 'months', months: '6' };
    for (const count of ['0', '10001', 'many']) assert.equal((await admin.post('/new-licenses', { ...fields, count })).status, 422, count);
    const path = String((await admin.post('/new-licenses', { ...fields, count: '60' })).headers['location']);
    await runDueJobs(test.deps, jobList);
    assert.match((await admin.get(path)).text, /Download keys/);
    const cut = await downloadKeys(test.deps, path.split('/').at(-1) ?? '', operator, test.clock.now);
    await cut.next();
    await cut.return();
    // A transfer that was cut off is not the one time.
    const file = await admin.post(`${path}/keys`);
    assert.deepEqual([file.status, file.headers['content-type']], [200, 'text/csv; charset=utf-8; header=present']);
    const keys = file.text.trim().split('\r\n').slice(1).map((line) => line.split(',')[2] ?? '');
    assert.deepEqual([keys.length, new Set(keys).size], [60, 60]);
    assert.equal((await test.call('post', '/api/validate', { key: keys[59] ?? '' })).body.code, 'VALID');
    await admin.get(path);
    assert.equal((await admin.post(`${path}/keys`)).status, 409, 'once');
    const audit = await test.deps.db.selectFrom('audit_log').selectAll().where('entity', '=', 'batch').execute();
    assert.ok(audit.some(({ action }) => action === 'batch.keys_downloaded') && !JSON.stringify(audit).includes(keys[0] ?? ''));
    const late = (await test.call('post', '/api/v1/batches', { token: test.adminToken, body: { action: 'create-licenses', email: 'reseller@batch.example', plan: 'pro', months: null, count: 2 } })).body;
    await runDueJobs(test.deps, jobList);
    test.clock.now += hourMs + 1;
    assert.equal((await test.call('post', `/api/v1/batches/${late.id}/keys`, { token: test.adminToken })).status, 409, 'an hour later');
  });

  it('more new licences than the quota leaves are refused at once, naming how many are left; when others take the room meanwhile, as many are made as fit', async () => {
    const { test } = await open();
    const { db } = test.deps;
    const reseller = await addNode(test, 'reseller', undefined, { license_quota: 30 });
    const agent = await addNode(test, 'agent', reseller, { license_quota: 100 });
    const person = await signedInAs(test, await addUser(test, 'agent', { organizationId: agent.id }), 'agent');
    const form = await person.get('/portal/new-licenses');
    assert.match(form.text, /Your quota leaves 30 licences/);
    const fields = { ...hidden(form.text), email: 'quota@batch.example', name: '', product: 'chatello', plan: 'pro', duration: 'months', months: '6' };
    const refused = await person.post('/portal/new-licenses', { ...fields, count: '31' });
    assert.equal(refused.status, 422);
    assert.match(refused.text, /id="error-count">The quota leaves 30 licences/);
    assert.equal(await db.selectFrom('customers').select('id').where('email', '=', 'quota@batch.example').executeTakeFirst(), undefined, 'nothing is left behind');
    const path = String((await person.post('/portal/new-licenses', { ...fields, count: '30' })).headers['location']);
    assert.match(path, /^\/portal\/batches\//);
    const api = (count: number) => test.call('post', '/api/v1/batches', { token: test.adminToken, body: { action: 'create-licenses', email: 'quota@batch.example', plan: 'pro', months: 6, count } });
    const { status, body } = await api(31);
    assert.deepEqual([status, body.error.code, body.error.field, /leaves 30 licences/.test(body.error.message)], [409, 'LICENSE_QUOTA_EXHAUSTED', 'body.count', true]);

    await db.updateTable('organizations').set({ license_quota: 27 }).where('id', '=', reseller.id).execute();
    await runDueJobs(test.deps, jobList);
    const batch = await db.selectFrom('batches').select(['status', 'changed', 'skipped']).where('id', '=', path.split('/').at(-1) ?? '').executeTakeFirstOrThrow();
    assert.deepEqual({ ...batch }, { status: 'done', changed: 27, skipped: 3 });
    assert.deepEqual((await db.selectFrom('organizations').select('licenses_used').where('id', 'in', [reseller.id, agent.id]).execute()).map(({ licenses_used }) => licenses_used), [27, 27]);
    const done = await person.get(path);
    assert.match(done.text, /used up before the end: 3 were not made/);
    const keys = await person.post(`${path}/keys`);
    assert.equal(keys.text.trim().split('\r\n').length, 28);
  });

  it('a row that refuses half-way is left exactly as it was', async () => {
    const { test } = await open();
    const { db, now } = test.deps;
    const small = await addNode(test, 'reseller', undefined);
    const agent = await addNode(test, 'agent', small, { license_quota: 1 });
    const ids: string[] = [];
    for (const [email, count] of [['fits@batch.example', 1], ['too-many@batch.example', 2]] as const) {
      for (let n = 0; n < count; n += 1) await give(test, email, 'pro');
      ids.push((await db.selectFrom('customers').select('id').where('email', '=', email).executeTakeFirstOrThrow()).id);
    }
    const id = await transact(db, (trx) => startBatch(trx, { kind: 'assign-customers', of: 'customers', target: { ids }, reason: 'test', organizationId: agent.id }, operator, now()));
    await runDueJobs(test.deps, jobList);
    const batch = await db.selectFrom('batches').select(['status', 'changed', 'skipped', 'problems']).where('id', '=', id).executeTakeFirstOrThrow();
    const places = await db.selectFrom('customers').select(['email', 'organization_id']).where('id', 'in', ids).orderBy('email').execute();
    const taken = places.filter(({ organization_id }) => organization_id !== null).length;
    assert.deepEqual([batch.status, batch.changed, batch.skipped, taken], ['done', 1, 1, 1]);
    assert.match(batch.problems, /LICENSE_QUOTA_EXHAUSTED/);
    const used = await db.selectFrom('organizations').select('licenses_used').where('id', 'in', [small.id, agent.id]).execute();
    assert.deepEqual(used.map(({ licenses_used }) => licenses_used), [1, 1]);
  });
});
