import { recordAudit, type Actor } from '../audit/record-audit.ts';
import type { Db } from '../db/database.ts';
import type { Config } from '../config.ts';
import { newId } from '../ids.ts';
import { formatAmount } from '../mail/mail-text.rules.ts';
import { alertOperator } from './alert-operator.ts';
import { isLaterState } from './adjustments.rules.ts';
import { mainAccount, type AdjustmentEvent } from './billing-events.ts';
import { findAdjustment, insertAdjustment, updateAdjustment, type AdjustmentRow, type Order } from './orders.store.ts';
import { tellOfRefundedOrder } from './tell-of-order.ts';

const auditActions: Record<AdjustmentEvent['type'], string> = {
  RefundPending: 'order.refund_pending',
  Refunded: 'order.refunded',
  RefundRejected: 'order.refund_rejected',
  Disputed: 'order.disputed',
  DisputeWarned: 'order.dispute_warned',
  DisputeReversed: 'order.dispute_reversed',
};

/** Writes down a refund or dispute, whether or not its order has come. `order` is taken already. Repetitions and states that are behind change nothing. */
export async function recordAdjustment({ db, config, by, now }: { db: Db; config: Config; by: Actor; now: number }, order: Order, event: AdjustmentEvent): Promise<void> {
  const key = { provider: order.provider, account: mainAccount, externalId: event.adjustmentId };
  const known = await findAdjustment(db, key);
  const facts = { action: event.action, status: event.status, is_full: event.isFull ? 1 : 0, amount_minor: event.amountMinor, currency: event.currency, occurred_at: event.occurredAt };
  const items = event.items === null ? undefined : JSON.stringify(event.items);
  if (known && !isLaterState({ status: event.status, occurredAt: event.occurredAt }, { status: known.status, occurredAt: known.occurred_at })) {
    // The items of a refund may be told after the refund itself.
    if (known.items === 'null' && items !== undefined) await updateAdjustment(db, known.id, { items, updated_at: now });
    return;
  }
  if (known) await updateAdjustment(db, known.id, { ...facts, ...(items === undefined ? {} : { items }), updated_at: now });
  else await insertAdjustment(db, { id: newId(), provider: key.provider, account: key.account, external_id: key.externalId, order_external_id: event.orderId, ...facts, items: items ?? 'null', created_at: now, updated_at: now });
  if (known?.status === event.status) return;
  // What has gone back in all is told by its parts.
  if (event.action !== 'refund_total' && event.status === 'approved' && (event.type === 'Refunded' || event.type === 'Disputed')) await tellOfRefundedOrder(db, order, { adjustmentId: event.adjustmentId, refundMinor: event.amountMinor, isDispute: event.type === 'Disputed' }, now);
  if (event.type === 'DisputeWarned' || event.type === 'Disputed') await alertOperator(db, config, { cause: `dispute:${order.provider}:${event.adjustmentId}:${event.type}`, kind: 'dispute', provider: order.provider, problem: disputeText(order, event) }, now);
  const after = { adjustment: event.adjustmentId, amount_minor: event.amountMinor, currency: event.currency, is_full: event.isFull };
  await recordAudit(db, by, { action: auditActions[event.type], entity: 'order', entityId: order.id, after }, now);
}

function disputeText({ number }: Order, { type, amountMinor, currency }: AdjustmentEvent): string {
  const amount = formatAmount(amountMinor, currency, 'en');
  return type === 'DisputeWarned' ? `Order ${number}: the bank of the buyer announces a dispute about ${amount}. The licences go on. A refund now usually prevents the dispute.` : `Order ${number}: ${amount} were taken back by the bank of the buyer. The licences of the order have ended; they come back if the dispute is won.`;
}

/** An adjustment as the rules take it. */
export function adjustmentFacts(row: AdjustmentRow): { action: string; status: string; isFull: boolean; items: AdjustmentEvent['items']; amountMinor: number } {
  return { action: row.action, status: row.status, isFull: row.is_full === 1, items: JSON.parse(row.items) as AdjustmentEvent['items'], amountMinor: row.amount_minor };
}
