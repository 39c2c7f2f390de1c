import type { Db } from '../db/database.ts';
import type { BillingEvent } from './billing-events.ts';
import { canonicalItems, isLaterSnapshot } from './subscription.rules.ts';
import { updateSubscription, type Subscription } from './subscriptions.store.ts';

/** What an event says of a subscription whose row is taken: links and facts stay, a snapshot counts when it is the newest. Returns the row as it is then. */
export async function recordOnSubscription(db: Db, known: Subscription, event: BillingEvent, now: number): Promise<Subscription> {
  const changes = changesBy(known, event);
  if (!changes) return known;
  await updateSubscription(db, known.id, { ...changes, updated_at: now });
  return { ...known, ...changes };
}

function changesBy(known: Subscription, event: BillingEvent): Partial<Subscription> | undefined {
  switch (event.type) {
    case 'SubscriptionLinked':
      return { is_linked: 1, order_external_id: known.order_external_id ?? event.orderId };
    case 'OrderPaid':
    case 'SubscriptionRenewed': {
      const last_paid_at = Math.max(known.last_paid_at ?? 0, event.paidAt);
      return event.type === 'OrderPaid' && event.startsSubscription ? { last_paid_at, is_linked: 1, order_external_id: known.order_external_id ?? event.orderId } : { last_paid_at };
    }
    case 'PaymentFailed':
      return { payment_failed_at: Math.max(known.payment_failed_at ?? 0, event.failedAt) };
    case 'SubscriptionChanged':
      if (!isLaterSnapshot(event, known)) return undefined;
      return {
        status: event.status,
        snapshot_at: event.snapshotAt,
        customer_external_id: event.customerId ?? known.customer_external_id,
        items: event.items === null ? known.items : canonicalItems(event.items),
        period_ends_at: event.periodEndsAt ?? known.period_ends_at,
        cancel_at: event.cancelAt,
        trial_ends_at: event.trialEndsAt ?? known.trial_ends_at,
      };
    default:
      return undefined;
  }
}
