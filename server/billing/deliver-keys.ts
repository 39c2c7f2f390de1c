import type { Config } from '../config.ts';
import { getCustomer } from '../customers/get-customer.ts';
import type { Db } from '../db/database.ts';
import { enqueueJob } from '../jobs/enqueue.ts';
import { queueEmail } from '../mail/queue-email.ts';
import type { Buyer } from './billing-events.ts';
import type { Order } from './orders.store.ts';
import type { NewUnit } from './settle-purchase.ts';
import { mailAddress } from './text.rules.ts';

/** Mails the keys that were issued and puts them into the shop's order. The cause names the first unit, which is issued once and for all. */
export async function deliverKeys({ db, config, writesBack, provider, now }: { db: Db; config: Config; provider: string; writesBack: boolean; now: number }, order: Order, issued: NewUnit[], buyer: Buyer | undefined): Promise<void> {
  const [first] = issued;
  if (!first || order.customer_id === null) return;
  const customer = await getCustomer(db, order.customer_id);
  await queueEmail(
    db,
    config,
    {
      cause: `purchase:${provider}:${order.account}:${order.external_id}:${first.lineId}:${first.unit}`,
      template: 'purchase',
      recipient: mailAddress(buyer?.email ?? '') ?? customer.email,
      locale: buyer?.locale ?? customer.locale,
      data: { name: buyer?.name ?? customer.name, order: order.number, licenses: issued.map(({ licenseId }) => licenseId) },
      licenseId: first.licenseId,
      orderId: order.id,
    },
    now,
  );
  if (writesBack) await enqueueJob(db, { kind: 'write-back-order', payload: { orderId: order.id }, dedupeKey: `write-back-order:${order.id}:${order.revision}` }, now);
}
