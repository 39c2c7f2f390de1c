import { createHmac } from 'node:crypto';
import type { Response } from 'supertest';
import { payload } from './deliveries.ts';
import type { TestApp } from './harness.ts';

export const stripeSecret = 'whsec_test_secret';

export type StripeEvent = { id: string; type: string; created: number; data: { object: Record<string, unknown> } };

let serial = 0;

/** A derived Stripe event under an id of its own, with its object changed. `at` in epoch ms. */
export function stripeEvent(file: string, at: number, changes: Record<string, unknown> = {}): StripeEvent {
  serial += 1;
  const event = payload<StripeEvent>(`stripe/derived/${file}.json`);
  return { ...event, id: `evt_test_${serial}`, created: Math.floor(at / 1_000), data: { object: { ...event.data.object, ...changes } } };
}

export function stripeHeaders(body: string | Buffer, now: number, secret = stripeSecret): Record<string, string> {
  const t = Math.floor(now / 1_000);
  return { 'Content-Type': 'application/json', 'Stripe-Signature': `t=${t},v1=${createHmac('sha256', secret).update(`${t}.`).update(body).digest('hex')}` };
}

export function sendStripe({ call, clock }: TestApp, body: unknown): Promise<Response> {
  const raw = typeof body === 'string' ? body : JSON.stringify(body);
  return call('post', '/webhooks/stripe', { raw, headers: stripeHeaders(raw, clock.now) });
}

export const bought = Date.UTC(2026, 10, 21, 11);
export const month = (count: number) => Date.UTC(2026, 10 + count, 21, 11);
const seconds = (ms: number) => Math.floor(ms / 1_000);

/** A monthly subscription of one seat as Stripe tells it. */
export function stripeLife(priceId: string): { id: string; first: string; payment: string; email: string; checkout: StripeEvent; invoice: (period: number, paidAt: number, changes?: Record<string, unknown>) => StripeEvent; state: (status: string, at: number, changes?: Record<string, unknown>) => StripeEvent } {
  serial += 1;
  const [id, customer, email] = [`sub_life_${serial}`, `cus_life_${serial}`, `stripe${serial}@example.test`];
  const [first, payment] = [`in_life_${serial}_0`, `pi_life_${serial}_0`];
  const invoice = (period: number, paidAt: number, changes: Record<string, unknown> = {}) =>
    stripeEvent('invoice.paid', paidAt, {
      id: `in_life_${id.slice(9)}_${period}`, number: `R-${id}-${period}`, billing_reason: period === 0 ? 'subscription_create' : 'subscription_cycle', currency: 'eur', total: 2900, customer, customer_email: email, status_transitions: { paid_at: seconds(paidAt) },
      parent: { type: 'subscription_details', subscription_details: { metadata: {}, subscription: id } },
      lines: { object: 'list', has_more: false, data: [{ id: `il_${id}_${period}`, description: '1 × Pro', amount: 2900, quantity: 1, period: { start: seconds(month(period)), end: seconds(month(period + 1)) }, pricing: { type: 'price_details', price_details: { price: priceId, product: 'prod_life' } }, parent: { type: 'subscription_item_details', subscription_item_details: { proration: false } } }] },
      ...changes,
    });
  return {
    id, first, payment, email, invoice,
    checkout: stripeEvent('checkout.session.completed', bought + 2_000, { id: `cs_life_${serial}`, mode: 'subscription', subscription: id, invoice: first, customer, payment_intent: null, payment_status: 'paid', customer_details: { email, name: 'Ada Buyer', address: { country: 'IT' } } }),
    state: (status, at, changes = {}) => stripeEvent('customer.subscription.updated', at, { id, status, customer, cancel_at: null, cancel_at_period_end: false, current_period_end: undefined, items: { object: 'list', data: [{ id: `si_${id}`, quantity: 1, current_period_end: seconds(at) + 86_400 * 300, price: { id: priceId, product: 'prod_life', recurring: { interval: 'month', interval_count: 1 } } }] }, ...changes }),
  };
}
