import type { Db } from '../db/database.ts';
import { tellOwner } from '../mail/tell-owner.ts';
import { emitWebhook } from '../webhooks/emit-webhook.ts';
import type { Order } from './orders.store.ts';

/** Emits `order.paid`, in the transaction in which it becomes known; once for each order. */
export async function tellOfPaidOrder(db: Db, order: Order, now: number): Promise<void> {
  await emitWebhook(db, { type: 'order.paid', cause: order.id, data: factsOf(order) }, now);
}

/** Emits `order.refunded` and has the buyer told, once for each refund or dispute that takes money back. `order` may not have come yet: then its customer and total are not known. */
export async function tellOfRefundedOrder(db: Db, order: Order, { adjustmentId, refundMinor, isDispute }: { adjustmentId: string; refundMinor: number; isDispute: boolean }, now: number): Promise<void> {
  await emitWebhook(db, { type: 'order.refunded', cause: `${order.id}:${adjustmentId}`.slice(0, 190), data: { ...factsOf(order), adjustment_id: adjustmentId, refund_minor: refundMinor, is_dispute: isDispute } }, now);
  // Who disputes a payment with the bank hears from the bank.
  if (!isDispute) await tellOwner(db, { template: 'refund', cause: `refund:${order.id}:${adjustmentId}`, licenseIds: [], orderId: order.id, facts: { amountMinor: refundMinor } }, now);
}

function factsOf({ id, customer_id, provider, number, total_minor, currency, is_renewal }: Order): { order_id: string; customer_id: string | null; provider: string; number: string; total_minor: number; currency: string; is_renewal: boolean } {
  return { order_id: id, customer_id, provider, number, total_minor, currency, is_renewal: is_renewal === 1 };
}
