import { getCustomer } from '../customers/get-customer.ts';
import type { Config } from '../config.ts';
import { enqueueJob, wakeJobsWaitingFor } from '../jobs/enqueue.ts';
import { queueEmail } from '../mail/queue-email.ts';
import { mainAccount, type BillingEvent, type Buyer } from './billing-events.ts';
import { takeOrder, updateOrder, type Order, type OrderKey } from './orders.store.ts';
import { recordAdjustment } from './record-adjustment.ts';
import { customerTopic, recordPaidOrder, resolveBuyer } from './record-order.ts';
import { settleOrder } from './settle-order.ts';
import type { NewUnit, SettleContext } from './settle-purchase.ts';
import { subscriptionTopic } from './settle-renewal.ts';
import { listSubscriptionsOfOrder, saveProviderCustomer, takeSubscription, updateSubscription } from './subscriptions.store.ts';
import { mailAddress } from './text.rules.ts';

export type ApplyContext = SettleContext & { config: Config; provider: string; writesBack: boolean };

/**
 * Applies what a provider said, in the caller's transaction: first every fact is written down, then each order that is touched is
 * brought into line with all facts there are (settleOrder). Keys that are issued are mailed, one e-mail for each order. Returns what a
 * person has to do. Throws WaitFor when something has to come first, DeadLetter when it can never succeed as it is.
 */
export async function applyBillingEvents(context: ApplyContext, events: BillingEvent[]): Promise<string[]> {
  const { db, provider, now } = context;
  const orders = new Map<string, Order>();
  const buyers = new Map<string, Buyer>();
  // Always taken in the same order, so that two deliveries about the same orders do not block each other.
  const orderIds = [...new Set(events.flatMap((event) => ('orderId' in event && event.type !== 'SubscriptionLinked' ? [event.orderId] : [])))].sort();
  for (const orderId of orderIds) orders.set(orderId, await takeOrder(db, keyOf(provider, orderId), now));
  for (const event of events) await record(context, event, orders, buyers);
  const problems: string[] = [];
  for (const [orderId, order] of orders) {
    const settlement = await settleOrder(context, order);
    problems.push(...settlement.problems);
    if (settlement.issued.length > 0) await deliverKeys(context, order, settlement.issued, buyers.get(orderId));
    await wakeRenewals(context, order);
  }
  return problems;
}

function keyOf(provider: string, externalId: string): OrderKey {
  return { provider, account: mainAccount, externalId };
}

async function record(context: ApplyContext, event: BillingEvent, orders: Map<string, Order>, buyers: Map<string, Buyer>): Promise<void> {
  const { db, provider, by, now } = context;
  switch (event.type) {
    case 'OrderPaid':
    case 'SubscriptionRenewed': {
      const buyer = await resolveBuyer(db, provider, event.buyer);
      buyers.set(event.orderId, buyer);
      orders.set(event.orderId, await recordPaidOrder(db, taken(orders, event.orderId), event, buyer, by, now));
      if (event.type === 'OrderPaid' && event.startsSubscription && event.subscriptionId !== null) await linkSubscription(context, event.subscriptionId, { orderId: event.orderId });
      return;
    }
    case 'OrderVoided': {
      const order = taken(orders, event.orderId);
      if (event.snapshotAt < order.snapshot_at) return;
      await updateOrder(db, order.id, { status: event.status, snapshot_at: event.snapshotAt, updated_at: now });
      orders.set(event.orderId, { ...order, status: event.status, snapshot_at: event.snapshotAt });
      return;
    }
    case 'RefundPending':
    case 'Refunded':
    case 'RefundRejected':
    case 'Disputed':
    case 'DisputeWarned':
    case 'DisputeReversed':
      return recordAdjustment(db, taken(orders, event.orderId), event, by, now);
    case 'SubscriptionLinked':
      await linkSubscription(context, event.subscriptionId, event);
      return wakeJobsWaitingFor(db, subscriptionTopic(provider, event.subscriptionId), now);
    case 'CustomerChanged':
      await saveProviderCustomer(db, keyOf(provider, event.customerId), { email: event.email, name: event.name, locale: event.locale, snapshotAt: event.snapshotAt }, now);
      return wakeJobsWaitingFor(db, customerTopic(provider, event.customerId), now);
    case 'Ignored':
  }
}

function taken(orders: Map<string, Order>, orderId: string): Order {
  const order = orders.get(orderId);
  if (!order) throw new Error('an order that is changed has to be taken first');
  return order;
}

/** Remembers which order began a subscription: once known it stays. The status is a snapshot. */
async function linkSubscription({ db, provider, now }: ApplyContext, subscriptionId: string, link: { orderId: string | null; status?: string; snapshotAt?: number }): Promise<void> {
  const row = await takeSubscription(db, keyOf(provider, subscriptionId), now);
  const isNewer = link.status !== undefined && link.snapshotAt !== undefined && link.snapshotAt >= row.snapshot_at;
  await updateSubscription(db, row.id, {
    order_external_id: row.order_external_id ?? link.orderId,
    ...(isNewer ? { status: link.status ?? row.status, snapshot_at: link.snapshotAt ?? row.snapshot_at } : {}),
    updated_at: now,
  });
}

/** Mails the keys that were issued and puts them into the shop's order. The cause names the first unit, which is issued once and for all. */
async function deliverKeys({ db, config, writesBack, provider, now }: ApplyContext, order: Order, issued: NewUnit[], buyer: Buyer | undefined): Promise<void> {
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

/** Renewals that came before this purchase can go on. */
async function wakeRenewals({ db, provider, now }: ApplyContext, order: Order): Promise<void> {
  if (order.paid_at === null || order.is_renewal === 1) return;
  const subscriptions = new Set(await listSubscriptionsOfOrder(db, keyOf(provider, order.external_id)));
  if (order.subscription_id !== null) subscriptions.add(order.subscription_id);
  for (const id of subscriptions) await wakeJobsWaitingFor(db, subscriptionTopic(provider, id), now);
}
