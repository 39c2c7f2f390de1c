import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { getCustomer } from '../customers/get-customer.ts';
import { transact } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { queueEmail } from '../mail/queue-email.ts';
import { findOrderById, listUnits } from './orders.store.ts';

/**
 * Mails every key of an order to its customer once more. `attempt` stays the same when the same wish comes twice: it is mailed once.
 * Throws NOT_FOUND, and CONFLICT when the order has issued nothing.
 */
export function resendKeys({ db, config, now }: Pick<Deps, 'db' | 'config' | 'now'>, orderId: string, attempt: string, by: Actor): Promise<{ recipient: string; licenses: number }> {
  const at = now();
  return transact(db, async (trx) => {
    const order = await findOrderById(trx, orderId);
    if (!order) throw new AppError('NOT_FOUND', 'There is no order with this id.', { field: 'path.id' });
    const licenses = [...new Set((await listUnits(trx, orderId)).map(({ license_id: id }) => id))];
    const [first] = licenses;
    if (first === undefined || order.customer_id === null) throw new AppError('CONFLICT', 'This order has issued no licence, so there is no key to send.');
    const { email: recipient, locale, name } = await getCustomer(trx, order.customer_id);
    const cause = `resend-keys:${orderId}:${attempt}`;
    const isNew = await queueEmail(trx, config, { cause, template: 'purchase', recipient, locale, data: { name, order: order.number, licenses }, licenseId: first, orderId }, at);
    if (isNew) await recordAudit(trx, by, { action: 'order.keys_sent', entity: 'order', entityId: orderId, after: { recipient, licenses: licenses.length } }, at);
    return { recipient, licenses: licenses.length };
  });
}
