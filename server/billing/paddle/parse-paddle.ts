import type { z } from 'zod';
import { DeadLetter } from '../../jobs/job-kinds.ts';
import type { SubscriptionStatus } from '../../licenses/license-status.rules.ts';
import { addMonths } from '../../licenses/license-terms.rules.ts';
import { reason, type Reason } from '../../reasons.rules.ts';
import type { AdjustedItem, AdjustmentEvent, BillingEvent, OrderLine } from '../billing-events.ts';
import { currencyCode } from '../money.rules.ts';
import { understand } from '../read-body.ts';
import { buyerLocale, cleanText } from '../text.rules.ts';
import { adjustment, customer, failedTransaction, notification, subscription, transaction, type PaddleAdjustment, type PaddleSubscription, type PaddleTransaction } from './paddle-schemas.ts';

/** What a Paddle notification says. Throws DeadLetter when it cannot be understood. */
export function parsePaddle(body: unknown): BillingEvent[] {
  const { event_type: type, occurred_at: occurredAt, data } = understand(notification, body, 'notification');
  switch (type) {
    case 'transaction.completed':
      return [paidTransaction(understand(transaction, data, 'transaction'), occurredAt)];
    case 'adjustment.created':
    case 'adjustment.updated':
      return [adjusted(understand(adjustment, data, 'adjustment'), occurredAt)];
    case 'customer.created':
    case 'customer.updated':
    case 'customer.imported':
      return [customerChanged(understand(customer, data, 'customer'), occurredAt)];
    case 'transaction.payment_failed':
      return [failedPayment(data, occurredAt)];
    case 'subscription.created':
    case 'subscription.imported': {
      const created = understand(subscription, data, 'subscription');
      return [{ type: 'SubscriptionLinked', subscriptionId: created.id, orderId: created.transaction_id ?? null }, subscriptionChanged(created, occurredAt)];
    }
    case 'subscription.activated':
    case 'subscription.trialing':
    case 'subscription.updated':
    case 'subscription.past_due':
    case 'subscription.paused':
    case 'subscription.resumed':
    case 'subscription.canceled':
      return [subscriptionChanged(understand(subscription, data, 'subscription'), occurredAt)];
    default:
      return [{ type: 'Ignored', reason: ignoredReason(type) }];
  }
}

function ignoredReason(type: string): Reason {
  return reason(type.startsWith('transaction.') ? 'keys_follow' : 'changes_no_license', { type: cleanText(type, 60) });
}

const statuses: Record<string, SubscriptionStatus> = { trialing: 'trialing', active: 'active', past_due: 'past_due', paused: 'paused', canceled: 'cancelled' };

/** How a subscription stands. Its current period may not be paid yet, so it extends nothing. Throws DeadLetter for a status that is not known. */
export function subscriptionChanged(data: PaddleSubscription, snapshotAt: number): BillingEvent {
  const status = Object.hasOwn(statuses, data.status) ? statuses[data.status] : undefined;
  if (status === undefined) throw new DeadLetter(reason('subscription_status_unknown', { status: cleanText(data.status, 40), subscription: data.id }));
  return {
    type: 'SubscriptionChanged',
    subscriptionId: data.id,
    status,
    customerId: data.customer_id ?? null,
    periodEndsAt: data.current_billing_period?.ends_at ?? null,
    cancelAt: data.scheduled_change?.action === 'cancel' ? data.scheduled_change.effective_at : null,
    items: data.items.length === 0 ? null : data.items.filter(({ recurring }) => recurring !== false).map(({ price, quantity }) => ({ productIds: [price.id], quantity: Math.max(0, Math.floor(quantity ?? 1)) })),
    snapshotAt,
  };
}

function failedPayment(data: unknown, failedAt: number): BillingEvent {
  const { subscription_id: subscriptionId } = understand(failedTransaction, data, 'transaction');
  return subscriptionId ? { type: 'PaymentFailed', subscriptionId, failedAt } : { type: 'Ignored', reason: reason('checkout_payment_failed') };
}

export function paidTransaction(data: PaddleTransaction, occurredAt: number): BillingEvent {
  const { origin, subscription_id: subscriptionId, customer_id: customerId } = data;
  if (origin === 'subscription_payment_method_change') return { type: 'Ignored', reason: reason('payment_method_changed') };
  if (origin === 'subscription_update') return { type: 'Ignored', reason: reason('proration_until_renewal') };
  if (!customerId) return { type: 'Ignored', reason: reason('no_customer') };
  const captured = data.payments.filter(({ status }) => status === 'captured').map(({ captured_at: at }) => at ?? undefined).find((at) => at !== undefined);
  const order = {
    orderId: data.id,
    number: cleanText(data.invoice_number ?? data.id, 64),
    status: 'completed',
    currency: currencyCode(data.currency_code),
    totalMinor: data.details.totals.grand_total ?? data.details.totals.total,
    paidAt: captured ?? data.billed_at ?? occurredAt,
    snapshotAt: occurredAt,
    buyer: { customerId },
    lines: linesOf(data, captured ?? data.billed_at ?? occurredAt),
  };
  if (origin === 'subscription_recurring' && subscriptionId) return { type: 'SubscriptionRenewed', ...order, subscriptionId };
  return { type: 'OrderPaid', ...order, claim: data.custom_data?.chatello_claim, subscriptionId: subscriptionId ?? null, startsSubscription: Boolean(subscriptionId) && origin !== 'subscription_charge' };
}

/** The items with the ids, names and amounts of their line items. A recurring price lasts its billing cycle, a one-time price as long as it is mapped to. */
function linesOf({ items, details, billing_period: period }: PaddleTransaction, paidAt: number): OrderLine[] {
  const unused = [...details.line_items];
  return items.map(({ price, quantity }, index) => {
    const found = unused.findIndex((line) => line.price_id === price.id);
    const [line] = found === -1 ? [] : unused.splice(found, 1);
    const cycle = price.billing_cycle;
    return {
      externalId: line?.id ?? `${price.id}:${index}`,
      productIds: [price.id],
      name: cleanText(line?.product?.name ?? price.description ?? price.name ?? price.id, 255),
      quantity: Math.max(0, Math.floor(quantity)),
      amountMinor: line?.totals.total ?? 0,
      cycleMonths: cycle ? cycleMonths(cycle) : undefined,
      periodEndsAt: cycle ? (period?.ends_at ?? (price.trial_period ? trialEnd(price.trial_period, paidAt) : null)) : null,
    };
  });
}

/** Null for days and weeks: there the end of the paid period alone says how long. */
function cycleMonths({ interval, frequency }: { interval: string; frequency: number }): number | null {
  if (interval === 'month') return frequency;
  if (interval === 'year') return frequency * 12;
  return null;
}

function trialEnd({ interval, frequency }: { interval: string; frequency: number }, from: number): number {
  const months = cycleMonths({ interval, frequency });
  return months === null ? from + frequency * (interval === 'week' ? 7 : 1) * 24 * 3600 * 1000 : addMonths(from, months);
}

const refundStates = {
  pending_approval: { type: 'RefundPending', status: 'pending' },
  approved: { type: 'Refunded', status: 'approved' },
  rejected: { type: 'RefundRejected', status: 'rejected' },
  reversed: { type: 'RefundRejected', status: 'reversed' },
} as const;
const disputeStates = {
  approved: { type: 'Disputed', status: 'approved' },
  reversed: { type: 'DisputeReversed', status: 'reversed' },
} as const;

function adjusted(data: PaddleAdjustment, occurredAt: number): BillingEvent {
  const state = stateOf(data);
  if (!state) return { type: 'Ignored', reason: reason('takes_nothing_back', { action: cleanText(data.action, 40), status: cleanText(data.status, 40) }) };
  return {
    ...state,
    adjustmentId: data.id,
    orderId: data.transaction_id,
    isFull: data.type === 'full',
    items: itemsOf(data),
    amountMinor: data.totals.total,
    currency: currencyCode(data.currency_code),
    occurredAt,
  };
}

function stateOf({ action, status }: PaddleAdjustment): Pick<AdjustmentEvent, 'type' | 'action' | 'status'> | undefined {
  if (action === 'refund' && Object.hasOwn(refundStates, status)) return { action, ...refundStates[status as keyof typeof refundStates] };
  if (action === 'chargeback' && Object.hasOwn(disputeStates, status)) return { action, ...disputeStates[status as keyof typeof disputeStates] };
  if (action === 'chargeback_warning') return { type: 'DisputeWarned', action, status: 'approved' };
  if (action === 'chargeback_reverse') return { type: 'DisputeReversed', action, status: 'approved' };
  return undefined;
}

/** Items of which money goes back. Returned tax or proration alone takes no licence. */
function itemsOf({ items }: PaddleAdjustment): AdjustedItem[] {
  return items.filter(({ type }) => type === 'full' || type === 'partial').map(({ item_id: lineId, type, amount, totals }) => ({ lineId, units: null, amountMinor: totals?.total ?? amount ?? 0, ...(type === 'full' ? { isWhole: true } : {}) }));
}

export function customerChanged(data: z.output<typeof customer>, snapshotAt: number): BillingEvent {
  return { type: 'CustomerChanged', customerId: data.id, email: cleanText(data.email, 320), name: cleanText(data.name ?? '', 200), locale: buyerLocale(data.locale ?? undefined), snapshotAt };
}
