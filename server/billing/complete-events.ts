import type { Deps } from '../deps.ts';
import type { BillingAdapter } from './adapter.ts';
import { mainAccount, type BillingEvent } from './billing-events.ts';
import { findAdjustment, findOrder, unseenStatus } from './orders.store.ts';
import { findProviderCustomer, findSubscription } from './subscriptions.store.ts';

/**
 * Asks the provider for what its delivery leaves out and is not known yet: who a customer is, which items a refund is for, which order
 * began a subscription, how an order stands of which two states carry the same second. Goes over the network, so never inside a
 * transaction. Without access to the provider's API the events stay as they are. Throws when the provider does not answer.
 */
export async function completeEvents({ db }: Pick<Deps, 'db'>, adapter: BillingAdapter, events: BillingEvent[]): Promise<BillingEvent[]> {
  const { fetchObject } = adapter;
  if (!fetchObject) return events;
  const key = (externalId: string) => ({ provider: adapter.name, account: mainAccount, externalId });
  const fetched: BillingEvent[] = [];
  const asked = new Set<string>();
  const ask = async (kind: Parameters<typeof fetchObject>[0], id: string): Promise<void> => {
    if (asked.has(`${kind}:${id}`)) return;
    asked.add(`${kind}:${id}`);
    fetched.push(...(await fetchObject(kind, id)));
  };
  for (const event of events) {
    if (event.type === 'OrderPaid' || event.type === 'SubscriptionRenewed') {
      if ('customerId' in event.buyer && !(await findProviderCustomer(db, key(event.buyer.customerId)))) await ask('customer', event.buyer.customerId);
      const known = await findOrder(db, key(event.orderId));
      if (known && known.snapshot_at !== event.snapshotAt && secondOf(known.snapshot_at) === secondOf(event.snapshotAt)) await ask('order', event.orderId);
    }
    if (event.type === 'SubscriptionRenewed') {
      const subscription = await findSubscription(db, key(event.subscriptionId));
      if (!subscription || (subscription.status === unseenStatus && subscription.order_external_id === null)) await ask('subscription', event.subscriptionId);
    }
    if (event.type === 'Refunded' && event.items === null && !event.isFull) {
      const known = await findAdjustment(db, key(event.adjustmentId));
      if (!known || known.items === 'null') await ask('refunds', event.orderId);
    }
  }
  // What is fetched comes first: a customer before the order that names it, the items of a refund before the refund.
  return [...fetched, ...events];
}

function secondOf(ms: number): number {
  return Math.floor(ms / 1_000);
}
