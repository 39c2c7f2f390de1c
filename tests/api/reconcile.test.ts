import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { previewReconciliation } from '../../server/billing/preview-reconciliation.ts';
import { getBillingProvider } from '../../server/billing/providers.ts';
import { reconcileProvider, reconcileProviders } from '../../server/billing/reconcile.ts';
import { replayDeliveries } from '../../server/billing/replay-delivery.ts';
import { outbox } from '../buyer.ts';
import { createTestApp, onBothDatabases, type TestApp } from '../harness.ts';
import { billingVariables, deliveriesOf, licensesOf, map, paddleEvent, payload, sendPaddle, sendWoo, wooOrder, work, type PaddleEvent } from '../deliveries.ts';
import { startProviderRest, type ProviderRest } from '../provider-rest.ts';
import { bought, month, sendStripe, stripeEvent, stripeLife, stripeSecret } from '../stripe-events.ts';

const seatPrice = 'pri_01gsz8x8sawmvhz1pv30nge1ke';
const addonPrice = 'pri_01h1vjfevh5etwq3rb416a23h2';
const oneTimePrice = 'pri_01gsz98e27ak2tyhexptwc58yk';
const day = 24 * 3600 * 1000;

onBothDatabases('reconciliation', (engine) => {
  const open: (() => unknown)[] = [];
  after(async () => {
    for (const close of open) await close();
  });
  /** A server whose providers answer at `rest`. */
  const start = async (): Promise<{ shop: TestApp; rest: ProviderRest }> => {
    const rest = await startProviderRest();
    open.push(rest.close);
    const shop = await createTestApp(engine, {
      ...billingVariables, STRIPE_WEBHOOK_SECRETS: stripeSecret, STRIPE_API_KEY: 'sk_test', STRIPE_BASE_URL: rest.url, PADDLE_API_KEY: 'pdl_test', PADDLE_BASE_URL: rest.url,
      WOOCOMMERCE_URL: rest.url, WOOCOMMERCE_CONSUMER_KEY: 'ck', WOOCOMMERCE_CONSUMER_SECRET: 'cs', OPERATOR_EMAIL: 'operator@example.test', PUBLIC_URL: 'https://keys.example.test',
    }, bought + day);
    open.push(shop.close);
    for (const price of [seatPrice, addonPrice, oneTimePrice]) await map(shop, 'paddle', price, price === seatPrice ? 'pro' : null, 1);
    await map(shop, 'stripe', 'price_reconcile', 'agency', 1);
    return { shop, rest };
  };
  const stories = (): { paddle: PaddleEvent[]; stripe: ReturnType<typeof stripeEvent>[]; orders: Record<string, unknown>[]; subscriptions: Record<string, unknown>[] } => {
    const paddle = payload<PaddleEvent[]>('paddle/scenario.checkout-with-subscription.events.json');
    const sub = stripeLife('price_reconcile');
    const orders = [wooOrder(), wooOrder({ status: 'refunded', date_modified_gmt: '2026-11-21T11:30:00', refunds: [{ id: 31, reason: '', total: '-49.00' }] }), wooOrder({ status: 'on-hold', date_paid_gmt: null })];
    const subscription = { ...payload('woocommerce/subscription.created.active.json'), id: 990_001, parent_id: orders[0]?.['id'], date_modified_gmt: '2026-11-21T11:05:00', line_items: [{ id: 1, product_id: 11, variation_id: 0, quantity: 1, sku: 'CHATELLO-PRO', name: 'Pro' }] };
    const renewal = wooOrder({ meta_data: [{ id: 1, key: '_subscription_renewal', value: '990001' }], date_paid_gmt: '2026-11-21T11:40:00', date_modified_gmt: '2026-11-21T11:40:00' });
    return { paddle, stripe: [sub.checkout, sub.invoice(0, bought), sub.state('active', bought), sub.invoice(1, month(1)), sub.state('past_due', month(2))], orders: [...orders, renewal], subscriptions: [subscription] };
  };
  const serve = (rest: ProviderRest, { paddle, stripe, orders, subscriptions }: ReturnType<typeof stories>) => {
    rest.paddleEvents.push(...paddle);
    rest.stripeEvents.push(...stripe);
    rest.wooOrders.push(...orders);
    rest.wooSubscriptions.push(...subscriptions);
  };
  const outcome = async (shop: TestApp) => {
    const rows = await shop.deps.db.selectFrom('licenses').innerJoin('plans', 'plans.id', 'licenses.plan_id').innerJoin('customers', 'customers.id', 'licenses.customer_id')
      .select(['licenses.status', 'licenses.expires_at', 'licenses.subscription_status', 'licenses.grace_ms', 'plans.code', 'customers.email_key']).where('customers.email_key', 'not like', '%localhost%').execute();
    return rows.map((row) => JSON.stringify(row)).sort();
  };
  const since = Date.parse('2024-01-01');

  it('ends in the same licences with every webhook dropped as with every webhook delivered', async () => {
    const told = stories();
    const [delivered, dropped] = [await start(), await start()];
    for (const event of told.paddle) await sendPaddle(delivered.shop, event);
    for (const event of told.stripe) await sendStripe(delivered.shop, event);
    for (const body of [...told.orders, ...told.subscriptions]) await sendWoo(delivered.shop, body);
    for (const { rest } of [delivered, dropped]) serve(rest, told);
    await work(delivered.shop);
    for (const name of ['paddle', 'stripe', 'woocommerce']) {
      const result = await reconcileProvider(dropped.shop.deps, getBillingProvider(dropped.shop.deps, name), since);
      assert.equal(result.added, result.seen, name);
      assert.ok(result.added > 4, name);
    }
    await work(dropped.shop);
    const [expected, actual] = [await outcome(delivered.shop), await outcome(dropped.shop)];
    assert.ok(expected.length >= 12, String(expected.length));
    assert.deepEqual(actual, expected);
    assert.deepEqual((await deliveriesOf(dropped.shop)).filter(({ status }) => status === 'dead' || status === 'received'), []);
    const again = await reconcileProvider(dropped.shop.deps, getBillingProvider(dropped.shop.deps, 'paddle'), since);
    assert.equal(again.added, 0, 'what is here is not taken again');
  });

  it('goes on where it stopped, and begins now on a new server', async () => {
    const { shop, rest } = await start();
    const sub = stripeLife('price_reconcile');
    rest.stripeEvents.push(sub.invoice(0, shop.clock.now - 3_600_000));
    await reconcileProviders(shop.deps);
    assert.equal((await deliveriesOf(shop)).length, 0, 'what was before the first look is taken with --since only');
    rest.stripeEvents.push(sub.invoice(1, shop.clock.now + 1_000));
    shop.clock.now += 300_000;
    await reconcileProviders(shop.deps);
    shop.clock.now += 300_000;
    await reconcileProviders(shop.deps);
    assert.deepEqual((await deliveriesOf(shop)).map(({ topic, deliveries }) => [topic, deliveries]), [['invoice.paid', 1]]);
  });

  it('misses no order of a shop in which orders change while they are listed, nor of one that has imported hundreds in one second', async () => {
    const { shop, rest } = await start();
    const at = (second: number) => new Date(Date.UTC(2026, 10, 1) + second * 1_000).toISOString().slice(0, 19);
    rest.wooOrders.push(...Array.from({ length: 250 }, (_, index) => wooOrder({ date_modified_gmt: at(index) })), ...Array.from({ length: 230 }, () => wooOrder({ date_modified_gmt: at(9_999) })));
    let second = 100_000;
    rest.afterList = () => {
      // The oldest orders become the newest: whoever counts pages skips as many.
      for (const order of rest.wooOrders.slice(0, 7)) Object.assign(order, { date_modified_gmt: at((second += 1)) });
    };
    const seen = new Set<unknown>();
    for await (const page of getBillingProvider(shop.deps, 'woocommerce').listChanges?.(since) ?? []) for (const { body } of page) seen.add((JSON.parse(body.toString()) as { id: unknown }).id);
    assert.equal(seen.size, 480);
  });

  it('says what would change without changing it', async () => {
    const { shop, rest } = await start();
    const told = stories();
    serve(rest, told);
    const before = await outcome(shop);
    const { differences, seen } = await previewReconciliation(shop.deps, getBillingProvider(shop.deps, 'paddle'), since);
    assert.equal(seen, 12);
    assert.ok(differences.some(({ effects }) => effects.some((effect) => effect.startsWith('license.issued'))));
    assert.deepEqual([await outcome(shop), (await deliveriesOf(shop)).length], [before, 0]);
    await reconcileProvider(shop.deps, getBillingProvider(shop.deps, 'paddle'), since);
    await work(shop);
    assert.deepEqual((await previewReconciliation(shop.deps, getBillingProvider(shop.deps, 'paddle'), since)).differences, []);
  });

  it('notices a webhook that the shop has disabled, switches it on again, and tells the operator once an hour', async () => {
    const { shop, rest } = await start();
    const hook = (id: number, url: string) => ({ id, name: `Hook ${id}`, status: 'disabled', topic: 'order.updated', delivery_url: url });
    rest.wooWebhooks.push(hook(1, 'https://keys.example.test/webhooks/woocommerce'), hook(2, 'https://elsewhere.example/hook'));
    await reconcileProviders(shop.deps);
    assert.deepEqual(rest.wooWebhooks.map(({ status }) => status), ['active', 'disabled']);
    Object.assign(rest.wooWebhooks[0] ?? {}, { status: 'disabled' });
    await reconcileProviders(shop.deps);
    const alerts = await shop.deps.db.selectFrom('emails').select(['recipient', 'data']).where('template', '=', 'operator-alert').execute();
    assert.equal(alerts.length, 1);
    assert.match(alerts[0]?.data ?? '', /disabled its webhook/);
    await work(shop);
    assert.deepEqual(await shop.deps.db.selectFrom('emails').select('status').where('template', '=', 'operator-alert').execute().then((rows) => rows.map(({ status }) => status)), ['sent']);
  });

  it('does not let a provider that does not answer hold up the others', async () => {
    const { shop, rest } = await start();
    rest.paddleEvents.push({ event_id: 'evt_1', occurred_at: 'never' });
    rest.close();
    await assert.rejects(reconcileProviders(shop.deps), /paddle: .*stripe: |stripe: /s);
  });

  it('writes to the operator when a provider has not answered for half an hour, once an hour, and of each dispute that is announced or begun', async () => {
    const { shop, rest } = await start();
    await reconcileProviders(shop.deps);
    rest.close();
    const subjects = async () => {
      await work(shop);
      return outbox(shop).filter(({ to }) => to === 'operator@example.test').map(({ subject }) => subject).toSorted();
    };
    for (const minutes of [10, 20]) {
      shop.clock.now += minutes * 60_000;
      await assert.rejects(reconcileProviders(shop.deps));
    }
    assert.deepEqual(await subjects(), []);
    shop.clock.now += 60_000;
    for (let n = 0; n < 2; n += 1) await assert.rejects(reconcileProviders(shop.deps));
    assert.deepEqual(await subjects(), ['Paddle', 'Stripe', 'WooCommerce'].map((name) => `${name}: it cannot be asked what changed (keys.example.test)`));
    const quiet = await createTestApp(engine, { ...billingVariables, OPERATOR_EMAIL: 'operator@example.test' });
    open.push(quiet.close);
    for (const name of ['chargeback_warning', 'chargeback', 'chargeback', 'chargeback_reverse']) await sendPaddle(quiet, paddleEvent(`derived/adjustment.created.${name}`, { id: `adj_${name}`, transaction_id: 'txn_disputed' }));
    await work(quiet);
    const told = outbox(quiet).filter(({ subject }) => subject.startsWith('Paddle: a payment is disputed'));
    for (const said of [/announces a dispute/, /were taken back/]) assert.equal(told.filter(({ text }) => said.test(text)).length, 1);
  });

  it('writes to the operator of dead letters, once for each cause and hour', async () => {
    const { shop } = await start();
    const unmapped = () => wooOrder({ line_items: [{ id: 1, name: 'Unheard of', product_id: 999, variation_id: 0, quantity: 1, total: '49.00', sku: 'UNHEARD' }] });
    const alerts = async () => (await shop.deps.db.selectFrom('emails').select('id').where('template', '=', 'operator-alert').where('data', 'like', '%not mapped%').execute()).length;
    for (let count = 0; count < 3; count += 1) await sendWoo(shop, unmapped());
    await work(shop);
    assert.equal(await alerts(), 1);
    await sendPaddle(shop, { ...paddleEvent('transaction.completed'), data: {} });
    await work(shop);
    assert.equal((await shop.deps.db.selectFrom('emails').select('id').where('template', '=', 'operator-alert').execute()).length, 2, 'another cause');
    shop.clock.now += 3_600_000;
    await sendWoo(shop, unmapped());
    await work(shop);
    assert.equal(await alerts(), 2, 'another hour');
    const dates = { from: shop.clock.now - 60_000, to: shop.clock.now + 60_000 };
    assert.equal((await replayDeliveries(shop.deps.db, { provider: 'woocommerce', ...dates }, { actor: 'test' }, shop.clock.now)).length, 1, 'replayed by date');
    assert.equal((await licensesOf(shop)).length, 0);
  });
});
