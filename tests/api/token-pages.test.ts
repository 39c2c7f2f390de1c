import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sealAudit } from '../../server/audit/seal-audit.ts';
import { signedInVisitor, type Visitor } from '../admin-client.ts';
import { work } from '../deliveries.ts';
import { onBothDatabases, useTestApp } from '../harness.ts';
import { addOrganization } from '../organizations.ts';

onBothDatabases('the pages of API tokens and of the audit log', (engine) => {
  const getApp = useTestApp(engine);
  let signedIn: Promise<{ visitor: Visitor }> | undefined;
  const start = async () => {
    const app = await getApp();
    signedIn ??= signedInVisitor(app);
    return { app, visitor: (await signedIn).visitor };
  };

  it('a token is made with what is ticked, shown once, and ended after a question', async () => {
    const { app: { call, deps: { db } }, visitor } = await start();
    assert.match((await visitor.get('/tokens')).text, /No tokens yet/);
    await visitor.get('/tokens/new');
    const made = await visitor.post('/tokens/new', { name: 'Shop <1>', lifetime: '30', 'scope.customers.read': 'on', 'scope.orders.read': 'on' });
    const [, token = ''] = /id="license-key">(chatello_[\w-]{43})</.exec(made.text) ?? [];
    assert.notEqual(token, '', made.text);
    assert.equal((await call('get', '/api/v1/customers', { token })).status, 200);
    assert.equal((await call('get', '/api/v1/licenses', { token })).status, 403);
    const list = await visitor.get('/tokens');
    assert.ok(list.text.includes('Shop &lt;1&gt;') && list.text.includes('orders.read') && !list.text.includes(token));
    const { id } = await db.selectFrom('api_tokens').select('id').executeTakeFirstOrThrow();
    assert.match((await visitor.get(`/tokens/${id}/revoke`)).text, /cannot be undone/);
    assert.equal((await visitor.post(`/tokens/${id}/revoke`)).headers['location'], '/tokens?done=revoked');
    assert.equal((await call('get', '/api/v1/customers', { token })).status, 401);
    assert.match((await visitor.get('/tokens?done=revoked')).text, /The token has been revoked\.[^]*Revoked/);
    assert.equal((await visitor.get('/tokens/nobody/revoke')).status, 404);
  });

  it('a form that does not fit comes back with what was entered and the reason beside it', async () => {
    const { app, visitor } = await start();
    const organization = await addOrganization(app);
    for (const [fields, message] of [
      [{ name: '', lifetime: '30', 'scope.customers.read': 'on' }, 'field-name'],
      [{ name: 'A', lifetime: '30' }, 'Choose at least one.'],
      [{ name: 'A', lifetime: 'ever', 'scope.customers.read': 'on' }, 'field-error'],
      [{ name: 'Shop <1>', lifetime: '30', 'scope.customers.read': 'on' }, 'A token has had this name'],
      [{ name: 'A', lifetime: '30', organization, 'scope.audit.read': 'on' }, 'with an asterisk'],
      [{ name: 'A', lifetime: '30', organization: 'nobody', 'scope.customers.read': 'on' }, 'no such organisation'],
    ] as [Record<string, string>, string][]) {
      await visitor.get('/tokens/new');
      const { status, text } = await visitor.post('/tokens/new', fields);
      assert.equal(status, 422);
      assert.ok(text.includes(message), message);
      if ('scope.customers.read' in fields) assert.match(text, /name="scope\.customers\.read" value="on" checked/);
    }
  });

  it('the audit log is found by who, what and when, shows what changed, and is exported as it is filtered', async () => {
    const { app: { call, adminToken: token, clock }, visitor } = await start();
    const { body: { id } } = await call('post', '/api/customer', { token, body: { email: 'before@example.com' } });
    await call('put', `/api/customer/${id}`, { token, body: { email: 'after@example.com' } });
    const { text } = await visitor.get(`/audit?entity=customer&id=${id}`);
    assert.match(text, /<th scope="row">email<\/th><td><del>before@example\.com<\/del><\/td><td><ins>after@example\.com<\/ins><\/td>/);
    assert.ok(!/<th scope="row">locale/.test(text), 'what has not changed is not shown');
    const day = new Date(clock.now).toISOString().slice(0, 10);
    assert.match((await visitor.get(`/audit?from=${day}&to=${day}&actor=API`)).text, /Customer changed/);
    assert.match((await visitor.get('/audit?to=2020-01-01')).text, /Nothing matches/);
    assert.match((await visitor.get('/audit?from=never&entity=nothing')).text, /Customer changed/);
    const file = await visitor.get(`/exports/audit?entity=customer&id=${id}`);
    assert.match(file.headers['content-type'] ?? '', /^text\/csv/);
    const lines = file.text.trim().split('\r\n');
    assert.deepEqual([lines.length, lines[0]?.startsWith('id,at,actor,action')], [3, true]);
    const all = JSON.parse((await visitor.get('/exports/audit?format=json')).text) as { action: string }[];
    assert.ok(all.length > 5 && all.some(({ action }) => action === 'export.made'));
  });

  it('every list is exported as it is filtered and ordered, page after page', async () => {
    const { app: { deps: { db }, call, adminToken: token, clock }, visitor } = await start();
    for (let index = 0; index < 60; index += 1) await call('post', '/api/create_license', { token, body: { email: `list${index % 7}@example.com`, plan: index % 2 ? 'pro' : 'starter', months: index % 5 === 0 ? null : 1, perpetual: index % 5 === 0 } });
    const opened = async (path: string) => {
      const answer = await visitor.get(path);
      assert.equal(answer.status, 200, `${path}: ${answer.headers['location'] ?? answer.status}`);
      return answer;
    };
    const exported = async (path: string) => (await opened(path)).text.trim().split('\r\n').slice(1).map((line) => line.split(',')[0]);
    const expected = await db.selectFrom('licenses').innerJoin('plans', 'plans.id', 'licenses.plan_id').select('licenses.id').where('plans.code', '=', 'starter').orderBy('licenses.created_at', 'asc').orderBy('licenses.id', 'asc').execute();
    assert.deepEqual(await exported('/exports/licenses?plan=starter&sort=oldest'), expected.map(({ id }) => id));
    assert.equal((await exported('/exports/licenses')).length, (await db.selectFrom('licenses').select('id').execute()).length);
    const found = await db.selectFrom('customers').select('id').where('email_key', 'like', 'list%').orderBy('email_key').execute();
    assert.deepEqual(await exported('/exports/customers?q=list&sort=email'), found.map(({ id }) => id));
    assert.ok((await visitor.get('/customers?q=list&sort=email')).text.includes('href="/exports/customers?q&#x3D;list&amp;sort&#x3D;email"'));
    const { body: { data: [license] } } = await call('get', '/api/v1/licenses?limit=1', { token });
    await db.insertInto('emails').values({ id: 'mail', cause: 'x', template: 'purchase', recipient: '+49@example.com', locale: 'en', data: '{}', license_id: license.id, order_id: null, message_id: '<x>', status: 'failed', attempts: 1, last_error: '=1+1', created_at: clock.now, sent_at: null }).execute();
    assert.match((await visitor.get('/exports/emails')).text, /^id,template,[^]*mail,purchase,'\+49@example\.com,en,[^]*'=1\+1/);
    for (const path of ['/exports/deliveries', '/exports/deliveries?status=dead', '/exports/webhooks', '/exports/webhooks?endpoint=nobody']) assert.deepEqual(await exported(path), [], path);
  });

  it('a check of the chain runs in the background, and its outcome stands on the page', async () => {
    const { app, visitor } = await start();
    const { deps, clock } = app;
    await sealAudit(deps);
    await visitor.get('/audit');
    assert.equal((await visitor.post('/audit/verify')).headers['location'], '/audit#chain');
    assert.match((await visitor.get('/audit')).text, /is being checked/);
    await work(app);
    assert.match((await visitor.get('/audit')).text, /Nothing was changed: all \d+ sealed lines/);
    const { audit_id: id } = await deps.db.selectFrom('audit_seals').select('audit_id').orderBy('seq', 'desc').executeTakeFirstOrThrow();
    await deps.db.updateTable('audit_log').set({ actor: 'nobody' }).where('id', '=', id).execute();
    clock.now += 1;
    await visitor.post('/audit/verify');
    await work(app);
    const { text } = await visitor.get('/audit');
    assert.ok(text.includes('Places that do not fit: 1.') && text.includes('A line was changed') && text.includes(id));
    const chain = () => app.call('get', '/api/v1/audit-chain', { token: app.adminToken });
    const { body: { head, check } } = await chain();
    assert.deepEqual([head.hash.length, check.status, check.problem_count, check.problems[0]], [64, 'broken', 1, { kind: 'changed', seq: check.problems[0].seq, id }]);
    clock.now += 1;
    const started = await app.call('post', '/api/v1/audit-checks', { token: app.adminToken });
    assert.deepEqual([started.status, (await chain()).body.check.id, (await chain()).body.check.status], [202, started.body.id, 'running']);
  });
});
