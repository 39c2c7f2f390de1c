import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, it } from 'node:test';
import { onBothDatabases, useTestApp } from '../harness.ts';
import { billingVariables, deliveriesOf, map, paddleEvent, payload, sendPaddle, sendWoo, statusesOf, wooOrder, work } from '../deliveries.ts';

type Call = { method: string; path: string; authorization: string | undefined; query: URLSearchParams; body: unknown };

/** A real HTTP server that answers as the shop's REST API and as Paddle's API do. */
function providerServer(): { server: Server; calls: Call[]; answers: Map<string, { status: number; body: unknown }> } {
  const calls: Call[] = [];
  const answers = new Map<string, { status: number; body: unknown }>();
  const server = createServer((req, res) => {
    void readBody(req).then((text) => {
      const url = new URL(req.url ?? '/', 'http://localhost');
      calls.push({ method: req.method ?? '', path: url.pathname, authorization: req.headers.authorization, query: url.searchParams, body: text === '' ? undefined : JSON.parse(text) });
      const answer = answers.get(`${req.method} ${url.pathname}`) ?? { status: 404, body: { code: 'not_found' } };
      res.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer.body));
    });
  });
  return { server, calls, answers };
}

async function readBody(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

const provider = providerServer();
let variables: Record<string, string> = {};
before(async () => {
  await new Promise<void>((resolve) => provider.server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(provider.server.address() as AddressInfo).port}`;
  Object.assign(variables, { ...billingVariables, WOOCOMMERCE_URL: url, WOOCOMMERCE_CONSUMER_KEY: 'ck_test', WOOCOMMERCE_CONSUMER_SECRET: 'cs_test', PADDLE_API_KEY: 'pdl_test_key', PADDLE_BASE_URL: url });
});
after(() => provider.server.close());

onBothDatabases('with access to the providers\' APIs', (engine) => {
  const app = useTestApp(engine, variables);

  it('writes the keys into the meta data of the shop\'s order, never its lines, and nothing changes when the shop tells of that', async () => {
    const shop = await app();
    const order = wooOrder({ line_items: [{ id: 1, name: 'Pro', product_id: 11, variation_id: 0, quantity: 2, total: '98.00', sku: 'CHATELLO-PRO' }] });
    const path = `/wp-json/wc/v3/orders/${order.id}`;
    provider.answers.set(`PUT ${path}`, { status: 503, body: {} });
    await sendWoo(shop, order);
    await work(shop);
    provider.answers.set(`PUT ${path}`, { status: 200, body: { id: order.id } });
    shop.clock.now += 60_000;
    await work(shop);
    const puts = provider.calls.filter((call) => call.method === 'PUT' && call.path === path);
    assert.equal(puts.length, 2, 'a shop that is down is asked again');
    const written = (puts[1]?.body as { meta_data: { key: string; value: string }[] } | undefined)?.meta_data[0];
    assert.deepEqual([Object.keys(puts[1]?.body as object), written?.key], [['meta_data'], '_chatello_license_keys']);
    const keys = written?.value.split('\n') ?? [];
    assert.equal(keys.length, 2);
    for (const key of keys) assert.equal((await shop.call('post', '/api/validate', { key, body: {} })).body.code, 'VALID');

    await sendWoo(shop, { ...order, date_modified_gmt: '2026-11-21T11:59:00', meta_data: [{ id: 9, key: '_chatello_license_keys', value: written?.value }] });
    await work(shop);
    assert.equal((await statusesOf(shop, order.id)).length, 2);
    assert.equal(provider.calls.filter((call) => call.method === 'PUT' && call.path === path).length, 2);
  });

  it('takes back as many units as a partial refund names, the last first, and none for an amount alone', async () => {
    const shop = await app();
    const order = wooOrder({ total: '147.00', line_items: [{ id: 311, name: 'Pro', product_id: 11, variation_id: 0, quantity: 3, total: '147.00', sku: 'CHATELLO-PRO' }] });
    const path = `/wp-json/wc/v3/orders/${order.id}`;
    provider.answers.set(`PUT ${path}`, { status: 200, body: {} });
    provider.answers.set(`GET ${path}`, { status: 200, body: order });
    provider.answers.set(`GET ${path}/refunds`, { status: 200, body: payload<object[]>('woocommerce/api.list-order-refunds.json').map((refund) => ({ ...refund, id: `${(refund as { id: number }).id}-${order.id}` })) });
    const refunds = [{ id: `726-${order.id}`, reason: '', total: '-10.00' }, { id: `724-${order.id}`, reason: '', total: '-9.00' }];
    await sendWoo(shop, order);
    await work(shop);
    await sendWoo(shop, { ...order, status: 'completed', refunds, date_modified_gmt: '2026-11-21T11:30:00' });
    await work(shop);
    assert.deepEqual(await statusesOf(shop, order.id), ['CHATELLO-PRO:active', 'CHATELLO-PRO:active', 'CHATELLO-PRO:cancelled']);
    const row = await shop.deps.db.selectFrom('orders').select('refunded_minor').where('external_id', '=', String(order.id)).executeTakeFirstOrThrow();
    assert.equal(row.refunded_minor, 1_900);
    const asked = () => provider.calls.filter((call) => call.path === `${path}/refunds`).length;
    const before = asked();
    await sendWoo(shop, { ...order, status: 'completed', refunds, date_modified_gmt: '2026-11-21T11:31:00' });
    await work(shop);
    assert.equal(asked(), before, 'refunds that are known are not asked for again');
  });

  it('takes a refund of an order that the shop has deleted meanwhile by what the delivery says, and writes no key into what is gone', async () => {
    const shop = await app();
    const order = wooOrder({ total: '98.00', line_items: [{ id: 411, name: 'Pro', product_id: 11, variation_id: 0, quantity: 2, total: '98.00', sku: 'CHATELLO-PRO' }] });
    const path = `/wp-json/wc/v3/orders/${order.id}`;
    provider.answers.set(`PUT ${path}`, { status: 404, body: { code: 'woocommerce_rest_shop_order_invalid_id', message: 'Invalid ID.' } });
    provider.answers.set(`GET ${path}`, { status: 404, body: { code: 'woocommerce_rest_shop_order_invalid_id', message: 'Invalid ID.' } });
    provider.answers.set(`GET ${path}/refunds`, { status: 404, body: { code: 'woocommerce_rest_invalid_order_id', message: 'Invalid order ID.' } });
    await sendWoo(shop, order);
    await work(shop);
    const refund = (id: string, total: string, minute: string) => sendWoo(shop, { ...order, status: 'completed', refunds: [{ id, reason: '', total }], date_modified_gmt: `2026-11-21T11:${minute}:00` });
    await refund(`1-${order.id}`, '-10.00', '30');
    await work(shop);
    assert.deepEqual(await statusesOf(shop, order.id), ['CHATELLO-PRO:active', 'CHATELLO-PRO:active']);
    await refund(`2-${order.id}`, '-88.00', '31');
    await work(shop);
    assert.deepEqual(await statusesOf(shop, order.id), ['CHATELLO-PRO:cancelled', 'CHATELLO-PRO:cancelled']);
    assert.deepEqual((await deliveriesOf(shop)).filter(({ status }) => status === 'dead'), []);
    assert.deepEqual(await shop.deps.db.selectFrom('jobs').select('last_error').where('status', '=', 'dead').execute(), []);
  });

  it('says so when the address of the shop leads to no shop', async () => {
    const shop = await app();
    const order = wooOrder({ refunds: [{ id: 'elsewhere', reason: '', total: '-1.00' }] });
    provider.answers.set(`GET /wp-json/wc/v3/orders/${order.id}/refunds`, { status: 404, body: { code: 'rest_no_route' } });
    await sendWoo(shop, order);
    await work(shop);
    assert.match((await deliveriesOf(shop)).find(({ status }) => status === 'dead')?.reason ?? '', /\(404\).*WOOCOMMERCE_URL/);
  });

  it('asks the shop which of two states of one second is the present one', async () => {
    const shop = await app();
    const order = wooOrder();
    provider.answers.set(`PUT /wp-json/wc/v3/orders/${order.id}`, { status: 200, body: {} });
    provider.answers.set(`GET /wp-json/wc/v3/orders/${order.id}`, { status: 200, body: order });
    await sendWoo(shop, order);
    await work(shop);
    await sendWoo(shop, { ...order, status: 'cancelled' });
    await work(shop);
    assert.deepEqual(await statusesOf(shop, order.id), ['CHATELLO-PRO:active']);
  });

  it('asks Paddle for the address of a customer of whom nothing has come', async () => {
    const shop = await app();
    await map(shop, 'paddle', 'pri_01gsz8x8sawmvhz1pv30nge1ke', 'pro', 1);
    for (const price of ['pri_01h1vjfevh5etwq3rb416a23h2', 'pri_01gsz98e27ak2tyhexptwc58yk']) await map(shop, 'paddle', price, null);
    const { data } = paddleEvent('customer.created', { id: 'ctm_asked', email: 'asked@example.test', locale: 'it' });
    provider.answers.set('GET /customers/ctm_asked', { status: 200, body: { data, meta: { request_id: 'r' } } });
    await sendPaddle(shop, paddleEvent('transaction.completed', { id: 'txn_asked', customer_id: 'ctm_asked' }));
    await work(shop);
    assert.equal((await statusesOf(shop, 'txn_asked')).length, 10);
    const email = await shop.deps.db.selectFrom('emails').select(['recipient', 'locale']).where('recipient', '=', 'asked@example.test').executeTakeFirstOrThrow();
    assert.equal(email.locale, 'it');
    assert.equal(provider.calls.find((call) => call.path === '/customers/ctm_asked')?.authorization, 'Bearer pdl_test_key');
  });

  it('keeps a purchase waiting while Paddle does not answer, and says what is wrong', async () => {
    const shop = await app();
    provider.answers.set('GET /customers/ctm_refused', { status: 403, body: {} });
    await sendPaddle(shop, paddleEvent('transaction.completed', { id: 'txn_refused', customer_id: 'ctm_refused' }));
    await work(shop);
    const job = await shop.deps.db.selectFrom('jobs').select(['status', 'last_error']).where('kind', '=', 'apply-delivery').orderBy('created_at', 'desc').orderBy('id', 'desc').executeTakeFirstOrThrow();
    assert.deepEqual([job.status, job.last_error?.includes('PADDLE_API_KEY')], ['queued', true]);
    provider.answers.set('GET /customers/ctm_refused', { status: 200, body: { data: paddleEvent('customer.created', { id: 'ctm_refused' }).data } });
    shop.clock.now += 60_000;
    await work(shop);
    assert.equal((await statusesOf(shop, 'txn_refused')).length, 10);
  });
});
