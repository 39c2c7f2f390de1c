import type { z } from 'zod';
import { reason } from '../../reasons.rules.ts';
import type { BillingEvent } from '../billing-events.ts';
import { currencyCode } from '../money.rules.ts';
import type { charge, dispute, StripeRefund } from './stripe-schemas.ts';

const refundStates = {
  pending: { type: 'RefundPending', status: 'pending' },
  requires_action: { type: 'RefundPending', status: 'pending' },
  succeeded: { type: 'Refunded', status: 'approved' },
  failed: { type: 'RefundRejected', status: 'reversed' },
  canceled: { type: 'RefundRejected', status: 'rejected' },
} as const;

/** A refund of Stripe is an amount of a payment: it names no items. */
export function refundEvent({ id, payment_intent: intent, charge: chargeId, amount, currency, status }: StripeRefund, at: number): BillingEvent {
  const orderId = intent ?? chargeId;
  const state = status !== undefined && status !== null && Object.hasOwn(refundStates, status) ? refundStates[status as keyof typeof refundStates] : undefined;
  if (!orderId || !state) return { type: 'Ignored', reason: reason('refund_without_payment') };
  return { ...state, action: 'refund', adjustmentId: id, orderId, isFull: false, items: [], amountMinor: amount, currency: currencyCode(currency), occurredAt: at };
}

/** What has gone back of a charge in all. */
export function refundTotalEvent({ id, payment_intent: intent, amount_refunded: amountMinor, refunded, currency }: z.output<typeof charge>, at: number): BillingEvent {
  return { type: 'Refunded', action: 'refund_total', status: 'approved', adjustmentId: `total:${id}`, orderId: intent ?? id, isFull: refunded === true, items: [], amountMinor, currency: currencyCode(currency), occurredAt: at };
}

/** An inquiry is a warning; a dispute takes the money at once, and gives it back when it is won. */
export function disputeEvent({ id, payment_intent: intent, charge: chargeId, amount: amountMinor, currency, status }: z.output<typeof dispute>, at: number): BillingEvent {
  const orderId = intent ?? chargeId;
  if (!orderId) return { type: 'Ignored', reason: reason('dispute_without_payment') };
  const facts = { adjustmentId: id, orderId, items: [], amountMinor, currency: currencyCode(currency), occurredAt: at };
  if (status.startsWith('warning_')) return { type: 'DisputeWarned', action: 'chargeback_warning', status: 'approved', isFull: false, ...facts };
  if (status === 'won' || status === 'prevented') return { type: 'DisputeReversed', action: 'chargeback', status: 'reversed', isFull: true, ...facts };
  return { type: 'Disputed', action: 'chargeback', status: 'approved', isFull: true, ...facts };
}
