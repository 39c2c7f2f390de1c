import type { z } from 'zod';
import type { AdjustedItem, AdjustmentEvent, BillingEvent, OrderLine } from '../billing-events.ts';
import { currencyCode } from '../money.rules.ts';
import { understand } from '../read-body.ts';
import { buyerLocale, cleanText } from '../text.rules.ts';
import { adjustment, customer, notification, subscription, transaction, type PaddleAdjustment, type PaddleTransaction } from './paddle-schemas.ts';

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
    case 'subscription.created':
    case 'subscription.imported': {
      const { id, status, transaction_id: orderId } = understand(subscription, data, 'subscription');
      return [{ type: 'SubscriptionLinked', subscriptionId: id, orderId: orderId ?? null, status, snapshotAt: occurredAt }];
    }
    default:
      return [{ type: 'Ignored', reason: ignoredReason(type) }];
  }
}

function ignoredReason(type: string): string {
  if (type.startsWith('transaction.')) return `${cleanText(type, 60)} changes no licence: keys follow from transaction.completed.`;
  if (type.startsWith('subscription.')) return `${cleanText(type, 60)} changes no licence: a licence runs as far as completed transactions paid for it.`;
  return `${cleanText(type, 60)} changes no licence.`;
}

function paidTransaction(data: PaddleTransaction, occurredAt: number): BillingEvent {
  const { origin, subscription_id: subscriptionId, customer_id: customerId } = data;
  if (origin === 'subscription_payment_method_change') return { type: 'Ignored', reason: 'A change of payment method: nothing was bought.' };
  if (origin === 'subscription_update') return { type: 'Ignored', reason: 'A proration after a change of plan or quantity: the licences stay as they are until the next renewal.' };
  if (!customerId) return { type: 'Ignored', reason: 'A completed transaction without a customer: there is nobody to send a key to.' };
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
    lines: linesOf(data),
  };
  if (origin === 'subscription_recurring' && subscriptionId) return { type: 'SubscriptionRenewed', ...order, subscriptionId };
  return { type: 'OrderPaid', ...order, subscriptionId: subscriptionId ?? null, startsSubscription: Boolean(subscriptionId) && origin !== 'subscription_charge' };
}

/** The items with the ids, names and amounts of their line items. A recurring price lasts its billing cycle, a one-time price as long as it is mapped to. */
function linesOf({ items, details, billing_period: period }: PaddleTransaction): OrderLine[] {
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
      periodEndsAt: cycle ? (period?.ends_at ?? null) : null,
    };
  });
}

/** Null for days and weeks: there the end of the paid period alone says how long. */
function cycleMonths({ interval, frequency }: { interval: string; frequency: number }): number | null {
  if (interval === 'month') return frequency;
  if (interval === 'year') return frequency * 12;
  return null;
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
  if (!state) return { type: 'Ignored', reason: `An adjustment "${cleanText(data.action, 40)}" in state "${cleanText(data.status, 40)}" takes nothing back.` };
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
  return items.filter(({ type }) => type === 'full' || type === 'partial').map(({ item_id: lineId, amount, totals }) => ({ lineId, units: null, amountMinor: totals?.total ?? amount ?? 0 }));
}

export function customerChanged(data: z.output<typeof customer>, snapshotAt: number): BillingEvent {
  return { type: 'CustomerChanged', customerId: data.id, email: cleanText(data.email, 320), name: cleanText(data.name ?? '', 200), locale: buyerLocale(data.locale ?? undefined), snapshotAt };
}
