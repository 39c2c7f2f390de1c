import { subscriptionStatuses, type SubscriptionStatus } from '../licenses/license-status.rules.ts';

/** What a subscription bills each time: `productIds` as those of an order line. */
export type SubscriptionItem = { productIds: string[]; quantity: number };

/** The status of a subscription of which only an order or a payment has come so far. */
export const unseenSubscription = 'unseen';

export type SubscriptionFacts = { status: string; snapshot_at: number; cancel_at: number | null; items: string | null; payment_failed_at: number | null; last_paid_at: number | null };

/** A change in the life of a subscription, in the words that all providers share. */
export type LifeEvent = 'TrialStarted' | 'PaymentFailed' | 'PaymentRecovered' | 'Paused' | 'Resumed' | 'CancelScheduled' | 'CancelUnscheduled' | 'Cancelled' | 'Expired' | 'PlanChanged';

/** Whether a snapshot takes the place of the one that is known: it is newer, or as old and further on in a subscription's life. */
export function isLaterSnapshot(next: { status: SubscriptionStatus; snapshotAt: number; isFresh?: boolean | undefined }, known: { status: string; snapshot_at: number }): boolean {
  if (next.snapshotAt !== known.snapshot_at) return next.snapshotAt > known.snapshot_at;
  return next.isFresh === true || rankOf(next.status) >= rankOf(known.status);
}

function rankOf(status: string): number {
  return subscriptionStatuses.findIndex((known) => known === status);
}

/** How a subscription stands: what its newest snapshot says, except that a payment that failed since then makes it past due. Null: nothing is known that concerns licences. */
export function standingOf({ status, snapshot_at, payment_failed_at: failedAt, last_paid_at: paidAt }: SubscriptionFacts): SubscriptionStatus | null {
  const known = subscriptionStatuses.find((candidate) => candidate === status);
  const isLive = known === undefined || known === 'active' || known === 'trialing';
  if (isLive && failedAt !== null && failedAt > Math.max(snapshot_at, paidAt ?? 0)) return 'past_due';
  if (known === 'pending') return null;
  // A purchase began it, and the provider has not said more.
  return known ?? (paidAt === null ? null : 'active');
}

/** How long a licence goes on beyond what is paid: as long as another payment is expected. */
export function graceOf(standing: SubscriptionStatus | null, cancelAt: number | null, graceMs: number): number {
  const isExpected = standing === 'active' || standing === 'trialing' || standing === 'past_due';
  return isExpected && cancelAt === null ? graceMs : 0;
}

/** What happened between two states of a subscription. States may have been skipped in between. */
export function lifeEvents(before: SubscriptionFacts, after: SubscriptionFacts): LifeEvent[] {
  const [was, is] = [standingOf(before), standingOf(after)];
  const events: LifeEvent[] = [];
  if (was !== is) {
    if (is === 'trialing') events.push('TrialStarted');
    if (is === 'past_due') events.push('PaymentFailed');
    if (is === 'paused') events.push('Paused');
    if (is === 'cancelled') events.push('Cancelled');
    if (is === 'expired') events.push('Expired');
    if (is === 'active' && was === 'past_due') events.push('PaymentRecovered');
    if (is === 'active' && was === 'paused') events.push('Resumed');
  }
  const isOver = is === 'cancelled' || is === 'expired';
  if (!isOver && after.cancel_at !== null && before.cancel_at === null) events.push('CancelScheduled');
  if (!isOver && after.cancel_at === null && before.cancel_at !== null) events.push('CancelUnscheduled');
  if (!isOver && before.items !== null && after.items !== null && before.items !== after.items) events.push('PlanChanged');
  return events;
}

/** Items in a form in which equal ones are equal texts. */
export function canonicalItems(items: SubscriptionItem[]): string {
  return JSON.stringify(items.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)));
}

export type Seat = { licenseId: string; /** The plan that it was bought as. */ planId: string | null };
export type WantedSeats = { planId: string; quantity: number };

/**
 * Which of the licences of a subscription (oldest first) belong to its items: those bought as such first, then the others, which
 * change their plan and keep their key. `missing` are more seats than there are licences, `surplus` fewer. It depends on what was
 * bought and on the items alone, so it comes out the same whatever stood in between.
 */
export function fitSeats(seats: Seat[], wanted: WantedSeats[]): { kept: { licenseId: string; planId: string }[]; missing: WantedSeats[]; surplus: string[] } {
  const free = [...seats];
  const kept: { licenseId: string; planId: string }[] = [];
  const open = wanted.map((item) => ({ ...item }));
  for (const isExact of [true, false]) {
    for (const item of open) {
      while (item.quantity > 0) {
        const index = isExact ? free.findIndex(({ planId }) => planId === item.planId) : free.length === 0 ? -1 : 0;
        const [seat] = index === -1 ? [] : free.splice(index, 1);
        if (!seat) break;
        kept.push({ licenseId: seat.licenseId, planId: item.planId });
        item.quantity -= 1;
      }
    }
  }
  return { kept, missing: open.filter(({ quantity }) => quantity > 0), surplus: free.map(({ licenseId }) => licenseId) };
}
