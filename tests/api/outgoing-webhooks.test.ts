import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { transact } from '../../server/db/database.ts';
import { newId } from '../../server/ids.ts';
import { watchLapses } from '../../server/billing/watch-lapses.ts';
import { releaseSite } from '../../server/licenses/activate-site.ts';
import { readLicenses } from '../../server/licenses/read-licenses.ts';
import { changeLicense } from '../../server/licenses/change-license.ts';
import { grantLicense } from '../../server/licenses/grant-license.ts';
import { emitWebhook, type WebhookEvent } from '../../server/webhooks/emit-webhook.ts';
import { deleteEndpoint, disableEndpoint, enableEndpoint, redeliverWebhook, rotateSecret } from '../../server/webhooks/manage-endpoints.ts';
import { postWebhook } from '../../server/webhooks/post-webhook.ts';
import { pruneExpired } from '../../server/jobs/prune-expired.ts';
import { hang } from '../providers/upstream.ts';
import { onBothDatabases } from '../harness.ts';
import { billingVariables, licensesOf, map, payload, sendWoo, wooOrder, work } from '../deliveries.ts';
import { createWebhookApp, signaturesBy, type WebhookApp } from '../webhook-receiver.ts';

const by = { actor: 'test' };
const minute = 60_000;
const hour = 60 * minute;
const event = (cause: string): WebhookEvent => ({ type: 'license.suspended', cause, data: { license_id: 'l', customer_id: 'c', status: 'suspended', expires_at: null, reason: 'unpaid' } });

onBothDatabases('outgoing webhooks', (engine) => {
  const apps: WebhookApp[] = [];
  const open = async () => {
    const app = await createWebhookApp(engine);
    apps.push(app);
    return app;
  };
  const emit = ({ deps, clock }: WebhookApp, cause: string = newId()) => transact(deps.db, (trx) => emitWebhook(trx, event(cause), clock.now));
  const deliveries = ({ deps }: WebhookApp) => deps.db.selectFrom('webhook_deliveries').selectAll().orderBy('created_at').orderBy('id').execute();
  const onlyDelivery = async (app: WebhookApp) => {
    const [delivery, ...more] = await deliveries(app);
    assert.ok(delivery && more.length === 0);
    return delivery;
  };
  after(async () => {
    for (const app of apps) await app.close();
  });

  it('tell of a licence that is issued, suspended and revoked, signed by Standard Webhooks, without the key', async () => {
    const app = await open();
    const { secret } = await app.addEndpoint(['*']);
    const { deps, clock, receiver } = app;
    const created = await app.call('post', '/api/create_license', { token: app.adminToken, body: { email: 'anna@example.com', plan: 'pro', months: 12 } });
    assert.equal(created.status, 201, JSON.stringify(created.body));
    const { license_id: id, license_key: key } = created.body as { license_id: string; license_key: string };
    await work(app);
    clock.now += minute;
    await transact(deps.db, (trx) => changeLicense(trx, id, { type: 'suspend', reason: 'unpaid' }, by, clock.now));
    await transact(deps.db, (trx) => changeLicense(trx, id, { type: 'suspend', reason: 'again' }, by, clock.now));
    await work(app);
    const term = await deps.db.selectFrom('license_terms').select('id').where('license_id', '=', id).executeTakeFirstOrThrow();
    await transact(deps.db, (trx) => changeLicense(trx, id, { type: 'void-term', termId: term.id, reason: 'refunded' }, by, clock.now));
    await work(app);
    assert.deepEqual(receiver.received.map(({ body }) => body['type']), ['license.issued', 'license.suspended', 'license.revoked']);
    const [issued, suspended, revoked] = receiver.received.map(({ body }) => body['data'] as Record<string, unknown>);
    assert.deepEqual([issued?.['license_id'], issued?.['plan'], issued?.['status'], suspended?.['reason'], revoked?.['reason']], [id, 'pro', 'active', 'unpaid', 'refunded']);
    for (const message of receiver.received) {
      assert.equal((await signaturesBy(secret, message)).length, 1);
      assert.ok(Math.abs(Number(message.headers['webhook-timestamp']) * 1000 - clock.now) <= 2 * minute);
      assert.deepEqual([message.headers['content-type'], Object.keys(message.body)], ['application/json', ['type', 'timestamp', 'data']]);
      assert.ok(!message.text.includes(key) && !message.text.includes('anna@example.com'));
      assert.equal((await signaturesBy(secret, { ...message, text: message.text.replace('status', 'stat') })).length, 0);
    }
    assert.equal(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size, 3);
    assert.ok((await deliveries(app)).every((row) => row.status === 'delivered' && row.attempts === 1 && row.last_status === 204 && row.delivered_at !== null));
    assert.equal((await deps.db.selectFrom('jobs').selectAll().where('kind', '=', 'send-webhook').execute()).length, 0);
  });

  it('tell of a whole life: bought, activated, released, renewed, expired, and refunded with its licence revoked, each once', async () => {
    const app = await createWebhookApp(engine, billingVariables);
    apps.push(app);
    const { deps, clock, receiver } = app;
    await app.addEndpoint(['*']);
    await map(app, 'woocommerce', 'CHATELLO-PRO', 'pro', 1);
    await watchLapses(deps);
    const order = wooOrder();
    const subscription = { ...payload('woocommerce/subscription.created.active.json'), id: 770_001, parent_id: order.id, line_items: [{ id: 1, product_id: 11, variation_id: 0, quantity: 1, sku: 'CHATELLO-PRO', name: 'Pro' }] };
    const renewal = wooOrder({ meta_data: [{ id: 1, key: '_subscription_renewal', value: '770001' }], date_paid_gmt: '2026-12-20T11:00:00', date_modified_gmt: '2026-12-20T11:00:00' });
    for (const body of [order, subscription]) await sendWoo(app, body);
    await work(app);
    const license = (await licensesOf(app))[0]?.id ?? '';
    const { key = '' } = (await readLicenses(deps.db, deps.vault, [license]))[0] ?? {};
    await app.call('post', '/api/validate', { key, body: { domain: 'life.example.com' } });
    await releaseSite(deps.db, license, 'life.example.com', by, clock.now);
    for (let n = 0; n < 2; n += 1) await sendWoo(app, { ...renewal, customer_note: `${n}` });
    await work(app);
    clock.now = Date.UTC(2027, 2, 1);
    for (let n = 0; n < 2; n += 1) await watchLapses(deps);
    for (const paid of [renewal, order]) await sendWoo(app, { ...paid, status: 'refunded', refunds: [{ id: `r${paid.id}`, reason: '', total: '-49.00' }], date_modified_gmt: '2027-02-27T00:00:00' });
    await work(app);
    const types = receiver.received.map(({ body }) => String(body['type'])).sort();
    assert.deepEqual(types, ['activation.created', 'activation.deleted', 'license.expired', 'license.issued', 'license.renewed', 'license.revoked', 'order.paid', 'order.paid', 'order.refunded', 'order.refunded']);
    const refunds = receiver.received.filter(({ body }) => body['type'] === 'order.refunded').map(({ body }) => (body['data'] as { refund_minor: number; currency: string }));
    assert.deepEqual(refunds.map(({ refund_minor: amount, currency }) => [amount, currency]), [[4900, 'EUR'], [4900, 'EUR']]);
    assert.ok(receiver.received.every(({ text }) => !text.includes(key) && !text.includes('@')));
  });

  it('are emitted once for a cause, also under 20 that come at once, and not for what is rolled back', async () => {
    const app = await open();
    await app.addEndpoint(['license.suspended']);
    await app.addEndpoint(['*'], `${app.receiver.url}/other`);
    await app.addEndpoint(['license.issued'], `${app.receiver.url}/uninterested`);
    const first = await Promise.all(Array.from({ length: 20 }, () => emit(app, 'same')));
    assert.equal(first.filter(Boolean).length, 1);
    await assert.rejects(transact(app.deps.db, async (trx) => {
      assert.equal(await emitWebhook(trx, event('undone'), app.clock.now), true);
      throw new Error('the cause failed');
    }), /the cause failed/);
    await work(app);
    assert.deepEqual(app.receiver.received.map(({ path }) => path).sort(), ['/hook', '/other']);
    assert.equal(new Set(app.receiver.received.map(({ headers }) => headers['webhook-id'])).size, 1);
    assert.equal((await deliveries(app)).length, 2);
  });

  it('never fail their cause, even when endpoints are deleted at the same moment', async () => {
    const app = await open();
    const endpoints: { id: string }[] = [];
    for (let count = 0; count < 10; count += 1) endpoints.push(await app.addEndpoint(['*']));
    const causes = Array.from({ length: 10 }, () => emit(app));
    await Promise.all([...causes, ...endpoints.slice(1).map(({ id }) => deleteEndpoint(app.deps.db, id, by, app.clock.now))]);
    await work(app);
    assert.equal(app.receiver.received.length, 10);
    assert.ok((await deliveries(app)).every(({ endpoint_id, status }) => endpoint_id === endpoints[0]?.id && status === 'delivered'));
  });

  it('are tried again in growing pauses for about three days, always the same message, and have then failed', async () => {
    const app = await open();
    const { receiver, clock } = app;
    const { secret } = await app.addEndpoint(['*']);
    receiver.answer((res) => void res.writeHead(500).end('out of\r\norder'));
    await emit(app);
    const startedAt = clock.now;
    await work(app);
    const times = [clock.now];
    for (let attempt = 2; attempt <= 10; attempt += 1) {
      const job = await app.deps.db.selectFrom('jobs').selectAll().where('kind', '=', 'send-webhook').executeTakeFirstOrThrow();
      clock.now = job.run_at - 1;
      await work(app);
      assert.equal(receiver.received.length, attempt - 1, 'nothing is sent before its time');
      const delivery = await onlyDelivery(app);
      assert.deepEqual([delivery.status, delivery.attempts, delivery.last_status, delivery.last_error], ['queued', attempt - 1, 500, 'The receiver answered 500 and said “out of order”.']);
      clock.now = job.run_at;
      times.push(clock.now);
      await work(app);
      assert.equal(receiver.received.length, attempt);
    }
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    assert.deepEqual(pauses, [...pauses].sort((a, b) => a - b));
    const lasted = (clock.now - startedAt) / hour;
    assert.ok(lasted > 65 && lasted < 85, `${lasted} hours`);
    const failed = await onlyDelivery(app);
    assert.deepEqual([failed.status, failed.attempts], ['failed', 10]);
    assert.equal((await app.deps.db.selectFrom('jobs').selectAll().where('kind', '=', 'send-webhook').execute()).length, 0);
    assert.equal(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size, 1);
    assert.equal(new Set(receiver.received.map(({ headers }) => headers['webhook-timestamp'])).size, 10);
    assert.ok((await Promise.all(receiver.received.map((message) => signaturesBy(secret, message)))).every((good) => good.length === 1));

    // By hand, after the receiver has been put right.
    receiver.answer((res) => void res.writeHead(200).end());
    await redeliverWebhook(app.deps.db, failed.id, by, clock.now);
    await work(app);
    const delivered = await onlyDelivery(app);
    assert.deepEqual([delivered.status, delivered.attempts, delivered.last_error], ['delivered', 1, null]);
    assert.equal(receiver.received.at(-1)?.headers['webhook-id'], receiver.received[0]?.headers['webhook-id']);
    await redeliverWebhook(app.deps.db, failed.id, by, clock.now);
    await work(app);
    assert.equal(receiver.received.length, 12, 'what was delivered can be delivered once more');
  });

  it('wait as long as the receiver asks for, and go out at once when asked for by hand', async () => {
    const app = await open();
    await app.addEndpoint(['*']);
    app.receiver.answer((res) => void res.writeHead(429, { 'retry-after': '7200' }).end());
    await emit(app);
    await work(app);
    app.clock.now += 2 * hour - 1;
    await work(app);
    assert.equal(app.receiver.received.length, 1);
    app.receiver.answer((res) => void res.writeHead(201).end());
    await redeliverWebhook(app.deps.db, (await onlyDelivery(app)).id, by, app.clock.now);
    await work(app);
    assert.deepEqual([app.receiver.received.length, (await onlyDelivery(app)).status], [2, 'delivered']);
    app.clock.now += 80 * hour;
    await work(app);
    assert.equal(app.receiver.received.length, 2, 'the earlier attempt is not made any more');
  });

  it('end for good when the receiver says 410: the endpoint is disabled, what waits for it fails, nothing new is begun', async () => {
    const app = await open();
    const { id } = await app.addEndpoint(['*']);
    app.receiver.answer((res) => void res.writeHead(410).end());
    await emit(app);
    await emit(app);
    await work(app);
    assert.equal(app.receiver.received.length, 1);
    assert.deepEqual(new Set((await deliveries(app)).map(({ status, last_status }) => `${status} ${last_status ?? 'unsent'}`)), new Set(['failed 410', 'failed unsent']));
    const endpoint = await app.deps.db.selectFrom('webhook_endpoints').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    assert.deepEqual([endpoint.disabled_at, endpoint.disabled_reason], [app.clock.now, 'gone']);
    const audit = await app.deps.db.selectFrom('audit_log').selectAll().where('entity_id', '=', id).where('action', '=', 'webhook.disabled').execute();
    assert.deepEqual(audit.map(({ actor }) => actor), ['system']);
    assert.equal(await emit(app), false);
    const [first] = await deliveries(app);
    await assert.rejects(redeliverWebhook(app.deps.db, first?.id ?? '', by, app.clock.now), { code: 'CONFLICT' });
    await enableEndpoint(app.deps.db, id, by, app.clock.now);
    assert.equal(await emit(app), true);
  });

  it('that wait for an endpoint which is disabled meanwhile are not sent', async () => {
    const app = await open();
    const { id } = await app.addEndpoint(['*']);
    await emit(app);
    await disableEndpoint(app.deps.db, id, by, app.clock.now);
    await work(app);
    assert.deepEqual([app.receiver.received.length, (await onlyDelivery(app)).status], [0, 'failed']);
  });

  it('are signed by the old and the new secret for a day after a rotation, then by the new one alone; no secret rests readable', async () => {
    const app = await open();
    const { id, secret: old } = await app.addEndpoint(['*']);
    const fresh = await rotateSecret(app.deps.db, app.deps.vault, id, by, app.clock.now);
    const countsOf = async (index: number) => {
      const message = await app.receiver.request(index);
      return Promise.all([fresh, old].map(async (secret) => (await signaturesBy(secret, message)).length));
    };
    await emit(app);
    await work(app);
    assert.deepEqual(await countsOf(0), [1, 1]);
    app.clock.now += 24 * hour;
    await emit(app);
    await work(app);
    assert.deepEqual(await countsOf(1), [1, 0]);
    const everything = JSON.stringify([await app.deps.db.selectFrom('webhook_endpoints').selectAll().execute(), await app.deps.db.selectFrom('audit_log').selectAll().execute(), await app.deps.db.selectFrom('webhook_messages').selectAll().execute()]);
    for (const secret of [fresh, old]) assert.ok(!everything.includes(secret) && !everything.includes(secret.slice(6)));
  });

  it('go to no private address, whatever the endpoint says', async () => {
    const app = await open();
    const { port } = new URL(app.receiver.url);
    for (const url of ['http://127.0.0.1:1/', `https://localhost:${port}/`, 'https://[::1]/', 'https://169.254.169.254/latest', 'http://2130706433:1/']) {
      await app.addEndpoint(['*'], url);
    }
    await emit(app);
    await work(app);
    assert.equal(app.receiver.received.length, 0);
    assert.equal((await deliveries(app)).length, 5);
    for (const { status, last_status, last_error } of await deliveries(app)) {
      assert.deepEqual([status, last_status], ['queued', null]);
      assert.match(last_error ?? '', /private network/);
    }
  });

  it('follow no redirect, read no more than the beginning of an answer, and wait no longer than they are given', async () => {
    const app = await open();
    const { receiver, deps } = app;
    const post = (timeoutMs?: number) => postWebhook(deps.config, `${receiver.url}/hook`, { 'webhook-id': 'x' }, '{}', timeoutMs);
    receiver.answer((res) => void res.writeHead(302, { location: `${receiver.url}/elsewhere` }).end());
    assert.deepEqual([(await post()).status, receiver.received.map(({ path }) => path)], [302, ['/hook']]);
    receiver.answer((res) => {
      res.writeHead(200);
      const timer = setInterval(() => res.write('a'.repeat(10_000)), 1);
      res.once('close', () => clearInterval(timer));
    });
    const endless = await post();
    assert.deepEqual([endless.status, endless.status === 200 && endless.said.length], [200, 300]);
    assert.equal(await (await receiver.request(1)).over, 'cut');
    receiver.answer((res) => {
      res.writeHead(200);
      res.write('broken', () => res.destroy());
    });
    assert.equal((await post()).status, 200, 'the status has decided');
    receiver.answer(hang);
    const silent = await post(200);
    assert.ok(silent.status === undefined && silent.problem.code === 'no_answer_in_time');
    assert.equal(await (await receiver.request(3)).over, 'cut');
    receiver.answer((res) => void res.destroy());
    const broken = await post();
    assert.ok(broken.status === undefined && broken.problem.code === 'connection_failed', JSON.stringify(broken));
  });

  it('are forgotten after three months, with their deliveries', async () => {
    const app = await open();
    await app.addEndpoint(['*']);
    await emit(app, 'old');
    await work(app);
    app.clock.now += 89 * 24 * hour;
    await emit(app, 'new');
    await pruneExpired(app.deps);
    assert.equal((await deliveries(app)).length, 2);
    app.clock.now += 2 * 24 * hour;
    await pruneExpired(app.deps);
    assert.equal((await onlyDelivery(app)).status, 'queued');
  });

  it('cost nothing where nobody wants them', async () => {
    const app = await open();
    await transact(app.deps.db, (trx) => grantLicense(trx, app.deps.vault, { customer: { email: 'b@example.com' }, plan: 'pro', months: 1 }, by, app.clock.now));
    assert.equal((await app.deps.db.selectFrom('webhook_messages').selectAll().execute()).length, 0);
  });
});
