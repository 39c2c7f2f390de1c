import assert from 'node:assert/strict';
import { it } from 'node:test';
import { mapProduct } from '../../server/billing/map-product.ts';
import { onBothDatabases, useTestApp } from '../harness.ts';
import { billingVariables, deliveriesOf, licensesOf, paddleEvent, sendPaddle, sendWoo, statusesOf, wooOrder, work } from '../deliveries.ts';

const by = { actor: 'test' };
const guest = (email: string) => ({ first_name: '', last_name: '', company: '', country: 'DE', email });

onBothDatabases('texts longer than their columns', (engine) => {
  const app = useTestApp(engine, billingVariables);

  it('keep nobody from a key: a buyer without a name is called by an address of any length', async () => {
    const shop = await app();
    const order = wooOrder({ billing: guest(`${'l'.repeat(236)}@example.test`) });
    await sendWoo(shop, order);
    await work(shop);
    assert.deepEqual(await statusesOf(shop, order.id), ['CHATELLO-PRO:active']);
    const [license] = await licensesOf(shop);
    assert.equal(license?.email.length, 249);
  });

  it('of an address that grows when its case is folded make a dead letter that says so', async () => {
    const shop = await app();
    const order = wooOrder({ billing: guest(`${'İ'.repeat(200)}@example.test`) });
    await sendWoo(shop, order);
    await work(shop);
    assert.deepEqual(await statusesOf(shop, order.id), []);
    assert.match((await deliveriesOf(shop)).find(({ status }) => status === 'dead')?.reason ?? '', /has no e-mail address to which the key could be sent/);
  });

  it('of very many unknown products end in one readable dead letter, and the known product is issued', async () => {
    const shop = await app();
    const line = (id: number, sku: string) => ({ id, name: '字'.repeat(255), product_id: 0, variation_id: 0, quantity: 1, total: '1.00', total_tax: '0.00', sku });
    const order = wooOrder({ line_items: [...Array.from({ length: 150 }, (_, index) => line(index + 1, `UNKNOWN-${index}`)), line(900, 'CHATELLO-PRO')] });
    await sendWoo(shop, order);
    await work(shop);
    assert.deepEqual(await statusesOf(shop, order.id), ['CHATELLO-PRO:active']);
    const reason = (await deliveriesOf(shop)).find(({ status, reason: text }) => status === 'dead' && text?.includes('UNKNOWN-0'))?.reason ?? '';
    assert.match(reason, /150 products are not mapped.*UNKNOWN-0\).*, ….*map-product/s);
  });

  it('of a customer of Paddle are not taken for an address, and say so', async () => {
    const shop = await app();
    const customer = paddleEvent('customer.created', { email: `${'x'.repeat(400)}@example.test` });
    await sendPaddle(shop, customer);
    await work(shop);
    const delivery = (await deliveriesOf(shop)).find(({ event_id: id }) => id === customer.event_id);
    assert.equal(delivery?.status, 'handled');
  });

  it('are refused by the API and by map-product with the name of the field', async () => {
    const { call, adminToken: token, deps, clock } = await app();
    for (const [field, body] of Object.entries({
      'body.email': { email: `${'İ'.repeat(60)}@${'İ'.repeat(200)}.example` },
      'body.name': { email: 'a@example.com', name: 'n'.repeat(201) },
      'body.company': { email: 'a@example.com', company: 'n'.repeat(201) },
    })) {
      const { status, body: answer } = await call('post', '/api/customer', { token, body });
      assert.deepEqual([status, answer.error?.field], [400, field]);
    }
    for (const externalId of ['', '   ', 's'.repeat(191)]) {
      await assert.rejects(mapProduct(deps.db, { provider: 'woocommerce', externalId, plan: 'pro', months: 1 }, by, clock.now), /external_id/);
    }
    const { external_id: saved } = await mapProduct(deps.db, { provider: 'woocommerce', externalId: ' SKU-1 ', plan: 'pro', months: 1 }, by, clock.now);
    assert.equal(saved, 'SKU-1', 'shops are read without surrounding space, so a mapping with it would never fit');
  });

  it('with control characters or halves of characters are refused, not stored as something else', async () => {
    const { call, adminToken: token } = await app();
    for (const [field, raw] of Object.entries({
      'body.email': '{"email":"a\\u0000b@example.com"}',
      'body.name': '{"email":"a@example.com","name":"half \\ud800"}',
      'body.company': '{"email":"a@example.com","company":"\\udc00 half"}',
    })) {
      const { status, body } = await call('post', '/api/customer', { token, raw, headers: { 'Content-Type': 'application/json' } });
      assert.deepEqual([status, body.error?.field], [400, field], raw);
    }
    const halfAddress = await call('post', '/api/customer', { token, raw: '{"email":"a\\ud800@example.com"}', headers: { 'Content-Type': 'application/json' } });
    assert.equal(halfAddress.status, 400);
  });
});
