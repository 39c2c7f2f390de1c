import assert from 'node:assert/strict';
import { it } from 'node:test';
import { onBothDatabases, useTestApp, type TestApp } from '../harness.ts';
import { billingVariables, licensesOf, map, paddleEvent, paddleHeaders, payload, sendPaddle, sendWoo, wooOrder, work, type PaddleEvent } from '../deliveries.ts';

const seatPrice = 'pri_01gsz8x8sawmvhz1pv30nge1ke';
const otherPrices = ['pri_01h1vjfevh5etwq3rb416a23h2', 'pri_01gsz98e27ak2tyhexptwc58yk', 'pri_01gsz95g2zrkagg294kpstx54r'];
/** The four of the twelve that say something of licences; their 24 orders are the classes, the others stand anywhere. */
const telling = ['customer.created', 'subscription.activated', 'subscription.created', 'transaction.completed'];

function permutations<Item>(items: Item[]): Item[][] {
  return items.length <= 1 ? [items] : items.flatMap((item, index) => permutations([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]));
}

/** Reproducible: the same numbers in every run. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

onBothDatabases('purchases converge', (engine) => {
  // The deliveries come from many addresses, as a provider's do: there is a limit for each.
  const server = useTestApp(engine, { ...billingVariables, TRUST_PROXY: '1' });
  const app = async (): Promise<TestApp> => {
    const shop = await server();
    await map(shop, 'paddle', seatPrice, 'pro', 1);
    for (const price of otherPrices) await map(shop, 'paddle', price, null, 1);
    return shop;
  };
  const orders = engine === 'sqlite' ? 1_008 : 24;

  it(`on one state for ${orders} orders of the published 12 events of a checkout, ${orders / 24} of each class`, async () => {
    const shop = await app();
    const events = payload<PaddleEvent[]>('paddle/scenario.checkout-with-subscription.events.json');
    const classes = permutations(telling.map((type) => events.findIndex(({ event_type: known }) => known === type)));
    const others = events.map((_, index) => index).filter((index) => !classes[0]?.includes(index));
    const random = randomFrom(20_261_121);
    const seen = new Set<string>();
    // Fewer seats, so that a thousand orders do not take minutes; everything else is as published.
    const text = JSON.stringify(events).replaceAll('"quantity":10', '"quantity":2');
    for (let round = 0; round < orders; round += 1) {
      const order = [...(classes[round % classes.length] ?? [])];
      for (const index of others) order.splice(random(order.length + 1), 0, index);
      const own = JSON.parse(text.replace(/\b(txn|ctm|sub|evt|ntf)_\w+/g, (id) => `${id}_${round}`)) as PaddleEvent[];
      for (const index of order) {
        const raw = JSON.stringify(own[index]);
        assert.equal((await shop.call('post', '/webhooks/paddle', { raw, headers: { ...paddleHeaders(raw, shop.clock.now), 'X-Forwarded-For': `10.1.${round >> 8}.${round & 255}` } })).status, 200);
        if (round % 4 === 0 || index === order.at(-1)) await work(shop);
        shop.clock.now += 1;
      }
      const id = own.find(({ event_type: type }) => type === 'transaction.completed')?.data['id'] as string;
      const issued = await shop.deps.db.selectFrom('order_units').innerJoin('order_lines', 'order_lines.id', 'order_units.order_line_id').innerJoin('orders', 'orders.id', 'order_lines.order_id').innerJoin('licenses', 'licenses.id', 'order_units.license_id')
        .select(['licenses.status', 'licenses.expires_at', 'licenses.subscription_status', 'licenses.grace_ms', 'order_units.unit']).where('orders.external_id', '=', id).orderBy('order_units.unit').execute();
      const mails = await shop.deps.db.selectFrom('emails').select('status').where('cause', 'like', `purchase:paddle:main:${id}:%`).execute();
      seen.add(JSON.stringify([issued, mails.map(({ status }) => status)]));
    }
    assert.equal(seen.size, 1, [...seen].join('\n'));
    const [[licenses, mails] = [[], []]] = [...seen].map((outcome) => JSON.parse(outcome) as [{ status: string; expires_at: number; subscription_status: string }[], string[]]);
    assert.deepEqual([licenses.map(({ status, expires_at: end, subscription_status: standing }) => [status, new Date(end).toISOString(), standing]), mails], [Array.from({ length: 2 }, () => ['active', '2024-05-12T13:16:08.821Z', 'active']), ['sent']]);
  });

  it('on one key and one e-mail for 20 identical deliveries at once, and for a status that goes to and fro', async () => {
    const shop = await app();
    const order = wooOrder();
    const answers = await Promise.all(Array.from({ length: 20 }, () => sendWoo(shop, order)));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    assert.equal(answers.filter(({ body }) => body.duplicate === false).length, 1);
    await Promise.all([work(shop), work(shop), work(shop)]);
    for (const [index, status] of ['completed', 'processing', 'completed', 'processing'].entries()) await sendWoo(shop, { ...order, status, date_modified_gmt: `2026-11-21T11:0${index + 1}:00` });
    await Promise.all([work(shop), work(shop)]);
    await work(shop);
    const licenses = (await licensesOf(shop)).filter((row) => row.order === String(order.id));
    const mails = await shop.deps.db.selectFrom('emails').select('id').where('cause', 'like', `purchase:woocommerce:main:${order.id}:%`).execute();
    assert.deepEqual([licenses.map(({ status }) => status), mails.length], [['active'], 1]);
  });

  it('leaves what is paid alone when the published past_due state names a later period', async () => {
    const shop = await app();
    const paid = paddleEvent('transaction.completed', { id: 'txn_pastdue', customer_id: 'ctm_pastdue', subscription_id: 'sub_01hv8x29kz0t586xy6zn1a62ny' });
    for (const event of [paddleEvent('customer.created', { id: 'ctm_pastdue', email: 'pastdue@example.test' }), paid]) await sendPaddle(shop, event);
    await work(shop);
    const ends = async () => [...new Set((await licensesOf(shop)).filter((row) => row.order === 'txn_pastdue').map(({ expires_at: end }) => new Date(end ?? 0).toISOString()))];
    const before = await ends();
    assert.deepEqual(before, ['2024-05-12T10:18:47.635Z']);
    const raw = JSON.stringify(payload('paddle/subscription.past_due.json'));
    assert.equal((await shop.call('post', '/webhooks/paddle', { raw, headers: paddleHeaders(raw, shop.clock.now) })).status, 200);
    await work(shop);
    assert.deepEqual(await ends(), before);
    const row = await shop.deps.db.selectFrom('subscriptions').select(['status', 'period_ends_at']).where('external_id', '=', 'sub_01hv8x29kz0t586xy6zn1a62ny').executeTakeFirstOrThrow();
    assert.deepEqual({ ...row }, { status: 'past_due', period_ends_at: Date.parse('2024-06-12T10:18:47.635Z') });
  });
});
