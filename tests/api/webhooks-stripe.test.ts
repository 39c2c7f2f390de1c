import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, it } from 'node:test';
import { stripeSignatureProblem } from '../../server/billing/stripe/stripe-signature.ts';
import { statusAt } from '../../server/licenses/license-status.rules.ts';
import { onBothDatabases, useTestApp, type TestApp } from '../harness.ts';
import { deliveriesOf, licensesOf, map, statusesOf, work } from '../deliveries.ts';
import { bought, month, sendStripe, stripeEvent, stripeHeaders, stripeLife, stripeSecret, type StripeEvent } from '../stripe-events.ts';

const price = 'price_life_pro';
const day = 24 * 3600 * 1000;

async function deliver(app: TestApp, ...events: StripeEvent[]): Promise<void> {
  for (const event of events) {
    assert.equal((await sendStripe(app, event)).status, 200);
    await work(app);
  }
}

function permutations<Item>(items: Item[]): Item[][] {
  return items.length <= 1 ? [items] : items.flatMap((item, index) => permutations([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]));
}

onBothDatabases('POST /webhooks/stripe', (engine) => {
  const server = useTestApp(engine, { STRIPE_WEBHOOK_SECRETS: `whsec_older,${stripeSecret}` });
  const app = async () => {
    const shop = await server();
    shop.clock.now = Math.max(shop.clock.now, bought + 60_000);
    await map(shop, 'stripe', price, 'pro', 1);
    await map(shop, 'stripe', 'plink_pro', 'pro', 12);
    return shop;
  };
  const stateOf = async (shop: TestApp, order: string, at: number) => {
    const ids = (await licensesOf(shop)).filter((row) => row.order === order).map(({ id }) => id);
    const rows = ids.length === 0 ? [] : await shop.deps.db.selectFrom('licenses').selectAll().where('id', 'in', ids).execute();
    return rows.map((license) => `${statusAt(license, at)} ${new Date(license.expires_at ?? 0).toISOString().slice(0, 10)}`).join();
  };

  it('verifies every v1 against every secret, five minutes early and late, and nothing else', async () => {
    const { call, clock } = await app();
    const body = Buffer.from('{}');
    const { 'Stripe-Signature': header = '' } = stripeHeaders(body, clock.now);
    const [t = '', v1 = ''] = header.split(',');
    const problem = (text: string | undefined, at = clock.now, secrets = ['', 'other', stripeSecret]) => stripeSignatureProblem(body, text, secrets, at, 300_000);
    assert.deepEqual([problem(header), problem(`${t},v1=${'0'.repeat(64)},${v1}`), problem(`${v1},${t}`), problem(header, clock.now + 299_000), problem(header, clock.now - 299_000)], [undefined, undefined, undefined, undefined, undefined]);
    assert.deepEqual([problem(undefined), problem(t), problem(`${t},${v1.replace('v1', 'v0')}`), problem(header, clock.now, ['', 'other']), problem(header, clock.now + 302_000)], ['missing', 'malformed', 'malformed', 'wrong', 'too-old-or-new']);
    const refused = await call('post', '/webhooks/stripe', { raw: '{}', headers: stripeHeaders('{}', clock.now, 'foreign') });
    assert.deepEqual([refused.status, refused.body.error.code], [401, 'SIGNATURE_INVALID']);
  });

  it('issues one key for a subscription, whatever order its checkout, invoice and state come in', async () => {
    const shop = await app();
    for (const order of permutations([0, 1, 2])) {
      const sub = stripeLife(price);
      const events = [sub.checkout, sub.invoice(0, bought), sub.state('active', bought + 1_000)];
      await deliver(shop, ...order.map((index) => events[index] as StripeEvent));
      assert.equal(await stateOf(shop, sub.first, bought + day), 'active 2026-12-21', order.join());
      const mails = await shop.deps.db.selectFrom('emails').select('recipient').where('recipient', '=', sub.email).execute();
      assert.equal(mails.length, 1);
    }
  });

  it('renews from the old end, is past due with its grace after a failed payment, and ends when it is deleted', async () => {
    const shop = await app();
    const sub = stripeLife(price);
    await deliver(shop, sub.checkout, sub.invoice(1, month(1)), sub.invoice(0, bought), sub.state('active', bought));
    assert.equal(await stateOf(shop, sub.first, month(1)), 'active 2027-01-21');
    await deliver(shop, { ...sub.invoice(2, month(2)), type: 'invoice.payment_failed' });
    assert.deepEqual([await stateOf(shop, sub.first, month(2) + 6 * day), await stateOf(shop, sub.first, month(2) + 8 * day)], ['active 2027-01-21', 'suspended 2027-01-21']);
    await deliver(shop, sub.state('active', month(2) + day, { cancel_at_period_end: true }));
    assert.equal(await stateOf(shop, sub.first, month(2)), 'expired 2027-01-21', 'a scheduled cancellation has no grace');
    await deliver(shop, { ...sub.state('canceled', month(2) + 2 * day), type: 'customer.subscription.deleted' });
    assert.equal(await stateOf(shop, sub.first, bought), 'cancelled 2027-01-21');
  });

  it('fulfils a payment link when it is paid, not before', async () => {
    const shop = await app();
    const session = { id: 'cs_link', mode: 'payment', payment_link: 'plink_pro', payment_intent: 'pi_link', amount_total: 4900, currency: 'jpy', customer_details: { email: 'link@example.test', name: 'Lin', address: null } };
    await deliver(shop, stripeEvent('checkout.session.completed.unpaid', bought, { ...session, payment_status: 'unpaid' }));
    assert.deepEqual(await statusesOf(shop, 'pi_link'), []);
    await deliver(shop, stripeEvent('checkout.session.async_payment_succeeded.async_payment_succeeded', bought + day, session), stripeEvent('checkout.session.completed', bought + day, session));
    assert.equal(await stateOf(shop, 'pi_link', bought + day), 'active 2027-11-22');
    const order = await shop.deps.db.selectFrom('orders').select(['total_minor', 'currency']).where('external_id', '=', 'pi_link').executeTakeFirstOrThrow();
    assert.deepEqual({ ...order }, { total_minor: 4900, currency: 'JPY' });
    await deliver(shop, stripeEvent('refund.created', bought + 2 * day, { id: 're_part', payment_intent: 'pi_link', amount: 900, currency: 'jpy', status: 'succeeded' }), stripeEvent('charge.refunded', bought + 2 * day, { id: 'ch_link', payment_intent: 'pi_link', amount_refunded: 900, refunded: false, currency: 'jpy' }));
    assert.equal(await stateOf(shop, 'pi_link', bought + 3 * day), 'active 2027-11-22', 'an amount that goes back takes no item');
    await deliver(shop, stripeEvent('charge.refunded', bought + 3 * day, { id: 'ch_link', payment_intent: 'pi_link', amount_refunded: 4900, refunded: true, currency: 'jpy' }));
    assert.equal(await stateOf(shop, 'pi_link', bought + 4 * day), 'cancelled 2027-11-22');
    assert.equal((await shop.deps.db.selectFrom('orders').select('refunded_minor').where('external_id', '=', 'pi_link').executeTakeFirstOrThrow()).refunded_minor, 4900);
  });

  it('takes licences back for a dispute of an invoice and gives them back when it is won, in any order and before the payment is known', async () => {
    const shop = await app();
    for (const order of permutations([0, 1, 2, 3])) {
      const sub = stripeLife(price);
      const dispute = (type: string, status: string, at: number) => ({ ...stripeEvent('charge.dispute.created', at, { id: `dp_${sub.id}`, payment_intent: sub.payment, charge: null, amount: 2900, currency: 'eur', status }), type });
      const linked = { ...stripeEvent('refund.created', bought), type: 'invoice_payment.paid', data: { object: { id: 'inpay_1', object: 'invoice_payment', invoice: sub.first, payment: { type: 'payment_intent', payment_intent: sub.payment } } } };
      const lost = [sub.checkout, sub.invoice(0, bought), linked, dispute('charge.dispute.created', 'needs_response', bought + day)];
      await deliver(shop, ...order.map((index) => lost[index] as StripeEvent));
      assert.ok(['', 'cancelled 2026-12-21'].includes(await stateOf(shop, sub.first, bought)), order.join());
      await deliver(shop, dispute('charge.dispute.closed', 'won', bought + 2 * day));
      assert.equal(await stateOf(shop, sub.first, bought + 3 * day), 'active 2026-12-21', order.join());
    }
  });

  it('stores odd deliveries where people see them, and never answers 5xx', async () => {
    const shop = await app();
    const bodies: [unknown, string][] = [
      ['{}', 'dead'], ['nonsense', 'dead'], [{ ...stripeEvent('invoice.paid', bought), type: 'moon.landed' }, 'ignored'], [stripeEvent('invoice.paid', bought, { lines: null }), 'dead'],
      [stripeEvent('customer.subscription.updated', bought, { id: 'sub_odd', status: 'sideways' }), 'dead'], [stripeEvent('checkout.session.completed', bought, { mode: 'payment', payment_status: 'paid', payment_link: null }), 'dead'],
      [stripeEvent('charge.dispute.created', bought, { payment_intent: null, charge: null }), 'ignored'], [stripeEvent('checkout.session.completed', bought, { mode: 'setup', payment_status: 'no_payment_required' }), 'ignored'],
    ];
    for (const [body, status] of bodies) {
      assert.equal((await sendStripe(shop, body)).status, 200);
      await work(shop);
      const last = (await deliveriesOf(shop)).at(-1);
      assert.deepEqual([last?.status, (last?.reason ?? '') !== ''], [status, true], last?.reason ?? '');
      shop.clock.now += 1;
    }
  });
});

onBothDatabases('Stripe with its API', (engine) => {
  const answers = new Map<string, unknown>();
  const stripe: Server = createServer((req, res) => {
    const path = new URL(req.url ?? '/', 'http://stripe').pathname;
    const answer = req.headers.authorization === 'Bearer sk_test_1' ? answers.get(path) : undefined;
    res.writeHead(answer === undefined ? 404 : 200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer ?? { error: {} }));
  });
  const listening = new Promise<void>((resolve) => stripe.listen(0, '127.0.0.1', resolve));
  after(() => stripe.close());
  let made: (() => Promise<TestApp>) | undefined;
  const startsAfter = useLater(engine, async () => {
    await listening;
    return { STRIPE_WEBHOOK_SECRETS: stripeSecret, STRIPE_API_KEY: 'sk_test_1', STRIPE_BASE_URL: `http://127.0.0.1:${(stripe.address() as AddressInfo).port}` };
  });
  const app = async () => (made ??= await startsAfter())();

  it('asks what a checkout holds and which invoice a refunded payment was for', async () => {
    const shop = await app();
    await map(shop, 'stripe', price, 'pro', 12);
    const session = stripeEvent('checkout.session.completed', bought, { id: 'cs_lines', mode: 'payment', payment_status: 'paid', payment_link: null, payment_intent: 'pi_lines', amount_total: 9800, currency: 'eur', customer_details: { email: 'lines@example.test', name: 'Li', address: null } });
    answers.set('/v1/checkout/sessions/cs_lines', session.data.object);
    answers.set('/v1/checkout/sessions/cs_lines/line_items', { object: 'list', has_more: false, data: [{ id: 'li_1', description: 'Pro', quantity: 2, amount_total: 9800, price: { id: price, product: 'prod_1', recurring: null } }] });
    answers.set('/v1/invoice_payments', { object: 'list', has_more: false, data: [] });
    await deliver(shop, session, session);
    assert.deepEqual(await statusesOf(shop, 'pi_lines'), [`${price}:active`, `${price}:active`]);
    const sub = stripeLife(price);
    answers.set('/v1/invoice_payments', { object: 'list', has_more: false, data: [{ id: 'inpay_2', invoice: sub.first, payment: { type: 'payment_intent', payment_intent: sub.payment } }] });
    await deliver(shop, sub.invoice(0, bought), stripeEvent('refund.created', bought + day, { id: 're_invoice', payment_intent: sub.payment, amount: 2900, currency: 'eur', status: 'succeeded' }));
    assert.deepEqual(await statusesOf(shop, sub.first), [`${price}:cancelled`]);
  });
});

/** useTestApp for variables that are known only once something listens. */
function useLater(engine: 'sqlite' | 'mariadb', variables: () => Promise<Record<string, string>>): () => Promise<() => Promise<TestApp>> {
  const settings: Record<string, string> = {};
  const app = useTestApp(engine, settings);
  return async () => {
    Object.assign(settings, await variables());
    return app;
  };
}
