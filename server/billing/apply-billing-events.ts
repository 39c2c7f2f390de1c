import type { Config } from '../config.ts';
import { wakeJobsWaitingFor } from '../jobs/enqueue.ts';
import type { Reason } from '../reasons.rules.ts';
import { mainAccount, type BillingEvent, type Buyer } from './billing-events.ts';
import { deliverKeys } from './deliver-keys.ts';
import { takeOrder, updateOrder, type Order, type OrderKey } from './orders.store.ts';
import { recordAdjustment } from './record-adjustment.ts';
import { recordCustomer } from './record-customer.ts';
import { customerTopic, recordPaidOrder, resolveBuyer } from './record-order.ts';
import { recordOnSubscription } from './record-subscription.ts';
import { settleOrder } from './settle-order.ts';
import type { SettleContext } from './settle-purchase.ts';
import { subscriptionTopic } from './settle-renewal.ts';
import { settleSubscription } from './settle-subscription.ts';
import { lifeEvents } from './subscription.rules.ts';
import { findOrderOfPayment, insertPaymentLink, listSubscriptionsOfOrder, takeSubscription, type Subscription } from './subscriptions.store.ts';
import { tellOfSubscription } from './tell-of-subscription.ts';
import { bindClaim } from '../pricing/claims.ts';

export type ApplyContext = SettleContext & { config: Config; provider: string; writesBack: boolean };

/** The rows that a delivery touches, taken for its transaction. */
type Taken = { orders: Map<string, Order>; subscriptions: Map<string, { before: Subscription; row: Subscription }>; buyers: Map<string, Buyer>; renewed: Set<string> };

const dayMs = 24 * 3600 * 1000;

/**
 * Applies what a provider said, in the caller's transaction: first every fact is written down, then each order and each subscription
 * that is touched is brought into line with all facts there are (settleOrder, settleSubscription). Keys that are issued are mailed, one
 * e-mail for each order. Returns what a person has to do. Throws WaitFor when something has to come first, DeadLetter when it can
 * never succeed as it is.
 */
export async function applyBillingEvents(context: ApplyContext, told: BillingEvent[]): Promise<Reason[]> {
  const { db, provider, now } = context;
  const events = await namedByOrder(context, told);
  const taken: Taken = { orders: new Map(), subscriptions: new Map(), buyers: new Map(), renewed: new Set() };
  // Always taken in the same order, so that two deliveries about the same orders do not block each other.
  for (const orderId of ordersOf(events)) taken.orders.set(orderId, await takeOrder(db, keyOf(provider, orderId), now));
  for (const subscriptionId of await subscriptionsOf(context, events, taken.orders)) {
    const row = await takeSubscription(db, keyOf(provider, subscriptionId), now);
    taken.subscriptions.set(subscriptionId, { before: row, row });
  }
  for (const event of events) await record(context, event, taken);
  const problems: Reason[] = [];
  for (const [orderId, order] of taken.orders) {
    const settlement = await settleOrder(context, order);
    problems.push(...settlement.problems);
    if (settlement.issued.length > 0) await deliverKeys(context, settlement.of ?? order, settlement.issued, taken.buyers.get(orderId));
    await wakeRenewals(context, order);
  }
  for (const subscription of taken.subscriptions.values()) await settleAndTell(context, subscription, taken);
  return problems;
}

function keyOf(provider: string, externalId: string): OrderKey {
  return { provider, account: mainAccount, externalId };
}

/** Refunds and disputes that name a payment, under the order that it is for where that is known. Once linked, a payment stays so. */
async function namedByOrder({ db, provider, now }: ApplyContext, events: BillingEvent[]): Promise<BillingEvent[]> {
  for (const event of events) {
    if (event.type === 'PaymentLinked' && (await findOrderOfPayment(db, keyOf(provider, event.paymentId))) === undefined) await insertPaymentLink(db, keyOf(provider, event.orderId), event.paymentId, now);
  }
  const named: BillingEvent[] = [];
  for (const event of events) {
    const order = 'adjustmentId' in event ? await findOrderOfPayment(db, keyOf(provider, event.orderId)) : undefined;
    named.push(order === undefined ? event : { ...event, orderId: order } as BillingEvent);
  }
  return named;
}

function ordersOf(events: BillingEvent[]): string[] {
  return [...new Set(events.flatMap((event) => ('orderId' in event && event.type !== 'SubscriptionLinked' ? [event.orderId] : [])))].sort();
}

async function subscriptionsOf({ db, provider }: ApplyContext, events: BillingEvent[], orders: Map<string, Order>): Promise<string[]> {
  const ids = new Set(events.flatMap((event) => ('subscriptionId' in event && event.subscriptionId !== null ? [event.subscriptionId] : [])));
  for (const order of orders.values()) {
    if (order.subscription_id !== null) ids.add(order.subscription_id);
    for (const id of await listSubscriptionsOfOrder(db, keyOf(provider, order.external_id))) ids.add(id);
  }
  return [...ids].sort();
}

async function record(context: ApplyContext, event: BillingEvent, taken: Taken): Promise<void> {
  const { db, provider, by, now } = context;
  const { orders, subscriptions, buyers } = taken;
  if ('subscriptionId' in event && event.subscriptionId !== null) {
    const known = subscriptions.get(event.subscriptionId);
    if (known) known.row = await recordOnSubscription(db, known.row, event, now);
  }
  switch (event.type) {
    case 'OrderPaid':
    case 'SubscriptionRenewed': {
      const buyer = await resolveBuyer(db, provider, event.buyer);
      buyers.set(event.orderId, buyer);
      const order = orderTaken(taken, event.orderId);
      if (event.type === 'SubscriptionRenewed' && order.paid_at === null) taken.renewed.add(event.orderId);
      orders.set(event.orderId, await recordPaidOrder(db, order, event, buyer, by, now));
      if (event.type === 'OrderPaid' && event.claim !== undefined) await bindClaim(db, event.claim, order.id, now);
      return;
    }
    case 'OrderVoided': {
      const order = orderTaken(taken, event.orderId);
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
      return recordAdjustment(context, orderTaken(taken, event.orderId), event);
    case 'SubscriptionLinked':
      return wakeJobsWaitingFor(db, subscriptionTopic(provider, event.subscriptionId), now);
    case 'CustomerChanged':
      await recordCustomer(db, provider, event, by, now);
      return wakeJobsWaitingFor(db, customerTopic(provider, event.customerId), now);
    case 'SubscriptionChanged':
    case 'PaymentFailed':
    case 'PaymentLinked':
    case 'Ignored':
  }
}

function orderTaken({ orders }: Taken, orderId: string): Order {
  const order = orders.get(orderId);
  if (!order) throw new Error('an order that is changed has to be taken first');
  return order;
}

/** Renewals that came before this purchase can go on. */
async function wakeRenewals({ db, provider, now }: ApplyContext, order: Order): Promise<void> {
  if (order.paid_at === null || order.is_renewal === 1) return;
  const subscriptions = new Set(await listSubscriptionsOfOrder(db, keyOf(provider, order.external_id)));
  if (order.subscription_id !== null) subscriptions.add(order.subscription_id);
  for (const id of subscriptions) await wakeJobsWaitingFor(db, subscriptionTopic(provider, id), now);
}

async function settleAndTell(context: ApplyContext, { before, row }: { before: Subscription; row: Subscription }, taken: Taken): Promise<void> {
  const { db, config, provider, now } = context;
  const { licenseIds, overLimit, issued, order } = await settleSubscription(context, row, config.SUBSCRIPTION_GRACE_DAYS * dayMs);
  if (order && issued.length > 0) await deliverKeys(context, order, issued, undefined);
  const at = Math.max(row.snapshot_at, row.payment_failed_at ?? 0);
  for (const kind of lifeEvents(before, row)) {
    await tellOfSubscription(db, { kind, cause: `${kind}:${row.id}:${at}`, subscriptionId: row.id, licenseIds, details: { cancelAt: row.cancel_at, periodEndsAt: row.period_ends_at, ...(kind === 'PlanChanged' ? { overLimit } : {}) } }, now);
  }
  for (const orderId of taken.renewed) {
    const renewal = taken.orders.get(orderId);
    if (renewal?.subscription_id === row.external_id && renewal.provider === provider) await tellOfSubscription(db, { kind: 'Renewed', cause: `Renewed:${renewal.id}`, subscriptionId: row.id, licenseIds, details: { orderId: renewal.id } }, now);
  }
}
