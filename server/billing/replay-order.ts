import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { listDeliveriesAbout } from './delivery-subjects.store.ts';
import { findOrderById, listPaymentsOfOrder } from './orders.store.ts';
import { replayDelivery } from './replay-delivery.ts';

const mostDeliveries = 200;

/**
 * Processes everything once more that was delivered about an order: products that are mapped by now, refunds and renewals are settled
 * again, and what has been done already is not done twice. Returns how many deliveries wait now. Throws NOT_FOUND, and CONFLICT when no
 * delivery is known.
 */
export function replayOrder(db: Db, orderId: string, by: Actor, now: number): Promise<number> {
  return transact(db, async (trx) => {
    const order = await findOrderById(trx, orderId);
    if (!order) throw new AppError('NOT_FOUND', 'There is no order with this id.', { field: 'path.id' });
    const key = { provider: order.provider, account: order.account, externalId: order.external_id };
    const names = [order.external_id, ...(await listPaymentsOfOrder(trx, key))];
    const deliveries = await listDeliveriesAbout(trx, 'order', order.provider, names, mostDeliveries);
    if (deliveries.length === 0) throw new AppError('CONFLICT', 'No delivery of this order is known. Let the provider be asked for it: npm run chatello -- reconcile');
    for (const { id } of deliveries) await replayDelivery(trx, id, by, now);
    await recordAudit(trx, by, { action: 'order.replayed', entity: 'order', entityId: orderId, after: { deliveries: deliveries.length } }, now);
    return deliveries.length;
  });
}
