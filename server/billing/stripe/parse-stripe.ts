import { DeadLetter } from '../../jobs/job-kinds.ts';
import type { SubscriptionStatus } from '../../licenses/license-status.rules.ts';
import { reason } from '../../reasons.rules.ts';
import type { BillingEvent, OrderLine } from '../billing-events.ts';
import { currencyCode } from '../money.rules.ts';
import { understand } from '../read-body.ts';
import { buyerLocale, cleanText } from '../text.rules.ts';
import { disputeEvent, refundEvent, refundTotalEvent } from './parse-stripe-refunds.ts';
import { invoiceEvents } from './parse-stripe-invoice.ts';
import { charge, customer, dispute, event, invoice, invoicePayment, refund, session, subscription, type StripeSession, type StripeSubscription } from './stripe-schemas.ts';

/** What a Stripe event says. `canAsk`: the API is configured, so what a checkout holds can be asked for. Throws DeadLetter when it cannot be understood. */
export function parseStripe(body: unknown, canAsk: boolean): BillingEvent[] {
  const { type, created: at, data } = understand(event, body, 'event');
  const { object } = data;
  switch (type) {
    case 'checkout.session.completed':
    case 'checkout.session.async_payment_succeeded':
      return sessionEvents(understand(session, object, 'checkout session'), at, canAsk);
    case 'invoice.paid':
      return invoiceEvents(understand(invoice, object, 'invoice'), at);
    case 'invoice.payment_failed': {
      const data = understand(invoice, object, 'invoice');
      const id = data.parent?.subscription_details?.subscription ?? data.subscription;
      const isRenewal = data.billing_reason !== 'subscription_create';
      return id && isRenewal ? [{ type: 'PaymentFailed', subscriptionId: id, failedAt: at }] : [{ type: 'Ignored', reason: reason('not_bought_yet') }];
    }
    case 'customer.subscription.created':
    case 'customer.subscription.updated':
    case 'customer.subscription.deleted':
    case 'customer.subscription.paused':
    case 'customer.subscription.resumed':
      return [subscriptionChanged(understand(subscription, object, 'subscription'), at)];
    case 'charge.refunded':
      return [refundTotalEvent(understand(charge, object, 'charge'), at)];
    case 'refund.created':
    case 'refund.updated':
    case 'refund.failed':
    case 'charge.refund.updated':
      return [refundEvent(understand(refund, object, 'refund'), at)];
    case 'charge.dispute.created':
    case 'charge.dispute.updated':
    case 'charge.dispute.closed':
    case 'charge.dispute.funds_withdrawn':
    case 'charge.dispute.funds_reinstated':
      return [disputeEvent(understand(dispute, object, 'dispute'), at)];
    case 'invoice_payment.paid':
      return paymentLinks(understand(invoicePayment, object, 'invoice payment'));
    case 'customer.created':
    case 'customer.updated':
      return [customerChanged(object, at)];
    default:
      return [{ type: 'Ignored', reason: reason('changes_no_license', { type: cleanText(type, 60) }) }];
  }
}

/**
 * A checkout. One of a subscription says which invoice began it, and the invoice says what was paid. One of a single payment is the
 * order itself: its lines are in it, or it was a payment link (which can be mapped), or they are asked for.
 */
export function sessionEvents(data: StripeSession, at: number, canAsk: boolean): BillingEvent[] {
  if (data.mode === 'subscription') {
    return data.subscription && data.invoice ? [{ type: 'SubscriptionLinked', subscriptionId: data.subscription, orderId: data.invoice }] : [{ type: 'Ignored', reason: reason('checkout_without_invoice') }];
  }
  if (data.mode !== 'payment') return [{ type: 'Ignored', reason: reason('checkout_of_mode', { mode: cleanText(data.mode, 20) }) }];
  if (data.payment_status === 'unpaid') return [{ type: 'Ignored', reason: reason('checkout_unpaid') }];
  const currency = currencyCode(data.currency ?? '');
  const lines = sessionLines(data);
  if (lines === null && !canAsk) throw new DeadLetter(reason('checkout_without_lines'));
  const orderId = data.payment_intent ?? data.id;
  const details = data.customer_details;
  const email = details?.email || data.customer_email;
  return [
    {
      type: 'OrderPaid', orderId, number: cleanText(orderId, 64), status: 'paid', currency, totalMinor: data.amount_total, paidAt: at, snapshotAt: at,
      buyer: email === '' && data.customer ? { customerId: data.customer } : { email, name: cleanText(details?.name ?? '', 200), company: '', locale: buyerLocale(data.locale === 'auto' ? undefined : data.locale, details?.address?.country) },
      customerId: data.customer, lines, lookUp: data.id, subscriptionId: null, startsSubscription: false,
    },
  ];
}

function sessionLines({ line_items: list, payment_link: link, amount_total: total }: StripeSession): OrderLine[] | null {
  if (list) {
    return list.data.map((line) => ({
      externalId: line.id, productIds: [line.price?.id, line.price?.product ?? undefined].filter((id) => id !== undefined), name: cleanText(line.description, 255),
      quantity: Math.max(0, Math.floor(line.quantity ?? 1)), amountMinor: line.amount_total, cycleMonths: undefined, periodEndsAt: null,
    }));
  }
  return link ? [{ externalId: link, productIds: [link], name: link, quantity: 1, amountMinor: total, cycleMonths: undefined, periodEndsAt: null }] : null;
}

/** `unpaid`: every attempt has failed. It is as past due as before; the grace decides. */
const statuses: Record<string, SubscriptionStatus> = {
  trialing: 'trialing', active: 'active', past_due: 'past_due', unpaid: 'past_due', paused: 'paused', canceled: 'cancelled', incomplete: 'pending', incomplete_expired: 'cancelled',
};

export function subscriptionChanged(data: StripeSubscription, snapshotAt: number): BillingEvent {
  const status = Object.hasOwn(statuses, data.status) ? statuses[data.status] : undefined;
  if (status === undefined) throw new DeadLetter(reason('subscription_status_unknown', { status: cleanText(data.status, 40), subscription: data.id }));
  const periodEndsAt = data.current_period_end ?? data.items.data.find(({ current_period_end: end }) => end)?.current_period_end ?? null;
  return {
    type: 'SubscriptionChanged',
    subscriptionId: data.id,
    status,
    customerId: data.customer ?? null,
    periodEndsAt,
    cancelAt: data.cancel_at ?? (data.cancel_at_period_end === true ? periodEndsAt : null),
    items: data.items.data.map(({ price, quantity }) => ({ productIds: [price.id, price.product ?? undefined].filter((id) => id !== undefined), quantity: Math.max(0, Math.floor(quantity ?? 1)) })),
    snapshotAt,
  };
}

export function paymentLinks({ invoice: orderId, payment }: { invoice: string; payment: { payment_intent?: string | null | undefined; charge?: string | null | undefined } }): BillingEvent[] {
  const ids = [payment.payment_intent, payment.charge].filter((id) => id !== undefined && id !== null);
  return ids.map((paymentId) => ({ type: 'PaymentLinked', orderId, paymentId }));
}

export function customerChanged(object: unknown, snapshotAt: number): BillingEvent {
  const data = understand(customer, object, 'customer');
  return { type: 'CustomerChanged', customerId: data.id, email: cleanText(data.email, 320), name: cleanText(data.name, 200), locale: buyerLocale(data.preferred_locales?.[0], data.address?.country), snapshotAt };
}
