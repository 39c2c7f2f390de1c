import assert from 'node:assert/strict';
import { it } from 'node:test';
import { replayDeliveries } from '../../server/billing/replay-delivery.ts';
import { replayDelivery } from '../../server/billing/replay-delivery.ts';
import { onBothDatabases, useTestApp } from '../harness.ts';
import { billingVariables, deliveriesOf, licensesOf, map, paddleEvent, payload, sendPaddle, sendWoo, statusesOf, wooOrder, work } from '../deliveries.ts';

const by = { actor: 'test' };

onBothDatabases('purchases', (engine) => {
  const app = useTestApp(engine, billingVariables);

  it('issues what it knows of an order with an unknown product, shows the rest as a dead letter, and issues that once after map-product and replay', async () => {
    const shop = await app();
    const line = { name: 'Team "5" seats', product_id: 14, variation_id: 16, quantity: 2, total: '199.00', total_tax: '0.00', sku: "TEAM'5" };
    const order = wooOrder({ line_items: [{ id: 1, ...line }, { ...line, id: 2, name: 'Pro', sku: 'CHATELLO-PRO', quantity: 1 }] });
    await sendWoo(shop, order);
    await work(shop);
    assert.deepEqual(await statusesOf(shop, order.id), ['CHATELLO-PRO:active']);
    const dead = (await deliveriesOf(shop)).find(({ status }) => status === 'dead');
    assert.match(dead?.reason ?? '', /Team "5" seats.*npm run chatello -- map-product --provider woocommerce --external-id 'TEAM'\\''5' --plan PLAN/);
    const job = await shop.deps.db.selectFrom('jobs').select(['status', 'last_error']).where('status', '=', 'dead').executeTakeFirstOrThrow();
    assert.equal(job.last_error, dead?.reason);

    await map(shop, 'woocommerce', "TEAM'5", 'agency');
    await replayDelivery(shop.deps.db, dead?.id ?? '', by, shop.clock.now);
    await work(shop);
    assert.deepEqual(await statusesOf(shop, order.id), ['CHATELLO-PRO:active', "TEAM'5:active", "TEAM'5:active"]);
    assert.equal((await replayDeliveries(shop.deps.db, { provider: 'woocommerce' }, by, shop.clock.now)).length, 1);
    await work(shop);
    assert.equal((await statusesOf(shop, order.id)).length, 3);
    const emails = await shop.deps.db.selectFrom('emails').select(['status', 'data']).execute();
    assert.deepEqual(emails.map(({ status, data }) => [status, (JSON.parse(data) as { licenses: string[] }).licenses.length]), [['sent', 1], ['sent', 2]]);
    assert.deepEqual((await deliveriesOf(shop)).map(({ status }) => status), ['handled']);
  });

  it('is quiet about a product that is mapped to no plan', async () => {
    const shop = await app();
    await map(shop, 'woocommerce', 'MUG', null, null);
    const order = wooOrder({ line_items: [{ id: 1, name: 'Mug', product_id: 13, variation_id: 0, quantity: 3, total: '30.00', sku: 'MUG' }] });
    await sendWoo(shop, order);
    await work(shop);
    assert.deepEqual(await statusesOf(shop, order.id), []);
    assert.equal((await deliveriesOf(shop)).filter(({ status }) => status !== 'handled').length, 0);
  });

  it('does not complain about an unknown product that was refunded before it came', async () => {
    const shop = await app();
    const order = wooOrder({ status: 'refunded', refunds: [{ id: 1, reason: '', total: '-49.00' }], line_items: [{ id: 1, name: 'Unheard of', product_id: 999, variation_id: 0, quantity: 1, total: '49.00', sku: 'UNHEARD' }] });
    await sendWoo(shop, order);
    await work(shop);
    assert.equal((await deliveriesOf(shop)).filter(({ status }) => status === 'dead').length, 0);
  });

  it('stores odd but authentic deliveries where people see them, and never answers 5xx', async () => {
    const shop = await app();
    const odd = { ...wooOrder(), billing: { first_name: '🦄\u0000<b>\ud800', last_name: 'Ünï\r\nBcc: x@example.test', company: '', country: 'IT', email: 'odd@example.test' } };
    const hundred = wooOrder({ line_items: Array.from({ length: 100 }, (_, index) => ({ id: index + 1, name: `Line ${index} 🦄`, product_id: 11, variation_id: 0, quantity: 1, total: '1.00', sku: 'CHATELLO-STARTER' })) });
    const yen = wooOrder({ currency: 'JPY', total: '1200' });
    const strange = wooOrder({ currency: 'DOUBLOON', total: '7.5' });
    const free = wooOrder({ total: '0.00' });
    const bodies: [unknown, 'handled' | 'ignored' | 'dead'][] = [
      [odd, 'handled'], [hundred, 'handled'], [yen, 'handled'], [strange, 'handled'], [free, 'handled'],
      ['not json at all', 'dead'], ['', 'dead'], ['null', 'ignored'], ['[]', 'ignored'], ['"text"', 'ignored'], ['\u0000', 'dead'], ['['.repeat(45_000), 'dead'],
      [{ id: 5 }, 'ignored'], [payload('woocommerce/derived/order.payload-error.woocommerce_rest_cannot_view.json'), 'dead'],
      [wooOrder({ total: 'priceless' }), 'dead'], [wooOrder({ line_items: 'none' }), 'dead'], [wooOrder({ line_items: [{ id: 1, name: 'x', quantity: 1e6, total: '1', sku: 'CHATELLO-PRO' }] }), 'dead'],
      [wooOrder({ billing: { email: '' } }), 'dead'], [wooOrder({ billing: null }), 'dead'], [wooOrder({ status: 'shipped-by-owl' }), 'ignored'],
    ];
    for (const [body, status] of bodies) {
      assert.equal((await sendWoo(shop, body, 'x'.repeat(500))).status, 200);
      await work(shop);
      const last = (await deliveriesOf(shop)).at(-1);
      assert.deepEqual([last?.status, last?.status === 'handled' || (last?.reason ?? '') !== ''], [status, true], JSON.stringify(body).slice(0, 80));
      shop.clock.now += 1;
    }
    assert.equal((await statusesOf(shop, hundred.id)).length, 100);
    const totals = await shop.deps.db.selectFrom('orders').select(['total_minor', 'currency']).where('external_id', 'in', [yen.id, strange.id, free.id].map(String)).orderBy('external_id').execute();
    assert.deepEqual(totals.map(({ total_minor: total, currency }) => [total, currency]), [[1200, 'JPY'], [750, 'XXX'], [0, 'EUR']]);
    for (const body of ['{}', '{"event_id":7}', { event_id: 'e'.repeat(500), event_type: 'moon.landed', occurred_at: 'now', data: null }, { ...paddleEvent('transaction.completed'), data: {} }, paddleEvent('payment_method.saved')]) {
      assert.equal((await sendPaddle(shop, body)).status, 200);
      await work(shop);
      assert.ok(['dead', 'ignored'].includes((await deliveriesOf(shop)).at(-1)?.status ?? ''));
      shop.clock.now += 1;
    }
  });

  it('renews the licence of a WooCommerce subscription from its old end, whichever delivery comes first', async () => {
    const shop = await app();
    for (const [index, order] of [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]].entries()) {
      const first = wooOrder();
      const subscriptionId = 900_000 + index;
      const link = { ...payload('woocommerce/subscription.updated.on-hold.json'), id: subscriptionId, parent_id: first.id };
      const renewal = wooOrder({ meta_data: [{ id: 1, key: '_subscription_renewal', value: String(subscriptionId) }], date_paid_gmt: '2026-11-21T11:30:00' });
      for (const step of order) {
        await sendWoo(shop, [first, link, renewal][step]);
        await work(shop);
      }
      const licenses = (await licensesOf(shop)).filter((row) => [first.id, renewal.id].includes(Number(row.order)));
      assert.deepEqual(licenses.map((row) => [row.order, new Date(row.expires_at ?? 0).toISOString()]), [[String(first.id), '2028-11-21T11:00:00.000Z']], order.join());
    }
  });

  it('gives a subscription that no order began its licence with the first renewal, and extends that with the second', async () => {
    const shop = await app();
    const link = { ...payload('woocommerce/subscription.created.active.json'), id: 950_000, parent_id: 0 };
    const renewal = (time: string) => wooOrder({ meta_data: [{ id: 1, key: '_subscription_renewal', value: '950000' }], date_paid_gmt: time });
    const [one, two] = [renewal('2026-10-21T11:00:00'), renewal('2026-11-21T11:00:00')];
    for (const body of [link, one, two]) {
      await sendWoo(shop, body);
      await work(shop);
    }
    const licenses = (await licensesOf(shop)).filter((row) => [one.id, two.id].includes(Number(row.order)));
    assert.deepEqual(licenses.map((row) => [row.order, new Date(row.expires_at ?? 0).toISOString()]), [[String(one.id), '2028-10-21T11:00:00.000Z']]);
  });
});
