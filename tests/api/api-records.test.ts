import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import express from 'express';
import { createToken } from '../../server/api-tokens/create-token.ts';
import type { ApiScope } from '../../server/api-tokens/scopes.rules.ts';
import { apiRoutes } from '../../server/api.ts';
import { sendFile } from '../../server/http/send-file.ts';
import { onBothDatabases, useTestApp, type TestApp } from '../harness.ts';
import { billingVariables, map, sendPaddle, sendWoo, wooOrder, work, payload, type PaddleEvent } from '../deliveries.ts';
import { writeLedgerRow } from '../ledger-rows.ts';
import { addOrganization } from '../organizations.ts';

const admin = { actor: 'user:anna@example.com' };

/** Something of every kind: purchases with a subscription and a refund, sites, usage, webhooks, a tree of organisations and tokens. */
async function fill(app: TestApp): Promise<{ organization: string; below: string; license: string }> {
  const { deps: { db }, call, adminToken: token, clock } = app;
  await map(app, 'paddle', 'pri_01gsz8x8sawmvhz1pv30nge1ke', 'pro', 1);
  for (const event of payload<PaddleEvent[]>('paddle/scenario.checkout-with-subscription.events.json')) await sendPaddle(app, event);
  const order = wooOrder();
  for (const body of [order, { ...order, status: 'refunded', date_modified_gmt: '2026-11-21T11:30:00', refunds: [{ id: 31, reason: '', total: '-49.00' }] }]) await sendWoo(app, body);
  await work(app);
  const issued = await call('post', '/api/create_license', { token, body: { email: '=cmd@example.com', plan: 'agency', months: 12, domain: 'shop.example.com', company: '=HYPERLINK("http://evil")' } });
  const organization = await addOrganization(app);
  const below = await addOrganization(app, organization);
  await db.updateTable('customers').set({ organization_id: below }).where('id', '=', issued.body.customer.id).execute();
  await db.updateTable('licenses').set({ organization_id: below }).where('id', '=', issued.body.license_id).execute();
  const other = await db.selectFrom('licenses').select('id').where('organization_id', 'is', null).executeTakeFirstOrThrow();
  for (const id of [issued.body.license_id, other.id]) await writeLedgerRow(db, id, clock.now, { input_tokens: 10, cost_microcents: 1_234_567 });
  await db.insertInto('webhook_endpoints').values({ id: 'endpoint', url: 'https://hooks.example.com/x', description: null, events: '["*"]', secret_cipher: new Uint8Array(1), key_id: 'k', disabled_at: null, disabled_reason: null, created_at: clock.now, updated_at: clock.now }).execute();
  await db.insertInto('webhook_messages').values({ id: 'message', type: 'license.issued', cause: 'x', payload: '{}', created_at: clock.now }).execute();
  await db.insertInto('webhook_deliveries').values({ id: 'sent', message_id: 'message', endpoint_id: 'endpoint', status: 'delivered', attempts: 1, last_status: 200, last_error: null, created_at: clock.now, updated_at: clock.now, delivered_at: clock.now }).execute();
  await db.insertInto('users').values({ id: 'user', email: 'r@example.com', email_key: 'r@example.com', name: 'R', password_hash: 'x', must_change_password: 0, disabled_at: null, last_login_at: null, created_at: clock.now, updated_at: clock.now, role: 'reseller', organization_id: organization, customer_id: null, totp_key_id: null, totp_cipher: null, totp_confirmed_at: null, totp_last_step: null }).execute();
  return { organization, below, license: issued.body.license_id };
}

onBothDatabases('records under /api/v1', (engine) => {
  const getApp = useTestApp(engine, billingVariables);
  let filled: ReturnType<typeof fill> | undefined;
  const start = async () => {
    const app = await getApp();
    filled ??= fill(app);
    return { app, ...(await filled) };
  };
  const makeToken = async (name: string, scopes: ApiScope[], organizationId: string | null = null) => {
    const { app: { deps: { db, now } } } = await start();
    return (await createToken(db, { name, scopes, expiresAt: null, organizationId }, admin, now())).token;
  };
  const specs = async () => apiRoutes((await start()).app.deps).map(({ spec }) => spec);

  it('of every kind are listed and read as the document says', async () => {
    const { app: { call, adminToken: token } } = await start();
    await makeToken('listed', ['customers.read']);
    const lists = (await specs()).filter(({ method, path, query }) => method === 'get' && path.startsWith('/api/v1/') && !path.includes(':') && query !== undefined && 'cursor' in query.shape);
    assert.ok(lists.length >= 16, `only ${lists.length} lists`);
    const empty: string[] = [];
    for (const { path } of lists) {
      const { status, body } = await call('get', `${path}?limit=100`, { token });
      assert.equal(status, 200, `${path} ${JSON.stringify(body)}`);
      if (body.data.length === 0) empty.push(path);
      if (body.data.length === 0 || path.startsWith('/api/v1/usage')) continue;
      const one = await call('get', `${path}/${body.data[0].id}`, { token });
      assert.deepEqual([one.status, one.body], [200, body.data[0]], path);
      assert.equal((await call('get', `${path}/nobody`, { token })).status, 404, path);
    }
    assert.ok(lists.length - empty.length >= 14, `too little is there to be listed: ${empty.join(', ')} are empty`);
  });

  it('tell what belongs together: an order its lines, licences and refunds, a licence its sites, a subscription its licences', async () => {
    const { app: { call, adminToken: token }, license } = await start();
    const orders = await call('get', '/api/v1/orders', { token });
    const refunded = orders.body.data.find((order: { refunded_minor: number }) => order.refunded_minor > 0);
    assert.deepEqual([refunded.provider, refunded.lines.length > 0, refunded.adjustments.length], ['woocommerce', true, 1]);
    const bought = orders.body.data.find((order: { provider: string; lines: { license_ids: string[] }[] }) => order.provider === 'paddle' && order.lines.some(({ license_ids: ids }) => ids.length > 0));
    const licenseId = bought.lines.find(({ license_ids: ids }: { license_ids: string[] }) => ids.length > 0).license_ids[0];
    const { body: read } = await call('get', `/api/v1/licenses/${licenseId}`, { token });
    const subscriptions = await call('get', '/api/v1/subscriptions', { token });
    assert.ok(subscriptions.body.data.some(({ id, license_ids: ids }: { id: string; license_ids: string[] }) => id === read.subscription_id && ids.includes(licenseId)));
    const { body: own } = await call('get', `/api/v1/licenses/${license}`, { token });
    assert.deepEqual([own.activations.map(({ site }: { site: string }) => site), own.sites, own.plan.code, own.customer.email], [['shop.example.com'], 1, 'agency', '=cmd@example.com']);
  });

  it('are found by every filter, and each status holds those that show it', async () => {
    const { app: { call, adminToken: token, deps: { db }, clock } } = await start();
    const { body: { data: all } } = await call('get', '/api/v1/licenses?limit=100', { token });
    let found = 0;
    for (const status of ['pending', 'active', 'suspended', 'expired', 'cancelled']) {
      const { body } = await call('get', `/api/v1/licenses?limit=100&status=${status}`, { token });
      assert.deepEqual(new Set(body.data.map((license: { status: string }) => license.status)), new Set(body.data.length > 0 ? [status] : []));
      found += body.data.length;
    }
    assert.equal(found, all.length);
    const before = clock.now;
    clock.now += 400 * 24 * 3_600_000;
    assert.ok((await call('get', '/api/v1/licenses?status=expired', { token })).body.data.length > 0);
    clock.now = before;
    assert.deepEqual((await call('get', '/api/v1/licenses?plan=agency', { token })).body.data.map(({ plan }: { plan: { code: string } }) => plan.code), ['agency']);
    assert.equal((await call('get', '/api/v1/licenses?plan=gold', { token })).body.data.length, 0);
    const order = await db.selectFrom('orders').select(['id', 'customer_id']).where('customer_id', 'is not', null).executeTakeFirstOrThrow();
    assert.ok((await call('get', `/api/v1/orders?customer_id=${order.customer_id}`, { token })).body.data.some(({ id }: { id: string }) => id === order.id));
    const audit = await call('get', '/api/v1/audit?entity=license&actor=api-token', { token });
    assert.ok(audit.body.data.length > 0 && audit.body.data.every((line: { entity: string; actor: string }) => line.entity === 'license' && line.actor === 'api-token'));
  });

  it('open to the scope of the token alone', async () => {
    const { app: { call } } = await start();
    const token = await makeToken('reader', ['customers.read', 'exports.read']);
    for (const { method, path, scope, auth } of await specs()) {
      if (auth !== 'admin' || method !== 'get') continue;
      const { status } = await call(method, path.replaceAll(/:\w+/g, 'nobody'), { token });
      const isOpen = scope === 'customers.read' || path === '/api/v1/exports/customers';
      assert.equal(status === 403, !isOpen, `${path} (${scope}) answered ${status}`);
    }
  });

  it('outside its subtree do not exist for the token of an organisation', async () => {
    const { app, organization, below, license } = await start();
    const { call, deps: { db }, adminToken } = app;
    const stranger = await addOrganization(app);
    const all: ApiScope[] = ['customers.read', 'licenses.read', 'licenses.issue', 'keys.read', 'orders.read', 'subscriptions.read', 'usage.read', 'organizations.read', 'users.read', 'exports.read'];
    const own = await makeToken('reseller', all, organization);
    const others = await makeToken('stranger', all, stranger);
    const ids = async (path: string, token: string) => (await call('get', `/api/v1/${path}?limit=100`, { token })).body.data.map(({ id }: { id: string }) => id);
    assert.deepEqual(await ids('licenses', own), [license]);
    assert.deepEqual((await ids('organizations', own)).toSorted(), [organization, below].toSorted());
    assert.deepEqual(await ids('users', own), ['user']);
    assert.equal((await ids('usage-records', own)).length, 1);
    for (const path of ['customers', 'licenses', 'orders', 'subscriptions', 'usage-records', 'users']) {
      assert.deepEqual(await ids(path, others), [], path);
      if (path !== 'usage-records') for (const id of await ids(path, adminToken)) assert.equal((await call('get', `/api/v1/${path}/${id}`, { token: others })).status, 404, path);
      const exported = await call('get', `/api/v1/exports/${path.replace('-records', '')}?format=json`, { token: others });
      assert.deepEqual(exported.body, [], path);
    }
    assert.equal((await call('get', '/api/v1/audit', { token: own })).status, 403);
    assert.equal((await call('post', '/api/create_license', { token: own, body: { email: 'a@example.com', plan: 'pro', months: 1 } })).body.error.code, 'FORBIDDEN');
    await db.updateTable('organizations').set({ disabled_at: 1 }).where('id', '=', stranger).execute();
    assert.equal((await call('get', '/api/v1/customers', { token: others })).status, 401);
  });

  it('are exported as they are listed, and nothing in a table acts as a formula', async () => {
    const { app: { call, adminToken: token, deps: { db } } } = await start();
    for (const { path, scope } of (await specs()).filter((spec) => spec.path.startsWith('/api/v1/exports/'))) {
      assert.equal(scope, 'exports.read');
      const json = await call('get', `${path}?format=json`, { token });
      assert.ok(json.status === 200 && Array.isArray(json.body), path);
      const csv = await call('get', path, { token });
      assert.match(csv.headers['content-disposition'] ?? '', /^attachment; filename="?[a-z-]+-2026-11-21\.csv"?$/);
      assert.ok(csv.text.split('\r\n').length >= 2, path);
    }
    const { body: listed } = await call('get', '/api/v1/licenses?limit=100', { token });
    assert.deepEqual((await call('get', '/api/v1/exports/licenses?format=json', { token })).body, listed.data);
    const { text } = await call('get', '/api/v1/exports/customers', { token });
    assert.ok(text.includes("'=cmd@example.com") && text.includes(`"'=HYPERLINK(""http://evil"")"`), text);
    const filtered = await call('get', '/api/v1/exports/licenses?plan=agency', { token });
    assert.equal(filtered.text.trim().split('\r\n').length, 2);
    assert.match(filtered.text, /^id,key_hint,customer_id,customer_name,customer_email,organization_id,plan_code,/);
    const line = await db.selectFrom('audit_log').selectAll().where('action', '=', 'export.made').where('after_json', 'like', '%agency%').executeTakeFirstOrThrow();
    assert.deepEqual([line.entity_id, line.actor, JSON.parse(line.after_json ?? '')], ['licenses', 'api-token', { format: 'csv', plan: 'agency' }]);
  });

  it('are exported whole however many there are', async () => {
    const { app: { call, adminToken: token, deps: { db }, clock } } = await start();
    const customers = Array.from({ length: 1_001 }, (_, index) => ({ id: `c${String(index).padStart(5, '0')}`, email: `many${index}@example.com`, email_key: `many${index}@example.com`, name: 'x', company: null, locale: 'en', status: 'validated', created_at: clock.now - Math.floor(index / 3), updated_at: clock.now }));
    for (let from = 0; from < customers.length; from += 500) await db.insertInto('customers').values(customers.slice(from, from + 500)).execute();
    const { body } = await call('get', '/api/v1/exports/customers?format=json', { token });
    const expected = await db.selectFrom('customers').select('id').orderBy('created_at', 'desc').orderBy('id', 'desc').execute();
    assert.deepEqual(body.map(({ id }: { id: string }) => id), expected.map(({ id }) => id));
  });
});

describe('a file that is made while it is sent', () => {
  /** Sends what the generator makes to one client and returns the client's answer. */
  async function serve(chunks: AsyncGenerator<string>, use: (url: string) => Promise<void>): Promise<unknown> {
    const outcome = Promise.withResolvers<unknown>();
    const app = express();
    app.get('/', (_req, res) => void sendFile(res, { name: 'x.csv', type: 'text/csv', chunks }).then(() => outcome.resolve('sent'), outcome.resolve));
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const result = await outcome.promise;
    server.closeAllConnections();
    server.close();
    return result;
  }

  it('is made no further when the receiver leaves, and no faster than it takes', async () => {
    const made = { chunks: 0, isEnded: false };
    async function* endless() {
      try {
        for (;;) {
          made.chunks += 1;
          yield 'x'.repeat(64 * 1024);
        }
      } finally {
        made.isEnded = true;
      }
    }
    const result = await serve(endless(), async (url) => {
      const leaving = new AbortController();
      const { body } = await fetch(url, { signal: leaving.signal });
      await body?.getReader().read();
      const waited = made.chunks;
      leaving.abort();
      assert.ok(waited < 1_000, `${waited} chunks were made for one that was taken`);
    });
    assert.deepEqual([result, made.isEnded], ['sent', true]);
  });

  it('is cut off when the making fails, so that half a file is none', async () => {
    async function* failing() {
      yield 'first line\r\n';
      throw new Error('the database is gone');
    }
    const result = await serve(failing(), async (url) => {
      await assert.rejects(async () => (await fetch(url)).text());
    });
    assert.match(String(result), /the database is gone/);
  });
});
