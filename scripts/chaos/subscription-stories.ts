import { gmt, monthEnd, paddle, paddleAgencyPrice, paddleCustomer, paddlePrice, paddleTransaction, paidAt, stripePrice, woo, wooOrder, type Delivery, type Expectation, type Story } from './deliveries.ts';

const day = 86_400_000;
const iso = (ms: number) => new Date(ms).toISOString();

/** A Paddle subscription: its purchase, and what tells of it. */
function paddleLife(n: number, quantity: number): { bought: Delivery[]; state: (name: string, status: string, at: number, changes?: object) => Delivery; renewal: (period: number, count: number, changes?: object) => Delivery; item: (price: string, count: number) => object[]; expected: (changes: Partial<Expectation>) => Expectation[] } {
  const id = `sub_chaos_${n}`;
  const price = (priceId: string) => ({ id: priceId, name: 'Plan', description: 'Plan', billing_cycle: { interval: 'month', frequency: 1 } });
  const item = (priceId: string, count: number) => [{ status: 'active', quantity: count, recurring: true, price: price(priceId) }];
  // The period that a state names may not be paid: it is far off here, so that whatever believes it shows.
  const data = (status: string, changes: object) => ({ id, status, customer_id: `ctm_chaos_${n}`, scheduled_change: null, items: item(paddlePrice, quantity), current_billing_period: { starts_at: iso(paidAt), ends_at: iso(monthEnd(50)) }, ...changes });
  return {
    item,
    bought: [paddleCustomer(n), paddleTransaction(n, `${n}`, quantity, { subscription_id: id }), paddle(`sub_${n}`, 'subscription.created', { ...data('active', {}), transaction_id: `txn_chaos_${n}` })],
    state: (name, status, at, changes = {}) => paddle(`sub_${n}_${name}`, 'subscription.updated', data(status, changes), at),
    renewal: (period, count, changes = {}) =>
      paddleTransaction(n, `${n}_renewal_${period}`, count, {
        origin: 'subscription_recurring', subscription_id: id, billing_period: { starts_at: iso(monthEnd(period)), ends_at: iso(monthEnd(period + 1)) }, payments: [{ status: 'captured', captured_at: iso(monthEnd(period)) }], ...changes,
      }),
    expected: (changes) => [{ provider: 'paddle', order: `txn_chaos_${n}`, licenses: quantity, isRefunded: false, expiresAt: monthEnd(1), ...changes }],
  };
}

/** Paused, resumed, paused for good. */
export function subscriptionPaused(n: number): Story {
  const life = paddleLife(n, 2);
  return { deliveries: [...life.bought, life.state('paused', 'paused', paidAt + day), life.state('resumed', 'active', paidAt + 2 * day), life.state('again', 'paused', paidAt + 3 * day)], expected: life.expected({ state: 'suspended' }) };
}

/** A larger plan, renewed as such; a cancellation that is scheduled and undone in between. */
export function subscriptionUpgraded(n: number): Story {
  const life = paddleLife(n, 1);
  const agency = { items: life.item(paddleAgencyPrice, 1) };
  const scheduled = { scheduled_change: { action: 'cancel', effective_at: iso(monthEnd(1)), resume_at: null }, ...agency };
  return {
    deliveries: [...life.bought, life.state('up', 'active', paidAt + day, agency), life.state('scheduled', 'active', paidAt + 2 * day, scheduled), life.state('undone', 'active', paidAt + 3 * day, agency), life.renewal(1, 1)],
    expected: life.expected({ plan: 'agency', expiresAt: monthEnd(2) }),
  };
}

/** A seat more, which the renewal pays for. */
export function subscriptionGrown(n: number): Story {
  const life = paddleLife(n, 2);
  return { deliveries: [...life.bought, life.state('grown', 'active', paidAt + day, { items: life.item(paddlePrice, 3) }), life.renewal(1, 3)], expected: life.expected({ licenses: 3, expiresAt: monthEnd(2) }) };
}

/** A renewal that is never paid. */
export function subscriptionUnpaid(n: number): Story {
  const life = paddleLife(n, 1);
  const failed = paddle(`failed_${n}`, 'transaction.payment_failed', { id: `txn_chaos_${n}_failed`, subscription_id: `sub_chaos_${n}`, origin: 'subscription_recurring' }, monthEnd(1));
  return { deliveries: [...life.bought, failed, life.state('late', 'past_due', monthEnd(1) + 1_000)], expected: life.expected({ state: 'unpaid' }) };
}

/** Past due, then paid. */
export function subscriptionRecovered(n: number): Story {
  const life = paddleLife(n, 1);
  return { deliveries: [...life.bought, life.state('late', 'past_due', monthEnd(1)), life.renewal(1, 1), life.state('paid', 'active', monthEnd(1) + day)], expected: life.expected({ expiresAt: monthEnd(2) }) };
}

/** On hold, active, to be cancelled, cancelled. */
export function wooCancelled(n: number): Story {
  const order = wooOrder(n * 100, n, 1);
  const state = (status: string, seconds: number) => woo('subscription.updated', { id: n * 100 + 50, parent_id: n * 100, status, billing_period: 'year', date_modified_gmt: gmt(seconds), line_items: [{ id: 1, product_id: 11, variation_id: 0, quantity: 1, sku: 'CHATELLO-PRO', name: 'Pro' }] });
  return {
    deliveries: [woo('order.created', order), state('active', 1), state('on-hold', 100), state('active', 200), state('pending-cancel', 300), state('cancelled', 400)],
    expected: [{ provider: 'woocommerce', order: String(n * 100), licenses: 1, isRefunded: false, expiresAt: Date.UTC(2027, 9, 1, 8), state: 'cancelled' }],
  };
}

function stripe(id: string, type: string, at: number, object: object): Delivery {
  return { provider: 'stripe', topic: type, body: JSON.stringify({ id: `evt_chaos_${id}`, object: 'event', type, created: Math.floor(at / 1_000), data: { object } }) };
}

function stripeSubscription(n: number): { bought: Delivery[]; renewal: Delivery; state: (name: string, status: string, at: number) => Delivery; expected: (changes: Partial<Expectation>) => Expectation[] } {
  const [id, first] = [`sub_chaos_${n}`, `in_chaos_${n}_0`];
  const seconds = (ms: number) => Math.floor(ms / 1_000);
  const invoice = (period: number) =>
    stripe(`invoice_${n}_${period}`, 'invoice.paid', monthEnd(period), {
      id: `in_chaos_${n}_${period}`, number: `S-${n}-${period}`, status: 'paid', billing_reason: period === 0 ? 'subscription_create' : 'subscription_cycle', currency: 'jpy', total: 2900, created: seconds(monthEnd(period)), status_transitions: { paid_at: seconds(monthEnd(period)) },
      customer: `cus_chaos_${n}`, customer_email: `stripe${n}@example.test`, customer_name: `Buyer ${n}`, parent: { subscription_details: { subscription: id } },
      lines: { data: [{ id: `il_chaos_${n}_${period}`, description: 'Pro', amount: 2900, quantity: 1, period: { start: seconds(monthEnd(period)), end: seconds(monthEnd(period + 1)) }, pricing: { price_details: { price: stripePrice, product: 'prod_chaos' } } }] },
    });
  const state = (name: string, status: string, at: number) => stripe(`sub_${n}_${name}`, 'customer.subscription.updated', at, { id, status, customer: `cus_chaos_${n}`, items: { data: [{ quantity: 1, current_period_end: seconds(monthEnd(50)), price: { id: stripePrice, product: 'prod_chaos' } }] } });
  const checkout = stripe(`checkout_${n}`, 'checkout.session.completed', paidAt, { id: `cs_chaos_${n}`, mode: 'subscription', payment_status: 'paid', created: seconds(paidAt), currency: 'jpy', amount_total: 2900, subscription: id, invoice: first });
  return { bought: [checkout, invoice(0), state('new', 'active', paidAt)], renewal: invoice(1), state, expected: (changes) => [{ provider: 'stripe', order: first, licenses: 1, isRefunded: false, expiresAt: monthEnd(1), ...changes }] };
}

export function stripeLife(n: number): Story {
  const life = stripeSubscription(n);
  return { deliveries: [...life.bought, life.state('late', 'past_due', monthEnd(1) - day), life.renewal, life.state('paid', 'active', monthEnd(1) + day)], expected: life.expected({ expiresAt: monthEnd(2) }) };
}

export function stripeCancelled(n: number): Story {
  const life = stripeSubscription(n);
  return { deliveries: [...life.bought, life.renewal, life.state('over', 'canceled', monthEnd(1) + day)], expected: life.expected({ state: 'cancelled', expiresAt: monthEnd(2) }) };
}

/** A dispute that is won gives back what it took. */
export function stripeDisputed(n: number): Story {
  const life = stripeSubscription(n);
  const dispute = (type: string, status: string, at: number) => stripe(`dispute_${n}_${status}`, type, at, { id: `dp_chaos_${n}`, payment_intent: `pi_chaos_${n}`, charge: null, amount: 2900, currency: 'jpy', status, created: Math.floor(at / 1_000) });
  const payment = stripe(`payment_${n}`, 'invoice_payment.paid', paidAt, { id: `inpay_chaos_${n}`, invoice: `in_chaos_${n}_0`, payment: { payment_intent: `pi_chaos_${n}` } });
  return { deliveries: [...life.bought, payment, dispute('charge.dispute.created', 'needs_response', paidAt + day), dispute('charge.dispute.closed', 'won', paidAt + 2 * day)], expected: life.expected({}) };
}
