import { changeLicense } from '../licenses/change-license.ts';
import { findTermsPaidBy } from '../licenses/find-terms.ts';
import { listSeats, type SeatOfLicense } from '../licenses/list-seats.ts';
import type { SubscriptionStatus } from '../licenses/license-status.rules.ts';
import { addSeats } from './add-seats.ts';
import { findMapping, type ProductMapping } from './billing.store.ts';
import { findOrder, type Order } from './orders.store.ts';
import { transactionOf, type NewUnit, type SettleContext } from './settle-purchase.ts';
import { unitsOfSubscription } from './settle-renewal.ts';
import { fitSeats, graceOf, standingOf, type SubscriptionItem, type WantedSeats } from './subscription.rules.ts';
import type { Subscription } from './subscriptions.store.ts';

export type SubscriptionSettlement = {
  licenseIds: string[];
  /** Licences that use more sites than the plan allows that they have now. They keep them and get no new one. */
  overLimit: { licenseId: string; sites: number; limit: number }[];
  /** Seats that were added, as units of the order that began the subscription. */
  issued: NewUnit[];
  order: Order | undefined;
};

/**
 * Brings the licences of a subscription into line with how it stands: they follow its status, have the plans of its items, and a seat
 * that was added gets a licence as far as the others are paid. It looks at the tables alone, so doing it again does nothing. Its row
 * is taken already. How far a licence is paid is not touched: that is for payments.
 */
export async function settleSubscription(context: SettleContext, subscription: Subscription, graceMs: number): Promise<SubscriptionSettlement> {
  const { db, by, now } = context;
  const { provider, account, order_external_id: orderId } = subscription;
  const order = orderId === null ? undefined : await findOrder(db, { provider, account, externalId: orderId });
  const seats = (await unitsOfSubscription(context, subscription)).map(({ license_id: licenseId, plan_id: planId }) => ({ licenseId, planId }));
  if (seats.length === 0) return { licenseIds: [], overLimit: [], issued: [], order };
  if (order) await endTrial(context, subscription, order, seats.map(({ licenseId }) => licenseId));
  const { wanted, mappings } = await wantedSeats(context, subscription);
  // Items of which none is a licence that we know leave every licence with the subscription.
  const fit = wanted.length === 0 ? { kept: seats, missing: [], surplus: [] } : fitSeats(seats, wanted);
  const known = new Map((await listSeats(db, seats.map(({ licenseId }) => licenseId))).map((seat) => [seat.id, seat]));
  const standing = standingOf(subscription);
  const follow = { subscriptionId: subscription.id, status: standing, graceMs: graceOf(standing, subscription.cancel_at, graceMs) };
  const overLimit: SubscriptionSettlement['overLimit'] = [];
  for (const { licenseId, planId } of fit.kept) {
    const seat = known.get(licenseId);
    if (!seat) continue;
    if (planId !== null && wanted.length > 0 && seat.plan_id !== planId) {
      await changeLicense(db, licenseId, { type: 'change-plan', planId, reason: `The subscription ${subscription.external_id} changed its plan.` }, by, now);
      const [changed] = await listSeats(db, [licenseId]);
      if (changed && changed.sites > changed.limit) overLimit.push({ licenseId, sites: changed.sites, limit: changed.limit });
    }
    await followSubscription(context, seat, follow);
  }
  // A seat that was given up runs as far as it is paid, on its own.
  for (const licenseId of fit.surplus) {
    const seat = known.get(licenseId);
    if (seat?.subscription_id === subscription.id) await followSubscription(context, seat, { ...follow, status: null, graceMs: 0 });
  }
  const isGrowing = (standing === 'active' || standing === 'trialing') && order !== undefined && order.paid_at !== null;
  const issued = isGrowing ? await addMissing(context, subscription, order, [...known.values()], fit.missing, mappings) : [];
  for (const seat of await listSeats(db, issued.map(({ licenseId }) => licenseId))) await followSubscription(context, seat, follow);
  return { licenseIds: [...fit.kept, ...issued].map(({ licenseId }) => licenseId), overLimit, issued, order };
}

/** A purchase that began a trial paid until its end, whatever the product is mapped to: the full term begins with the first renewal. */
async function endTrial({ db, by, now }: SettleContext, { external_id: id, trial_ends_at: endsAt }: Subscription, order: Order, licenseIds: string[]): Promise<void> {
  if (endsAt === null || order.paid_at === null || endsAt <= order.paid_at) return;
  for (const term of await findTermsPaidBy(db, licenseIds, transactionOf(order))) await changeLicense(db, term.licenseId, { type: 'end-term', termId: term.id, endsAt, reason: `The subscription ${id} began with a trial.` }, by, now);
}

async function followSubscription({ db, by, now }: SettleContext, seat: SeatOfLicense, follow: { subscriptionId: string; status: SubscriptionStatus | null; graceMs: number }): Promise<void> {
  if (seat.subscription_id === follow.subscriptionId && seat.subscription_status === follow.status && seat.grace_ms === follow.graceMs) return;
  await changeLicense(db, seat.id, { type: 'follow-subscription', ...follow }, by, now);
}

async function wantedSeats({ db }: SettleContext, { provider, items }: Subscription): Promise<{ wanted: WantedSeats[]; mappings: Map<string, ProductMapping> }> {
  const quantities = new Map<string, number>();
  const mappings = new Map<string, ProductMapping>();
  for (const { productIds, quantity } of items === null ? [] : (JSON.parse(items) as SubscriptionItem[])) {
    let mapping: ProductMapping | undefined;
    for (const id of productIds) mapping ??= await findMapping(db, provider, id);
    if (!mapping || mapping.plan_id === null) continue;
    quantities.set(mapping.plan_id, (quantities.get(mapping.plan_id) ?? 0) + quantity);
    mappings.set(mapping.plan_id, mapping);
  }
  return { wanted: [...quantities].map(([planId, quantity]) => ({ planId, quantity })), mappings };
}

/** To the end that the seats beside them are paid for: the next renewal pays for all of them. */
async function addMissing(context: SettleContext, subscription: Subscription, order: Order, siblings: SeatOfLicense[], missing: WantedSeats[], mappings: Map<string, ProductMapping>): Promise<NewUnit[]> {
  const ends = siblings.filter(({ revoked_at }) => revoked_at === null).map(({ expires_at }) => expires_at);
  if (ends.length === 0) return [];
  const periodEndsAt = ends.includes(null) ? null : Math.max(...ends.map((end) => end ?? 0));
  const issued: NewUnit[] = [];
  for (const { planId, quantity } of missing) {
    const termOf = (seat: string) => ({ provider: order.provider, account: order.account, transactionId: seat, subscriptionId: subscription.external_id, months: null, periodEndsAt, paidAt: subscription.last_paid_at ?? context.now, amountMinor: 0, currency: order.currency });
    issued.push(...(await addSeats(context, order, { planId, productId: mappings.get(planId)?.product_id ?? null, quantity, termOf })));
  }
  return issued;
}
