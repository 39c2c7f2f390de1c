import { DeadLetter } from '../../jobs/job-kinds.ts';
import type { SubscriptionStatus } from '../../licenses/license-status.rules.ts';
import { reason } from '../../reasons.rules.ts';
import type { AdjustmentEvent, BillingEvent, Buyer, OrderLine } from '../billing-events.ts';
import { currencyCode, minorUnits } from '../money.rules.ts';
import { understand } from '../read-body.ts';
import { buyerLocale, cleanText } from '../text.rules.ts';
import { order, restError, subscription, type WooOrder, type WooSubscription } from './woocommerce-schemas.ts';

const voidStatuses = new Set(['cancelled', 'failed', 'refunded']);
const languageMeta = ['wpml_language', '_wpml_language', 'pll_language', '_order_language', 'trp_language', 'lang'];

/**
 * What a WooCommerce body says. Its kind is told from the body: the topic is a header, which nothing signs. `isFresh`: the order was
 * fetched just now, so it wins over a delivery of the same second. Throws DeadLetter when it cannot be understood.
 */
export function parseWooCommerce(body: unknown, isFresh = false): BillingEvent[] {
  const fields = typeof body === 'object' && body !== null ? body : {};
  if ('line_items' in fields && 'billing_period' in fields) {
    return subscriptionEvents(understand(subscription, body, 'subscription'), isFresh);
  }
  if ('line_items' in fields && 'status' in fields) return orderEvents(understand(order, body, 'order'), isFresh);
  const refusal = restError.safeParse(body);
  if (refusal.success && !('id' in fields)) {
    throw new DeadLetter(reason('shop_refuses', { code: cleanText(refusal.data.code, 80) }));
  }
  if ('id' in fields && Object.keys(fields).length === 1) return [{ type: 'Ignored', reason: reason('moved_to_trash') }];
  return [{ type: 'Ignored', reason: reason('no_order') }];
}

/** On hold is what the plugin makes of a renewal that is due and not paid, for minutes or for good: past due, with its grace. */
const statuses: Record<string, SubscriptionStatus> = { pending: 'pending', active: 'active', 'on-hold': 'past_due', 'pending-cancel': 'active', cancelled: 'cancelled', expired: 'expired' };

function subscriptionEvents(data: WooSubscription, isFresh: boolean): BillingEvent[] {
  const { id, parent_id: parent, status: name } = data;
  const linked = { type: 'SubscriptionLinked', subscriptionId: id, orderId: parent && String(parent) !== '0' ? String(parent) : null } as const;
  const status = Object.hasOwn(statuses, name) ? statuses[name] : undefined;
  // Switched: its items have moved to another subscription. What is paid stays.
  if (status === undefined) return [linked];
  const changed: BillingEvent = {
    type: 'SubscriptionChanged',
    subscriptionId: id,
    status,
    customerId: data.customer_id && String(data.customer_id) !== '0' ? String(data.customer_id) : null,
    periodEndsAt: data.next_payment_date_gmt ?? data.end_date_gmt,
    trialEndsAt: data.trial_end_date_gmt,
    cancelAt: name === 'pending-cancel' ? (data.end_date_gmt ?? data.date_modified_gmt ?? 0) : null,
    items: data.line_items.map((line) => ({ productIds: productIds(line), quantity: Math.max(0, Math.floor(line.quantity)) })),
    snapshotAt: data.date_modified_gmt ?? 0,
  };
  return [linked, isFresh ? { ...changed, isFresh } : changed];
}

function productIds({ sku, variation_id: variation, product_id: product }: { sku: string; variation_id: string; product_id: string }): string[] {
  return [sku.trim(), variation, product].filter((id) => id !== '' && id.length <= 190);
}

function orderEvents(data: WooOrder, isFresh: boolean): BillingEvent[] {
  const paidAt = paidTime(data);
  const renewed = metaText(data, '_subscription_renewal');
  if (paidAt === undefined && data.status === 'failed' && renewed !== undefined) return [{ type: 'PaymentFailed', subscriptionId: renewed, failedAt: data.date_modified_gmt ?? data.date_created_gmt ?? 0 }];
  if (paidAt === undefined) return [{ type: 'Ignored', reason: reason('order_not_paid', { order: data.id, status: cleanText(data.status, 40) }) }];
  if (metaText(data, '_subscription_switch') !== undefined) return [{ type: 'Ignored', reason: reason('subscription_switched') }];
  const currency = currencyCode(data.currency);
  const status = cleanText(data.status, 32);
  const snapshotAt = snapshotTime(data, paidAt, isFresh);
  const paid = {
    orderId: data.id,
    number: cleanText(data.number === '' ? data.id : data.number, 64),
    status,
    currency,
    totalMinor: amount(data.total, currency),
    paidAt,
    snapshotAt,
    buyer: buyerOf(data),
    lines: data.line_items.map((line) => lineOf(line, currency)),
  };
  return [
    renewed === undefined ? { type: 'OrderPaid', ...paid, subscriptionId: null, startsSubscription: false } : { type: 'SubscriptionRenewed', ...paid, subscriptionId: renewed },
    ...(voidStatuses.has(status) ? [{ type: 'OrderVoided', orderId: data.id, status, snapshotAt } as const] : []),
    ...data.refunds.map(({ id, total }) => refundEvent(id, data.id, Math.abs(amount(total, currency)), currency, null, data.date_modified_gmt ?? paidAt)),
  ];
}

/** When the order was paid; undefined when it was not. Cash on delivery is paid when the order is completed, and carries no date before. */
function paidTime(data: WooOrder): number | undefined {
  const { status, date_paid_gmt: paid, date_completed_gmt: completed, date_modified_gmt: modified, date_created_gmt: created } = data;
  if (status === 'completed') return paid ?? completed ?? modified ?? created ?? undefined;
  return (status === 'processing' || voidStatuses.has(status)) && paid !== null ? paid : undefined;
}

/**
 * WooCommerce counts in seconds. Of two states of one second the one that is further on in an order's life is taken for the later
 * one, in the milliseconds that WooCommerce leaves empty.
 */
function snapshotTime(data: WooOrder, paidAt: number, isFresh: boolean): number {
  const progress = { processing: 1, completed: 2, failed: 3, cancelled: 4, refunded: 5 }[data.status] ?? 0;
  const rank = progress * 40 + Math.min(data.refunds.length, 30) + (isFresh ? 500 : 0);
  const modified = data.date_modified_gmt ?? paidAt;
  return modified - (modified % 1_000) + rank;
}

function lineOf(line: WooOrder['line_items'][number], currency: string): OrderLine {
  return {
    externalId: line.id,
    productIds: productIds(line),
    name: cleanText(line.name, 255),
    quantity: Math.max(0, Math.floor(line.quantity)),
    amountMinor: amount(line.total, currency) + amount(line.total_tax, currency),
    cycleMonths: undefined,
    periodEndsAt: null,
  };
}

function buyerOf({ billing, meta_data: meta }: WooOrder): Buyer {
  const language = meta.find(({ key, value }) => languageMeta.includes(key) && typeof value === 'string')?.value;
  return {
    email: billing?.email ?? '',
    name: cleanText(`${billing?.first_name ?? ''} ${billing?.last_name ?? ''}`, 200),
    company: cleanText(billing?.company ?? '', 200),
    locale: buyerLocale(typeof language === 'string' ? language : undefined, billing?.country),
  };
}

/** A refund of WooCommerce is final: money went back. Its items are told on request only. */
export function refundEvent(adjustmentId: string, orderId: string, amountMinor: number, currency: string, items: AdjustmentEvent['items'], occurredAt: number): AdjustmentEvent {
  return { type: 'Refunded', action: 'refund', status: 'approved', adjustmentId, orderId, isFull: false, items, amountMinor, currency, occurredAt };
}

function metaText({ meta_data: meta }: Pick<WooOrder, 'meta_data'>, name: string): string | undefined {
  const value = meta.find(({ key }) => key === name)?.value;
  const id = typeof value === 'number' ? String(value) : value;
  return typeof id === 'string' && id !== '' && id.length <= 64 ? id : undefined;
}

export function amount(decimal: string, currency: string): number {
  const minor = minorUnits(decimal, currency);
  if (minor === undefined) throw new DeadLetter(reason('no_amount', { amount: cleanText(decimal, 40) }));
  return minor;
}
