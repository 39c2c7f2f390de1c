import assert from 'node:assert/strict';
import { it } from 'node:test';
import { watchLapses } from '../../server/billing/watch-lapses.ts';
import { changeLicense } from '../../server/licenses/change-license.ts';
import { activateSite } from '../../server/licenses/activate-site.ts';
import { statusAt } from '../../server/licenses/license-status.rules.ts';
import { onBothDatabases, useTestApp, type TestApp } from '../harness.ts';
import { billingVariables, licensesOf, map, paddleEvent, payload, sendPaddle, sendWoo, wooOrder, work, type PaddleEvent } from '../deliveries.ts';

const [proPrice, agencyPrice, starterPrice] = ['pri_life_pro', 'pri_life_agency', 'pri_life_starter'];
const day = 24 * 3600 * 1000;
const bought = Date.UTC(2026, 10, 21, 11);
const iso = (ms: number) => new Date(ms).toISOString();
const month = (count: number) => Date.UTC(2026, 10 + count, 21, 11);

let serial = 0;

/** The life of one subscription as Paddle tells it: monthly, of one seat of Pro unless said otherwise. */
function life(quantity = 1): { id: string; order: string; bought: PaddleEvent[]; renewal: (period: number, paidAt: number, changes?: Record<string, unknown>) => PaddleEvent; state: (status: string, at: number, changes?: Record<string, unknown>) => PaddleEvent; items: (price: string, count: number) => unknown[] } {
  serial += 1;
  const [id, order, customer] = [`sub_life_${serial}`, `txn_life_${serial}`, `ctm_life_${serial}`];
  const price = (priceId: string) => ({ id: priceId, name: 'Plan', description: 'Plan', billing_cycle: { interval: 'month', frequency: 1 } });
  const items = (priceId: string, count: number) => [{ status: 'active', quantity: count, recurring: true, price: price(priceId) }];
  const paid = (txn: string, period: number, paidAt: number, changes: Record<string, unknown>): PaddleEvent =>
    paddleEvent('transaction.completed', {
      id: txn, customer_id: customer, subscription_id: id, origin: 'web', currency_code: 'EUR', invoice_number: null, billed_at: iso(paidAt), payments: [{ status: 'captured', captured_at: iso(paidAt) }],
      billing_period: { starts_at: iso(month(period)), ends_at: iso(month(period + 1)) }, items: [{ quantity, price: price(proPrice) }],
      details: { totals: { total: '2900', grand_total: '2900' }, line_items: [{ id: `${txn}_line`, price_id: proPrice, quantity, totals: { total: '2900' }, product: { name: 'Pro' } }] }, ...changes,
    }, iso(paidAt));
  const state = (status: string, at: number, changes: Record<string, unknown> = {}): PaddleEvent =>
    paddleEvent('subscription.updated', { id, status, customer_id: customer, scheduled_change: null, transaction_id: undefined, items: items(proPrice, quantity), current_billing_period: status === 'active' || status === 'past_due' || status === 'trialing' ? { starts_at: iso(at), ends_at: iso(at + 300 * day) } : null, ...changes }, iso(at));
  return {
    id, order, items, state,
    bought: [paddleEvent('customer.created', { id: customer, email: `life${serial}@example.test` }, iso(bought)), { ...state('active', bought + 1, { transaction_id: order }), event_type: 'subscription.created' }, paid(order, 0, bought, {})],
    renewal: (period, paidAt, changes = {}) => paid(`${order}_${period}`, period, paidAt, { origin: 'subscription_recurring', ...changes }),
  };
}

async function deliver(app: TestApp, ...events: PaddleEvent[]): Promise<void> {
  for (const event of events) {
    assert.equal((await sendPaddle(app, event)).status, 200);
    await work(app);
  }
}

onBothDatabases('the life of a subscription', (engine) => {
  const server = useTestApp(engine, billingVariables);
  const app = async () => {
    const shop = await server();
    shop.clock.now = Math.max(shop.clock.now, bought + 60_000);
    await map(shop, 'paddle', proPrice, 'pro', 1);
    await map(shop, 'paddle', agencyPrice, 'agency', 1);
    await map(shop, 'paddle', starterPrice, 'starter', 1);
    return shop;
  };
  const licenses = async ({ deps }: TestApp, order: string) => {
    const ids = (await licensesOf({ deps })).filter((row) => row.order === order).map(({ id }) => id);
    return deps.db.selectFrom('licenses').innerJoin('plans', 'plans.id', 'licenses.plan_id').selectAll('licenses').select('plans.code as plan').where('licenses.id', 'in', ids).orderBy('licenses.id').execute();
  };
  const stateAt = async (shop: TestApp, order: string, at: number) => [...new Set((await licenses(shop, order)).map((license) => statusAt(license, at)))].join();
  const told = async ({ deps }: TestApp, id: string) => {
    const { id: own } = await deps.db.selectFrom('subscriptions').select('id').where('external_id', '=', id).executeTakeFirstOrThrow();
    return (await deps.db.selectFrom('subscription_changes').select('kind').where('subscription_id', '=', own).orderBy('created_at').orderBy('id').execute()).map(({ kind }) => kind);
  };

  it('goes on through the grace while a payment is late, is suspended beyond it, and comes back with the payment from its old end', async () => {
    const shop = await app();
    const sub = life();
    await deliver(shop, ...sub.bought, sub.state('past_due', month(1)));
    const end = month(1);
    assert.deepEqual([await stateAt(shop, sub.order, end - 1), await stateAt(shop, sub.order, end + 20 * 3_600_000), await stateAt(shop, sub.order, end + 7 * day - 1), await stateAt(shop, sub.order, end + 7 * day)], ['active', 'active', 'active', 'suspended']);
    assert.equal((await licenses(shop, sub.order))[0]?.expires_at, end, 'the period that is not paid extends nothing');
    await deliver(shop, sub.renewal(1, end + 8 * day), sub.state('active', end + 8 * day));
    assert.deepEqual([await stateAt(shop, sub.order, end + 9 * day), (await licenses(shop, sub.order))[0]?.expires_at], ['active', month(2)]);
    assert.deepEqual(await told(shop, sub.id), ['PaymentFailed', 'Renewed', 'PaymentRecovered']);
  });

  it('is suspended while paused, and goes on when it is resumed, whatever a late delivery says', async () => {
    const shop = await app();
    const sub = life();
    const [paused, resumed] = [sub.state('paused', bought + day), sub.state('active', bought + 2 * day)];
    await deliver(shop, ...sub.bought, paused);
    assert.equal(await stateAt(shop, sub.order, bought + 3 * day), 'suspended');
    await deliver(shop, resumed, sub.state('paused', bought + day + 1));
    assert.equal(await stateAt(shop, sub.order, bought + 3 * day), 'active');
    assert.deepEqual(await told(shop, sub.id), ['Paused', 'Resumed']);
  });

  it('stays active until a scheduled cancellation takes effect, without grace, and for good when it is undone', async () => {
    const shop = await app();
    const [sub, kept] = [life(), life()];
    const scheduled = (of: typeof sub) => of.state('active', bought + day, { scheduled_change: { action: 'cancel', effective_at: iso(month(1)), resume_at: null } });
    await deliver(shop, ...sub.bought, scheduled(sub), ...kept.bought, scheduled(kept), kept.state('active', bought + 2 * day));
    assert.deepEqual([await stateAt(shop, sub.order, month(1) - 1), await stateAt(shop, sub.order, month(1)), await stateAt(shop, kept.order, month(1))], ['active', 'expired', 'active']);
    await deliver(shop, sub.state('canceled', month(1)));
    assert.equal(await stateAt(shop, sub.order, month(1)), 'cancelled');
    assert.deepEqual([await told(shop, sub.id), await told(shop, kept.id)], [['CancelScheduled', 'Cancelled'], ['CancelScheduled', 'CancelUnscheduled']]);
    const [license] = await licenses(shop, sub.order);
    await assert.rejects(changeLicense(shop.deps.db, license?.id ?? '', { type: 'reactivate' }, { actor: 'test' }, shop.clock.now), /active|subscription/);
  });

  it('keeps the key in an upgrade, and the sites in a downgrade, which gets no new one', async () => {
    const shop = await app();
    const sub = life();
    await deliver(shop, ...sub.bought, sub.state('active', bought + day, { items: sub.items(agencyPrice, 1) }));
    const [upgraded] = await licenses(shop, sub.order);
    assert.equal(upgraded?.plan, 'agency');
    for (const site of ['one.example', 'two.example', 'three.example']) await activateSite(shop.deps.db, { licenseId: upgraded.id, site, kind: 'production', limit: 25 }, { actor: 'test' }, shop.clock.now);
    await deliver(shop, sub.state('active', bought + 2 * day, { items: sub.items(starterPrice, 1) }));
    const [downgraded, ...others] = await licenses(shop, sub.order);
    assert.deepEqual([downgraded?.id, downgraded?.plan, downgraded?.expires_at, others.length], [upgraded.id, 'starter', month(1), 0]);
    const sites = await shop.deps.db.selectFrom('activations').select('site').where('license_id', '=', upgraded.id).execute();
    assert.equal(sites.length, 3);
    assert.equal((await activateSite(shop.deps.db, { licenseId: upgraded.id, site: 'four.example', kind: 'production', limit: 1 }, { actor: 'test' }, shop.clock.now)).outcome, 'limit-reached');
    const changes = await shop.deps.db.selectFrom('subscription_changes').select('details').where('kind', '=', 'PlanChanged').where('license_ids', 'like', `%${upgraded.id}%`).orderBy('created_at').orderBy('id').execute();
    assert.deepEqual((JSON.parse(changes.at(-1)?.details ?? '{}') as { overLimit: unknown }).overLimit, [{ licenseId: upgraded.id, sites: 3, limit: 1 }]);
  });

  it('issues a key for a seat that is added, as far as the others are paid, and extends no seat that was given up', async () => {
    const shop = await app();
    const sub = life(2);
    const grown = sub.state('active', bought + day, { items: sub.items(proPrice, 3) });
    await deliver(shop, ...sub.bought, grown, grown, sub.state('active', bought + day + 1, { items: sub.items(proPrice, 3) }));
    assert.deepEqual((await licenses(shop, sub.order)).map(({ expires_at: end, plan }) => [end, plan]), Array.from({ length: 3 }, () => [month(1), 'pro']));
    const mails = await shop.deps.db.selectFrom('emails').select('data').where('cause', 'like', `%${sub.order}:%`).execute();
    assert.deepEqual(mails.map(({ data }) => (JSON.parse(data) as { licenses: string[] }).licenses.length).sort((a, b) => a - b), [1, 2]);
    await deliver(shop, sub.state('active', bought + 2 * day, { items: sub.items(proPrice, 1) }), sub.renewal(1, month(1), { items: [{ quantity: 1, price: { id: proPrice, name: 'Pro', description: 'Pro', billing_cycle: { interval: 'month', frequency: 1 } } }] }));
    assert.deepEqual((await licenses(shop, sub.order)).map((license) => [license.expires_at, statusAt(license, month(1) + 1)]), [[month(2), 'active'], [month(1), 'expired'], [month(1), 'expired']]);
  });

  it('comes to the same licences whether the added seat is told before the renewal that pays for it or after', async () => {
    const shop = await app();
    const outcomes = new Set<string>();
    for (const isRenewalFirst of [true, false]) {
      const sub = life(1);
      const three = [{ quantity: 3, price: { id: proPrice, name: 'Pro', description: 'Pro', billing_cycle: { interval: 'month', frequency: 1 } } }];
      const steps = [sub.state('active', bought + day, { items: sub.items(proPrice, 3) }), sub.renewal(1, month(1), { items: three })];
      await deliver(shop, ...sub.bought, ...(isRenewalFirst ? steps.toReversed() : steps));
      outcomes.add(JSON.stringify((await licenses(shop, sub.order)).map((license) => [license.expires_at, statusAt(license, month(1) + 1)])));
    }
    assert.deepEqual([...outcomes], [JSON.stringify(Array.from({ length: 3 }, () => [month(2), 'active']))]);
  });

  it('runs a trial to its end and goes on from there when it is paid', async () => {
    const shop = await app();
    const sub = life();
    const trialEnd = bought + 14 * day;
    const [buyer, created, paid] = sub.bought as [PaddleEvent, PaddleEvent, PaddleEvent];
    const trial = { ...paid, data: { ...paid.data, billing_period: { starts_at: iso(bought), ends_at: iso(trialEnd) } } };
    await deliver(shop, buyer, { ...created, data: { ...created.data, status: 'trialing' } }, trial);
    assert.equal((await licenses(shop, sub.order))[0]?.expires_at, trialEnd);
    await deliver(shop, sub.renewal(1, trialEnd, { billing_period: { starts_at: iso(trialEnd), ends_at: '2027-01-05T11:00:00.000Z' } }), sub.state('active', trialEnd));
    assert.equal(iso((await licenses(shop, sub.order))[0]?.expires_at ?? 0), '2027-01-05T11:00:00.000Z');
    assert.deepEqual(await told(shop, sub.id), ['TrialStarted', 'Renewed']);
  });

  it('tells once of a licence that runs out: expired, or suspended when its subscription is past due', async () => {
    const shop = await app();
    const [late, over] = [life(), life()];
    await deliver(shop, ...late.bought, late.state('past_due', month(1)), ...over.bought, over.state('active', bought + day, { scheduled_change: { action: 'cancel', effective_at: iso(month(1)), resume_at: null } }));
    await watchLapses(shop.deps);
    shop.clock.now = month(1) + 7 * day + 1;
    await watchLapses(shop.deps);
    shop.clock.now += day;
    await watchLapses(shop.deps);
    assert.deepEqual([await told(shop, late.id), await told(shop, over.id)], [['PaymentFailed', 'Suspended'], ['CancelScheduled', 'LicenseExpired']]);
    assert.equal((await licenses(shop, late.order))[0]?.status, 'suspended');
    await deliver(shop, late.renewal(1, shop.clock.now));
    assert.equal((await licenses(shop, late.order))[0]?.status, 'active');
  });

  it('ends the trial of a WooCommerce subscription when it ends, whichever delivery comes first, and begins the full term with the first renewal', async () => {
    const shop = await app();
    const trialEnd = Date.UTC(2026, 11, 5, 11);
    const before = shop.clock.now;
    shop.clock.now = Date.UTC(2026, 10, 21, 12);
    const ends: string[] = [];
    for (const first of ['order', 'subscription']) {
      const order = wooOrder({ total: '0.00', line_items: [{ id: 1, name: 'Pro', product_id: 11, variation_id: 0, quantity: 1, total: '0.00', sku: 'CHATELLO-PRO' }] });
      const id = 870_000 + order.id;
      const subscription = { ...payload('woocommerce/subscription.created.active.json'), id, parent_id: order.id, date_modified_gmt: '2026-11-21T11:00:00', trial_end_date_gmt: '2026-12-05T11:00:00', line_items: [{ id: 1, product_id: 11, variation_id: 0, quantity: 1, sku: 'CHATELLO-PRO', name: 'Pro' }] };
      const renewal = wooOrder({ meta_data: [{ id: 1, key: '_subscription_renewal', value: String(id) }], date_paid_gmt: '2026-12-05T11:00:00', date_modified_gmt: '2026-12-05T11:00:00' });
      const end = async () => new Date((await licenses(shop, String(order.id)))[0]?.expires_at ?? 0).toISOString();
      for (const body of first === 'order' ? [order, subscription] : [subscription, order]) await sendWoo(shop, body);
      await work(shop);
      ends.push(await end());
      await sendWoo(shop, { ...subscription, status: 'on-hold', date_modified_gmt: '2026-12-05T11:00:01' });
      await work(shop);
      ends.push(await stateAt(shop, String(order.id), trialEnd + day), await stateAt(shop, String(order.id), trialEnd + 8 * day));
      await sendWoo(shop, renewal);
      await work(shop);
      ends.push(await end());
    }
    const expected = ['2026-12-05T11:00:00.000Z', 'active', 'suspended', '2027-12-05T11:00:00.000Z'];
    assert.deepEqual(ends, [...expected, ...expected]);
    shop.clock.now = before;
  });

  it('follows a WooCommerce subscription: on hold has its grace, pending cancellation runs to its end, cancelled ends it', async () => {
    const shop = await app();
    const order = wooOrder();
    const subscription = (status: string, minute: number) => ({ ...payload('woocommerce/subscription.created.active.json'), id: 880_000 + order.id, parent_id: order.id, status, date_modified_gmt: `2026-11-21T11:${String(minute).padStart(2, '0')}:00`, end_date_gmt: '2027-11-21T11:00:00', line_items: [{ id: 1, product_id: 11, variation_id: 0, quantity: 1, sku: 'CHATELLO-PRO', name: 'Pro' }] });
    const end = Date.UTC(2027, 10, 21, 11);
    const seen: string[] = [];
    for (const body of [order, subscription('active', 1), subscription('on-hold', 2), subscription('active', 3), subscription('pending-cancel', 4), subscription('cancelled', 5)]) {
      await sendWoo(shop, body);
      await work(shop);
      seen.push(`${await stateAt(shop, String(order.id), end - 1)},${await stateAt(shop, String(order.id), end + day)},${await stateAt(shop, String(order.id), end + 8 * day)}`);
    }
    assert.deepEqual(seen, ['active,expired,expired', 'active,active,expired', 'active,active,suspended', 'active,active,expired', 'active,expired,expired', 'cancelled,cancelled,cancelled']);
  });
});
