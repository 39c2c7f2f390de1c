import type { Deps } from '../deps.ts';
import type { BillingAdapter, ObjectKind } from './adapter.ts';
import { mainAccount, type BillingEvent, type SubscriptionChanged } from './billing-events.ts';
import { findAdjustment, findOrder } from './orders.store.ts';
import { canonicalItems } from './subscription.rules.ts';
import { findOrderOfPayment, findProviderCustomer, findSubscription, type Subscription } from './subscriptions.store.ts';

/**
 * Asks the provider for what its delivery leaves out and is not known yet: who a customer is, what an order holds, which items a refund
 * is for, which order a payment was for or began a subscription, how something stands of which two states carry the same second. Goes
 * over the network, so never inside a transaction. Without access to the provider's API the events stay as they are. Throws when the
 * provider does not answer.
 */
export async function completeEvents({ db }: Pick<Deps, 'db'>, adapter: BillingAdapter, events: BillingEvent[]): Promise<BillingEvent[]> {
  const { fetchObject } = adapter;
  if (!fetchObject) return events;
  const key = (externalId: string) => ({ provider: adapter.name, account: mainAccount, externalId });
  const fetched: BillingEvent[] = [];
  const replaced = new Set<BillingEvent>();
  const asked = new Set<string>();
  const ask = async (kind: ObjectKind, id: string): Promise<BillingEvent[]> => {
    if (asked.has(`${kind}:${id}`)) return [];
    asked.add(`${kind}:${id}`);
    const found = await fetchObject(kind, id);
    fetched.push(...found);
    return found;
  };
  const askForBuyer = async (event: BillingEvent): Promise<void> => {
    if ((event.type === 'OrderPaid' || event.type === 'SubscriptionRenewed') && 'customerId' in event.buyer && !(await findProviderCustomer(db, key(event.buyer.customerId)))) await ask('customer', event.buyer.customerId);
  };
  for (const event of events) {
    if (event.type === 'OrderPaid' || event.type === 'SubscriptionRenewed') {
      await askForBuyer(event);
      const known = await findOrder(db, key(event.orderId));
      const isTie = known !== undefined && known.snapshot_at !== event.snapshotAt && secondOf(known.snapshot_at) === secondOf(event.snapshotAt);
      if (event.lines === null || isTie) {
        for (const found of await ask('order', event.lookUp ?? event.orderId)) {
          await askForBuyer(found);
          if (event.lines !== null || found.type !== event.type || found.orderId !== event.orderId) continue;
          replaced.add(event);
          fetched[fetched.indexOf(found)] = { ...found, paidAt: event.paidAt, snapshotAt: event.snapshotAt };
        }
      }
    }
    if (event.type === 'SubscriptionRenewed') {
      const subscription = await findSubscription(db, key(event.subscriptionId));
      if (!subscription || (subscription.is_linked === 0 && subscription.order_external_id === null)) await ask('subscription', event.subscriptionId);
    }
    if (event.type === 'SubscriptionChanged') {
      const known = await findSubscription(db, key(event.subscriptionId));
      if (known && isTiedWith(known, event)) {
        for (const found of await ask('subscription', event.subscriptionId)) {
          if (found.type !== 'SubscriptionChanged' || found.subscriptionId !== event.subscriptionId) continue;
          replaced.add(event);
          fetched[fetched.indexOf(found)] = { ...found, snapshotAt: Math.max(found.snapshotAt, event.snapshotAt), isFresh: true };
        }
      }
    }
    if (event.type === 'Refunded' && event.items === null && !event.isFull) {
      const known = await findAdjustment(db, key(event.adjustmentId));
      if (!known || known.items === 'null') await ask('refunds', event.orderId);
    }
    if ('adjustmentId' in event && !(await findOrder(db, key(event.orderId))) && (await findOrderOfPayment(db, key(event.orderId))) === undefined) await ask('payment', event.orderId);
  }
  // What is fetched comes first: a customer before the order that names it, the items of a refund before the refund.
  return [...fetched, ...events.filter((event) => !replaced.has(event))];
}

/** Two states of one second that differ: only the provider can say which is the later one. */
function isTiedWith(known: Subscription, event: SubscriptionChanged): boolean {
  if (secondOf(known.snapshot_at) !== secondOf(event.snapshotAt)) return false;
  return known.status !== event.status || known.cancel_at !== event.cancelAt || (event.items !== null && known.items !== canonicalItems(event.items));
}

function secondOf(ms: number): number {
  return Math.floor(ms / 1_000);
}
