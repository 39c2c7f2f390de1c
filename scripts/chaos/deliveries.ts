import { createHmac } from 'node:crypto';

export const secrets = { paddle: 'chaos_paddle_secret', woocommerce: 'chaos_woocommerce_secret', stripe: 'chaos_stripe_secret' };
export const [paddlePrice, paddleAgencyPrice, stripePrice] = ['pri_chaos_pro', 'pri_chaos_agency', 'price_chaos_pro'] as const;

export type Delivery = { provider: 'paddle' | 'woocommerce' | 'stripe'; topic: string; body: string };
/** What an order has to end in: that many licences, all active until `expiresAt`; or none active, because it was refunded. */
export type Expectation = { provider: Delivery['provider']; order: string; licenses: number; isRefunded: boolean; expiresAt: number; /** Instead of active; `unpaid` is suspended once its grace has passed. */ state?: 'suspended' | 'cancelled' | 'unpaid'; plan?: string };
export type Story = { deliveries: Delivery[]; expected: Expectation[] };

export const paidAt = Date.UTC(2026, 9, 1, 8);
const year = (count: number) => Date.UTC(2026 + count, 9, 1, 8);
export const monthEnd = (count: number) => Date.UTC(2026, 9 + count, 1, 8);

/** Headers as the provider sends them, signed now. */
export function signedHeaders({ provider, topic, body }: Delivery): Record<string, string> {
  const hmac = (text: string) => createHmac('sha256', secrets[provider]).update(text);
  if (provider === 'woocommerce') return { 'Content-Type': 'application/json', 'X-WC-Webhook-Topic': topic, 'X-WC-Webhook-Signature': hmac(body).digest('base64') };
  const ts = Math.floor(Date.now() / 1_000);
  if (provider === 'stripe') return { 'Content-Type': 'application/json', 'Stripe-Signature': `t=${ts},v1=${hmac(`${ts}.${body}`).digest('hex')}` };
  return { 'Content-Type': 'application/json', 'Paddle-Signature': `ts=${ts};h1=${hmac(`${ts}:${body}`).digest('hex')}` };
}

export function woo(topic: string, body: object): Delivery {
  return { provider: 'woocommerce', topic, body: JSON.stringify(body) };
}

export function wooOrder(id: number, buyer: number, quantity: number, changes: object = {}): Record<string, unknown> {
  return {
    id, number: String(id), status: 'processing', currency: 'EUR', total: `${49 * quantity}.00`, date_created_gmt: gmt(0), date_modified_gmt: gmt(0), date_paid_gmt: gmt(0), date_completed_gmt: null,
    billing: { first_name: 'Buyer', last_name: String(buyer), company: '', country: buyer % 2 === 0 ? 'IT' : 'DE', email: `woo${buyer}@example.test` }, meta_data: [], refunds: [],
    line_items: [{ id: id * 10, name: 'Chatello Pro', product_id: 11, variation_id: 0, quantity, total: `${49 * quantity}.00`, total_tax: '0.00', sku: 'CHATELLO-PRO' }],
    ...changes,
  };
}

export function gmt(seconds: number): string {
  return new Date(paidAt + seconds * 1_000).toISOString().slice(0, 19);
}

export function wooPurchase(n: number): Story {
  const quantity = 1 + (n % 3);
  const order = wooOrder(n * 100, n, quantity);
  const completed = { ...order, status: 'completed', date_modified_gmt: gmt(60), date_completed_gmt: gmt(60) };
  return { deliveries: [woo('order.created', order), woo('order.updated', order), woo('order.updated', completed)], expected: [{ provider: 'woocommerce', order: String(n * 100), licenses: quantity, isRefunded: false, expiresAt: year(1) }] };
}

export function wooRefunded(n: number): Story {
  const order = wooOrder(n * 100, n, 2);
  const refunded = { ...order, status: 'refunded', date_modified_gmt: gmt(90), refunds: [{ id: n * 100 + 1, reason: '', total: '-98.00' }] };
  return { deliveries: [woo('order.created', order), woo('order.updated', refunded)], expected: [{ provider: 'woocommerce', order: String(n * 100), licenses: 2, isRefunded: true, expiresAt: 0 }] };
}

export function wooUnpaid(n: number): Story {
  const order = wooOrder(n * 100, n, 1, { status: 'on-hold', date_paid_gmt: null });
  return { deliveries: [woo('order.created', order)], expected: [{ provider: 'woocommerce', order: String(n * 100), licenses: 0, isRefunded: false, expiresAt: 0 }] };
}

export function wooSubscription(n: number): Story {
  const order = wooOrder(n * 100, n, 1);
  const subscription = { id: n * 100 + 50, parent_id: n * 100, status: 'active', billing_period: 'year', date_modified_gmt: gmt(1), line_items: [] };
  const renewal = wooOrder(n * 100 + 51, n, 1, { date_paid_gmt: gmt(30 * 86_400), date_modified_gmt: gmt(30 * 86_400), meta_data: [{ key: '_subscription_renewal', value: String(n * 100 + 50) }] });
  return { deliveries: [woo('order.created', order), woo('subscription.created', subscription), woo('order.created', renewal)], expected: [{ provider: 'woocommerce', order: String(n * 100), licenses: 1, isRefunded: false, expiresAt: year(2) }] };
}

export function paddle(id: string, type: string, data: object, at = paidAt): Delivery {
  return { provider: 'paddle', topic: type, body: JSON.stringify({ event_id: `evt_chaos_${id}`, event_type: type, occurred_at: new Date(at).toISOString(), notification_id: `ntf_chaos_${id}`, data }) };
}

export function paddleCustomer(n: number): Delivery {
  return paddle(`customer_${n}`, 'customer.created', { id: `ctm_chaos_${n}`, email: `paddle${n}@example.test`, name: `Buyer ${n}`, locale: n % 2 === 0 ? 'it' : 'en', status: 'active' });
}

export function paddleTransaction(n: number, id: string, quantity: number, changes: object = {}): Delivery {
  const total = String(2_900 * quantity);
  return paddle(id, 'transaction.completed', {
    id: `txn_chaos_${id}`, status: 'completed', origin: 'web', currency_code: 'EUR', customer_id: `ctm_chaos_${n}`, subscription_id: null, invoice_number: `1-${n}`, billed_at: new Date(paidAt).toISOString(),
    billing_period: { starts_at: new Date(paidAt).toISOString(), ends_at: new Date(monthEnd(1)).toISOString() }, payments: [{ status: 'captured', captured_at: new Date(paidAt).toISOString() }],
    items: [{ quantity, price: { id: paddlePrice, name: 'Pro', description: 'Pro', billing_cycle: { interval: 'month', frequency: 1 } } }],
    details: { totals: { total, grand_total: total }, line_items: [{ id: `txnitm_chaos_${id}`, price_id: paddlePrice, quantity, totals: { total }, product: { name: 'Pro' } }] },
    ...changes,
  });
}

export function paddlePurchase(n: number): Story {
  const quantity = 1 + (n % 4);
  return { deliveries: [paddleCustomer(n), paddleTransaction(n, `${n}`, quantity)], expected: [{ provider: 'paddle', order: `txn_chaos_${n}`, licenses: quantity, isRefunded: false, expiresAt: monthEnd(1) }] };
}

export function paddleSubscription(n: number): Story {
  const subscription_id = `sub_chaos_${n}`;
  const linked = paddle(`sub_${n}`, 'subscription.created', { id: subscription_id, status: 'active', transaction_id: `txn_chaos_${n}` });
  const renewal = paddleTransaction(n, `${n}_renewal`, 2, {
    origin: 'subscription_recurring', subscription_id, billing_period: { starts_at: new Date(monthEnd(1)).toISOString(), ends_at: new Date(monthEnd(2)).toISOString() },
    payments: [{ status: 'captured', captured_at: new Date(monthEnd(1)).toISOString() }],
  });
  return { deliveries: [paddleCustomer(n), paddleTransaction(n, `${n}`, 2, { subscription_id }), linked, renewal], expected: [{ provider: 'paddle', order: `txn_chaos_${n}`, licenses: 2, isRefunded: false, expiresAt: monthEnd(2) }] };
}

export function paddleRefunded(n: number): Story {
  const adjustment = paddle(`adj_${n}`, 'adjustment.created', { id: `adj_chaos_${n}`, transaction_id: `txn_chaos_${n}`, action: 'refund', type: 'full', status: 'approved', currency_code: 'EUR', items: [], totals: { total: '5800' } });
  return { deliveries: [paddleCustomer(n), paddleTransaction(n, `${n}`, 2), adjustment], expected: [{ provider: 'paddle', order: `txn_chaos_${n}`, licenses: 2, isRefunded: true, expiresAt: 0 }] };
}
