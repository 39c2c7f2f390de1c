import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import express from 'express';
import supertest from 'supertest';
import { paddleSignatureProblem } from '../../server/billing/paddle/paddle-signature.ts';
import { createTestApp, onBothDatabases, useTestApp, type TestApp } from '../harness.ts';
import { billingVariables, deliveriesOf, licensesOf, map, paddleEvent, paddleHeaders, payload, sendPaddle, statusesOf, work, type PaddleEvent } from '../deliveries.ts';

const seatPrice = 'pri_01gsz8x8sawmvhz1pv30nge1ke';
const addonPrice = 'pri_01h1vjfevh5etwq3rb416a23h2';
const oneTimePrice = 'pri_01gsz98e27ak2tyhexptwc58yk';
const seatLine = 'txnitm_01hv8wt98jahpbm1t1tzr06z6n';
const start = Date.parse('2024-04-12T12:00:00Z');

let serial = 0;

/** The published purchase of ten seats under ids of its own, with its buyer. */
function purchase(changes: Record<string, unknown> = {}): { paid: PaddleEvent; buyer: PaddleEvent; id: string; subscription: string } {
  serial += 1;
  const [id, customer, subscription] = [`txn_test_${serial}`, `ctm_test_${serial}`, `sub_test_${serial}`];
  return {
    id,
    subscription,
    paid: paddleEvent('transaction.completed', { id, customer_id: customer, subscription_id: subscription, ...changes }),
    buyer: paddleEvent('customer.created', { id: customer, email: `jo${serial}@example.test` }),
  };
}

function adjustment(file: string, transaction: string, changes: Record<string, unknown> = {}): PaddleEvent {
  return paddleEvent(file, { transaction_id: transaction, ...changes });
}

async function deliver(app: TestApp, ...events: PaddleEvent[]): Promise<void> {
  for (const event of events) {
    assert.equal((await sendPaddle(app, event)).status, 200);
    await work(app);
  }
}

onBothDatabases('POST /webhooks/paddle', (engine) => {
  const server = useTestApp(engine, billingVariables);
  const open: (() => Promise<void>)[] = [];
  after(async () => {
    for (const close of open) await close();
  });
  const app = async () => {
    const shop = await server();
    shop.clock.now = Math.max(shop.clock.now, start);
    for (const price of [seatPrice, addonPrice, oneTimePrice]) await map(shop, 'paddle', price, price === seatPrice ? 'pro' : null, 1);
    return shop;
  };

  it('verifies the published signatures, every h1 and every secret, five minutes early and late, and nothing else', () => {
    const { vectors } = payload<{ vectors: { secret: string; body: string; header: string; valid: boolean }[] }>('paddle/_signature-vectors.json');
    const at = Date.parse('2023-11-01T00:00:00Z');
    for (const { secret, body, header, valid } of vectors) {
      assert.equal(paddleSignatureProblem(Buffer.from(body), header, ['other', secret], at, 300_000), valid ? undefined : 'wrong');
      assert.equal(paddleSignatureProblem(Buffer.from(body), header, [''], at, 300_000), 'wrong');
    }
    const [{ secret, body, header } = { secret: '', body: '', header: '' }] = vectors;
    const [ts = '', h1 = ''] = header.split(';');
    const wrong = `h1=${'0'.repeat(64)}`;
    const problem = (text: string | undefined, now = at) => paddleSignatureProblem(Buffer.from(body), text, [secret], now, 300_000);
    for (const good of [`${ts};${h1};${wrong}`, `${ts};${wrong};${h1}`, `${h1};${ts}`]) assert.equal(problem(good), undefined);
    assert.deepEqual([problem(header, at + 299_000), problem(header, at - 299_000)], [undefined, undefined]);
    assert.deepEqual([problem(header, at + 301_000), problem(header, at - 301_000)], ['too-old-or-new', 'too-old-or-new']);
    for (const bad of ['', 'ts=', h1, ts, `${ts};h1=zz`, 'nonsense', `${ts};h1=`, `ts=-1;${h1}`]) assert.notEqual(problem(bad), undefined, bad);
  });

  it('takes a delivery as old as the tolerance that is configured, and verifies the bytes as they came, however the JSON is written', async () => {
    const { api, clock } = await createTestApp(engine, { ...billingVariables, WEBHOOK_TOLERANCE_SECONDS: '60' }).then((test) => {
      open.push(test.close);
      return test;
    });
    const raw = JSON.stringify(paddleEvent('customer.created'), null, 3);
    const send = (age: number) => supertest(api).post('/webhooks/paddle').set(paddleHeaders(raw, clock.now - age * 1_000)).send(raw);
    assert.deepEqual([(await send(59)).status, (await send(61)).status], [200, 401]);
    const behindAnother = express().use(express.json(), api);
    assert.equal((await supertest(behindAnother).post('/webhooks/paddle').set(paddleHeaders(raw, clock.now)).send(raw)).status, 500, 'bytes that are gone cannot be verified, and nobody waits for them');
  });

  it('answers 401 with what to check when the signature is wrong', async () => {
    const { call, clock } = await app();
    for (const headers of [{}, paddleHeaders('{}', clock.now, 'foreign'), paddleHeaders('{}', clock.now - 400_000)]) {
      const response = await call('post', '/webhooks/paddle', { raw: '{}', headers });
      assert.deepEqual([response.status, response.body.error.code], [401, 'SIGNATURE_INVALID']);
    }
  });

  it('issues a licence for each seat until the end of the paid period, and treats a delivery that comes again as the same', async () => {
    const shop = await app();
    const { paid, buyer, id } = purchase();
    await deliver(shop, buyer, paid);
    const again = await sendPaddle(shop, { ...paid, notification_id: 'ntf_replayed' });
    assert.deepEqual(again.body, { received: true, duplicate: true });
    const licenses = (await licensesOf(shop)).filter((row) => row.order === id);
    assert.deepEqual(licenses.map(({ status, expires_at: end }) => [status, new Date(end ?? 0).toISOString()]), Array.from({ length: 10 }, () => ['active', '2024-05-12T10:18:47.635Z']));
  });

  it('waits for the e-mail address and goes on at once when it comes', async () => {
    const shop = await app();
    const { paid, buyer, id } = purchase();
    await deliver(shop, paid);
    assert.deepEqual(await statusesOf(shop, id), []);
    const waiting = (await deliveriesOf(shop)).find(({ event_id }) => event_id === paid.event_id);
    assert.deepEqual([waiting?.status, waiting?.reason?.includes('customer.created')], ['received', true]);
    await deliver(shop, buyer);
    assert.equal((await statusesOf(shop, id)).length, 10);
  });

  it('converges for the published 12 events of one checkout in whatever order they come', async () => {
    const shop = await app();
    const events = payload<PaddleEvent[]>('paddle/scenario.checkout-with-subscription.events.json');
    const completed = events.find(({ event_type: type }) => type === 'transaction.completed');
    const items = completed?.data['items'] as { quantity: number; price: { id: string } }[];
    for (const { price } of items) await map(shop, 'paddle', price.id, 'pro', 1);
    const seen = new Set<string>();
    for (let round = 0; round < 24; round += 1) {
      // Ids of its own for each round; the references between the events stay.
      const own = JSON.parse(JSON.stringify(events).replace(/\b(txn|ctm|sub|evt|ntf)_\w+/g, (id) => `${id}_${round}`)) as PaddleEvent[];
      const rotated = [...own.slice(round % 12), ...own.slice(0, round % 12)];
      await deliver(shop, ...(round < 12 ? rotated : rotated.toReversed()));
      const licenses = (await licensesOf(shop)).filter(({ order }) => order === `${completed?.data['id'] as string}_${round}`);
      seen.add(JSON.stringify(licenses.map(({ status, product, unit, expires_at: end }) => [status, product, unit, end])));
    }
    assert.equal(seen.size, 1);
    const [outcome = '[]'] = seen;
    assert.equal((JSON.parse(outcome) as unknown[]).length, items.reduce((sum, { quantity }) => sum + quantity, 0));
  });

  it('never activates a purchase whose refund came before it', async () => {
    const shop = await app();
    const { paid, buyer, id } = purchase();
    await deliver(shop, adjustment('derived/adjustment.created.refund-full-approved', id, { id: `adj_early_${serial}` }), buyer, paid);
    assert.deepEqual(await statusesOf(shop, id), []);
    assert.deepEqual(await shop.deps.db.selectFrom('emails').selectAll().where('cause', 'like', `%${id}:%`).execute(), []);
  });

  it('keeps licences while a refund is pending or when it is rejected, and takes them back when it is approved', async () => {
    const shop = await app();
    const { paid, buyer, id } = purchase();
    await deliver(shop, buyer, paid, adjustment('adjustment.created', id, { id: `adj_${id}`, type: 'full' }));
    assert.equal((await statusesOf(shop, id)).filter((status) => status.endsWith(':active')).length, 10);
    await deliver(shop, adjustment('derived/adjustment.updated.refund-rejected', id, { id: `adj_${id}`, type: 'full' }));
    assert.equal((await statusesOf(shop, id)).filter((status) => status.endsWith(':active')).length, 10);
    await deliver(shop, adjustment('adjustment.created', id, { id: `adj2_${id}`, type: 'full' }), adjustment('derived/adjustment.updated.refund-approved', id, { id: `adj2_${id}`, type: 'full' }));
    assert.deepEqual([...new Set(await statusesOf(shop, id))], [`${seatPrice}:cancelled`]);
    await deliver(shop, adjustment('adjustment.created', id, { id: `adj2_${id}`, type: 'full' }));
    assert.deepEqual([...new Set(await statusesOf(shop, id))], [`${seatPrice}:cancelled`], 'a pending state that comes late changes nothing');
  });

  it('knows a buyer again by the customer of Paddle when the address has changed, and moves the address along, unless somebody else has it', async () => {
    const shop = await app();
    const price = { items: [{ quantity: 1, price: { id: seatPrice, billing_cycle: { interval: 'month', frequency: 1 } } }], details: { totals: { total: '3000' }, line_items: [] } };
    const one = purchase(price);
    const customer = String(one.buyer.data['id']);
    const moved = (email: string, at: string, id = customer) => paddleEvent('customer.updated', { id, email }, at);
    const buyersOf = async () => (await shop.deps.db.selectFrom('orders').innerJoin('customers', 'customers.id', 'orders.customer_id').select(['customers.email', 'customers.id']).where('orders.external_id', 'like', `${one.id}%`).orderBy('orders.external_id').execute());
    await deliver(shop, one.buyer, one.paid, moved('moved@example.test', '2024-05-01T00:00:00Z'), moved('older@example.test', '2024-04-30T00:00:00Z'));
    assert.deepEqual((await buyersOf()).map(({ email }) => email), ['moved@example.test']);
    const again = paddleEvent('transaction.completed', { ...price, id: `${one.id}_again`, customer_id: customer, subscription_id: null });
    const renewal = paddleEvent('transaction.completed', { ...price, id: `${one.id}_renewal`, customer_id: customer, subscription_id: one.subscription, origin: 'subscription_recurring' });
    await deliver(shop, again, renewal);
    const buyers = await buyersOf();
    assert.deepEqual([buyers.length, new Set(buyers.map(({ id }) => id)).size], [3, 1], 'one customer, with every order');
    const mails = await shop.deps.db.selectFrom('emails').select('recipient').where('cause', 'like', `purchase:paddle:main:${one.id}_again:%`).execute();
    assert.deepEqual(mails.map(({ recipient }) => recipient), ['moved@example.test']);
    const other = purchase(price);
    await deliver(shop, other.buyer, other.paid, moved('moved@example.test', '2024-06-01T00:00:00Z', String(other.buyer.data['id'])));
    assert.equal((await shop.deps.db.selectFrom('customers').select('id').where('email', '=', String(other.buyer.data['email'])).execute()).length, 1);
    assert.deepEqual((await deliveriesOf(shop)).filter(({ status }) => status === 'dead'), []);
    const log = await shop.deps.db.selectFrom('audit_log').select('actor').where('action', '=', 'customer.changed').execute();
    assert.deepEqual(log.map(({ actor }) => actor), ['paddle']);
  });

  it('touches only the item of a partial refund, and only the seats whose price went back', async () => {
    const shop = await app();
    await map(shop, 'paddle', addonPrice, 'starter', 1);
    const item = (lineId: string, amount: string) => ({ items: [{ id: 'adjitm_1', type: 'partial', amount, item_id: lineId, totals: { total: amount, tax: '0', subtotal: amount } }], totals: { total: amount, currency_code: 'USD' } });
    const one = purchase();
    await deliver(shop, one.buyer, one.paid, adjustment('derived/adjustment.updated.refund-approved', one.id, { id: `adj_${one.id}`, ...item(seatLine, '100') }));
    assert.deepEqual([...new Set(await statusesOf(shop, one.id))], [`${seatPrice}:active`, `${addonPrice}:active`], 'a small sum given back in kindness takes no licence');
    const whole = { items: [{ id: 'adjitm_1', type: 'full', amount: '32662', item_id: seatLine, totals: { total: '32662', tax: '0', subtotal: '32662' } }], totals: { total: '32662', currency_code: 'USD' } };
    await deliver(shop, adjustment('derived/adjustment.updated.refund-approved', one.id, { id: `adj2_${one.id}`, ...whole }));
    assert.deepEqual([...new Set(await statusesOf(shop, one.id))], [`${seatPrice}:cancelled`, `${addonPrice}:active`]);
    const two = purchase();
    await deliver(shop, two.buyer, two.paid, adjustment('derived/adjustment.updated.refund-approved', two.id, { id: `adj_${two.id}`, ...item(seatLine, '9900') }));
    const seats = (await statusesOf(shop, two.id)).filter((status) => status.startsWith(seatPrice));
    assert.deepEqual(seats, [...Array.from({ length: 7 }, () => `${seatPrice}:active`), ...Array.from({ length: 3 }, () => `${seatPrice}:cancelled`)]);
    await map(shop, 'paddle', addonPrice, null, 1);
  });

  it('takes licences back for a chargeback, not for a warning, and gives them back when it is reversed, in any order', async () => {
    const shop = await app();
    const names = ['chargeback_warning', 'chargeback', 'chargeback_reverse'] as const;
    const { paid, buyer, id } = purchase();
    const event = (transaction: string, name: (typeof names)[number]) => adjustment(`derived/adjustment.created.${name}`, transaction, { id: `adj_${name}_${transaction}` });
    const states = async (transaction: string) => [...new Set((await statusesOf(shop, transaction)).map((status) => status.split(':')[1]))];
    await deliver(shop, buyer, paid, event(id, 'chargeback_warning'));
    assert.deepEqual(await states(id), ['active']);
    await deliver(shop, event(id, 'chargeback'));
    assert.deepEqual(await states(id), ['cancelled']);
    await deliver(shop, event(id, 'chargeback_reverse'), paddleEvent('derived/adjustment.updated.chargeback-reversed', { id: `adj_chargeback_${id}`, transaction_id: id }));
    assert.deepEqual(await states(id), ['active']);
    const other = purchase();
    await deliver(shop, event(other.id, 'chargeback_reverse'), event(other.id, 'chargeback'), other.buyer, other.paid);
    assert.deepEqual(await states(other.id), ['active']);
    const third = purchase();
    await deliver(shop, event(third.id, 'chargeback'), third.buyer, third.paid);
    assert.deepEqual(await states(third.id), []);
    await deliver(shop, event(third.id, 'chargeback_reverse'));
    assert.deepEqual(await states(third.id), ['active']);
    const emails = await shop.deps.db.selectFrom('emails').select('status').where('cause', 'like', `%${third.id}:%`).execute();
    assert.deepEqual(emails.map(({ status }) => status), ['sent'], 'the key that is issued late is mailed');
  });

  it('extends the licences of a subscription by a whole term for a renewal 30 days early, whichever delivery comes first', async () => {
    const shop = await app();
    for (const renewalFirst of [false, true]) {
      const { paid, buyer, id, subscription } = purchase();
      const { billing_period: _period, ...data } = paddleEvent('derived/transaction.completed.renewal').data;
      const early = '2024-04-12T11:00:00.000000Z';
      const renewal = paddleEvent('derived/transaction.completed.renewal', { ...data, id: `${id}_renewal`, subscription_id: subscription, customer_id: paid.data['customer_id'], origin: 'subscription_recurring', billing_period: null, payments: [{ status: 'captured', captured_at: early }] }, early);
      await deliver(shop, ...(renewalFirst ? [renewal, buyer, paid] : [buyer, paid, renewal]));
      const licenses = (await licensesOf(shop)).filter((row) => row.order.startsWith(id));
      assert.deepEqual(licenses.map(({ order, expires_at: end }) => [order, new Date(end ?? 0).toISOString()]), Array.from({ length: 10 }, () => [id, '2024-06-12T10:18:47.635Z']));
      await deliver(shop, adjustment('derived/adjustment.created.refund-full-approved', `${id}_renewal`, { id: `adj_${id}_renewal` }));
      const back = (await licensesOf(shop)).filter((row) => row.order === id);
      assert.deepEqual([...new Set(back.map(({ status, expires_at: end }) => `${status} ${new Date(end ?? 0).toISOString()}`))], ['active 2024-05-12T10:18:47.635Z'], 'a refunded renewal takes its own term back');
    }
  });

  it('extends nothing for a subscription that is past due, and issues nothing for a change of payment method', async () => {
    const shop = await app();
    const { paid, buyer, id, subscription } = purchase();
    await deliver(shop, buyer, paid, paddleEvent('subscription.past_due', { id: subscription }), paddleEvent('subscription.updated', { id: subscription }));
    const method = purchase({ origin: 'subscription_payment_method_change' });
    await deliver(shop, method.buyer, method.paid);
    assert.deepEqual(await statusesOf(shop, method.id), []);
    const ends = (await licensesOf(shop)).filter((row) => row.order === id).map(({ expires_at: end }) => new Date(end ?? 0).toISOString());
    assert.deepEqual([...new Set(ends)], ['2024-05-12T10:18:47.635Z']);
  });
});
