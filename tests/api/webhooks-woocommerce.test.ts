import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { createTestApp, onBothDatabases, useTestApp, type TestApp } from '../harness.ts';
import type { Engine } from '../../server/db/database.ts';
import { billingVariables, capturedOrders, capturedPings, licensesOf, map, payload, sendWoo, statusesOf, wooHeaders, wooOrder, work, type Captured } from '../deliveries.ts';

/** What the 55 captured deliveries of a real shop add up to, by order. */
const expected: Record<string, string[]> = {
  20: ['CHATELLO-PRO:cancelled'],
  22: ['CHATELLO-PRO:cancelled', 'CHATELLO-PRO:cancelled'],
  25: ['CHATELLO-PRO:cancelled'],
  26: ['CHATELLO-AGENCY:active'],
  27: ['CHATELLO-TEAM-5:active', 'CHATELLO-TEAM-5:active', 'CHATELLO-TEAM-5:active'],
  28: ['CHATELLO-PRO:active'],
  29: [],
  31: ['CHATELLO-PRO:active'],
  32: [],
  33: ['CHATELLO-PRO:active'],
  34: ['CHATELLO-PRO:active'],
  35: ['CHATELLO-PRO:active'],
  36: ['CHATELLO-PRO:active'],
  37: ['CHATELLO-PRO:active'],
  38: ['CHATELLO-PRO:active'],
};
const active = Object.fromEntries(Object.entries(expected).map(([order, statuses]) => [order, statuses.filter((status) => status.endsWith(':active'))]));

const shops: TestApp[] = [];

/** An own server for what a shared one would blur; closed when the suite ends. */
async function openShop(engine: Engine, variables: Record<string, string> = billingVariables): Promise<TestApp> {
  const shop = await createTestApp(engine, variables);
  shops.push(shop);
  return shop;
}

async function deliver(engine: Engine, deliveries: Captured[], jobsAfterEach: boolean): Promise<TestApp> {
  const app = await openShop(engine);
  await map(app, 'woocommerce', 'MUG', null, null);
  await map(app, 'woocommerce', 'CHATELLO-TEAM-5', 'agency');
  for (const { headers, body } of deliveries) {
    const response = await app.call('post', '/webhooks/woocommerce', { raw: body, headers });
    assert.deepEqual([response.status, response.body], [200, { received: true, duplicate: false }]);
    if (jobsAfterEach) await work(app);
  }
  await work(app);
  return app;
}

async function statuses(app: TestApp, onlyActive: boolean): Promise<Record<string, string[]>> {
  const result: Record<string, string[]> = {};
  for (const order of Object.keys(expected)) result[order] = (await statusesOf(app, order)).filter((status) => !onlyActive || status.endsWith(':active'));
  return result;
}

function shuffled<Item>(items: Item[], seed: number): Item[] {
  let state = seed;
  const random = () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  return items.map((item) => ({ item, rank: random() })).sort((a, b) => a.rank - b.rank).map(({ item }) => item);
}

onBothDatabases('POST /webhooks/woocommerce', (engine) => {
  const app = useTestApp(engine, billingVariables);
  after(async () => {
    for (const shop of shops.splice(0)) await shop.close();
  });

  it('ends in the right licences for the deliveries of a real shop, in the order in which they came', async () => {
    const shop = await deliver(engine, capturedOrders(), true);
    assert.deepEqual(await statuses(shop, false), expected);
    const emails = await shop.deps.db.selectFrom('emails').select(['cause', 'status']).where('template', '=', 'purchase').execute();
    assert.equal(emails.length, 13, 'one e-mail for each order that issued keys');
    assert.ok(emails.every(({ status }) => status === 'sent'));
    const refunded = await shop.deps.db.selectFrom('orders').select(['total_minor', 'refunded_minor', 'currency', 'status']).where('external_id', '=', '22').executeTakeFirstOrThrow();
    assert.deepEqual({ ...refunded }, { total_minor: 11_050, refunded_minor: 11_050, currency: 'EUR', status: 'refunded' });
  });

  it('leaves the same licences active whatever the order of the deliveries, and issues no key for an order whose refund came first', async () => {
    for (const deliveries of [capturedOrders().toReversed(), shuffled(capturedOrders(), 1), shuffled(capturedOrders(), 2)]) {
      const shop = await deliver(engine, deliveries, true);
      assert.deepEqual(await statuses(shop, true), active);
      }
    const reversed = await deliver(engine, capturedOrders().toReversed(), true);
    for (const order of [20, 22, 25, 29]) assert.deepEqual(await statusesOf(reversed, order), [], `order ${order} was refunded before it was seen`);
  });

  it('answers the unsigned ping of a new webhook with 200 and stores nothing', async () => {
    const { call, deps } = await app();
    for (const { headers, body } of capturedPings()) {
      const response = await call('post', '/webhooks/woocommerce', { raw: body, headers });
      assert.equal(response.status, 200);
    }
    assert.deepEqual(await deps.db.selectFrom('inbox').selectAll().execute(), []);
  });

  it('verifies the published signature, and refuses a changed body, a foreign secret and a missing header with 401', async () => {
    const { body, secret, 'X-WC-Webhook-Signature': signature } = payload<Record<string, string>>('woocommerce/derived/_signature-vector.json');
    const vector = await openShop(engine, { WOOCOMMERCE_WEBHOOK_SECRETS: `a,${secret}` });
    const genuine = await vector.call('post', '/webhooks/woocommerce', { raw: body ?? '', headers: { 'X-WC-Webhook-Signature': signature ?? '', 'Content-Type': 'application/json' } });
    assert.equal(genuine.status, 200);
    for (const [raw, headers] of [[`${body} `, { 'X-WC-Webhook-Signature': signature ?? '' }], [body ?? '', wooHeaders(body ?? '', 'order.updated', 'foreign')], [body ?? '', {}]] as const) {
      const refused = await vector.call('post', '/webhooks/woocommerce', { raw, headers: { 'Content-Type': 'application/json', ...headers } });
      assert.deepEqual([refused.status, refused.body.error.code], [401, 'SIGNATURE_INVALID']);
      assert.match(refused.body.error.message, /WOOCOMMERCE_WEBHOOK_SECRETS/);
    }
  });

  it('refuses every delivery while no secret is configured, and says which variable to set', async () => {
    const unset = await openShop(engine, {});
    const response = await unset.call('post', '/webhooks/woocommerce', { raw: '{}', headers: wooHeaders('{}', 'order.updated', '') });
    assert.equal(response.status, 401);
    assert.match(response.body.error.message, /WOOCOMMERCE_WEBHOOK_SECRETS is not set/);
  });

  it('takes what a body means from the body, not from the topic that nothing signs', async () => {
    const shop = await app();
    const order = wooOrder();
    await sendWoo(shop, order, 'order.updated');
    for (const topic of ['order.deleted', 'order.created', 'subscription.updated', 'coupon.created']) assert.equal((await sendWoo(shop, order, topic)).status, 200);
    await work(shop);
    assert.deepEqual(await statusesOf(shop, order.id), ['CHATELLO-PRO:active']);
  });

  it('issues nothing before an order is paid, and once when it is', async () => {
    const shop = await app();
    const order = wooOrder();
    const { id } = order;
    for (const [status, second] of [['pending', 1], ['on-hold', 2], ['checkout-draft', 3], ['failed', 4], ['processing', 5]] as const) {
      await sendWoo(shop, { ...order, status, date_paid_gmt: null, date_modified_gmt: `2026-11-21T11:00:0${second}` });
    }
    await work(shop);
    assert.deepEqual(await statusesOf(shop, id), []);
    await sendWoo(shop, { ...order, status: 'completed', date_paid_gmt: null, date_modified_gmt: '2026-11-21T11:00:06' });
    await sendWoo(shop, { ...order, status: 'processing', date_paid_gmt: '2026-11-21T11:00:06', date_modified_gmt: '2026-11-21T11:00:07' });
    await work(shop);
    assert.deepEqual(await statusesOf(shop, id), ['CHATELLO-PRO:active']);
  });

  it('takes licences back while a paid order is cancelled, gives them back when it is not, and never lets an older state win', async () => {
    const shop = await app();
    const order = wooOrder({ date_modified_gmt: '2026-11-21T11:00:01' });
    const state = (status: string, time: string) => ({ ...order, status, date_modified_gmt: time });
    for (const [status, time, result] of [['processing', '2026-11-21T11:00:01', 'active'], ['cancelled', '2026-11-21T11:00:05', 'cancelled'], ['processing', '2026-11-21T11:00:03', 'cancelled'], ['completed', '2026-11-21T11:00:07', 'active']] as const) {
      await sendWoo(shop, state(status, time));
      await work(shop);
      assert.deepEqual(await statusesOf(shop, order.id), [`CHATELLO-PRO:${result}`]);
    }
    const emails = await shop.deps.db.selectFrom('emails').selectAll().where('cause', 'like', `purchase:woocommerce:main:${order.id}:%`).execute();
    assert.equal(emails.length, 1);
  });

  it('gives one key and one e-mail for 20 identical deliveries at once, and counts the repetitions', async () => {
    const shop = await app();
    const order = wooOrder();
    const answers = await Promise.all(Array.from({ length: 20 }, () => sendWoo(shop, order)));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    assert.equal(answers.filter(({ body }) => body.duplicate === false).length, 1);
    await Promise.all([work(shop), work(shop), work(shop)]);
    assert.deepEqual(await statusesOf(shop, order.id), ['CHATELLO-PRO:active']);
    const emails = await shop.deps.db.selectFrom('emails').selectAll().where('cause', 'like', `purchase:woocommerce:main:${order.id}:%`).execute();
    assert.equal(emails.length, 1);
    const counted = await shop.deps.db.selectFrom('inbox').select('deliveries').where('deliveries', '>', 1).execute();
    assert.deepEqual(counted.map(({ deliveries }) => deliveries), [20]);
  });

  it('issues one licence for each unit of each line, valid for the months of the mapping', async () => {
    const shop = await app();
    await map(shop, 'woocommerce', '4711', 'agency', 24);
    const line = (id: number, changes: object) => ({ id, name: 'Licence', product_id: 9, variation_id: 0, quantity: 1, total: '10.00', total_tax: '1.90', sku: '', ...changes });
    const order = wooOrder({ line_items: [line(1, { sku: 'CHATELLO-STARTER', quantity: 2 }), line(2, { variation_id: 4711 }), line(3, { product_id: 4711 })] });
    await sendWoo(shop, order);
    await work(shop);
    assert.deepEqual(await statusesOf(shop, order.id), ['4711:active', '4711:active', 'CHATELLO-STARTER:active', 'CHATELLO-STARTER:active']);
    const ends = (await licensesOf(shop)).filter((row) => row.order === String(order.id)).map(({ plan, expires_at: end }) => [plan, new Date(end ?? 0).toISOString()]);
    assert.deepEqual(ends, [['agency', '2028-11-21T11:00:00.000Z'], ['agency', '2028-11-21T11:00:00.000Z'], ['starter', '2027-11-21T11:00:00.000Z'], ['starter', '2027-11-21T11:00:00.000Z']]);
  });
});
