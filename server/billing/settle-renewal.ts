import { WaitFor } from '../jobs/job-kinds.ts';
import { changeLicense } from '../licenses/change-license.ts';
import { findLicensesOfSubscription, findTermsPaidBy, type PaidTerm } from '../licenses/find-terms.ts';
import { reason, type Reason } from '../reasons.rules.ts';
import { addSeats } from './add-seats.ts';
import { whatIsTakenBack } from './adjustments.rules.ts';
import { findMapping } from './billing.store.ts';
import { findOrder, listAdjustments, listLines, listUnits, listUnitsOfLicenses, type IssuedUnit, type Order } from './orders.store.ts';
import { adjustmentFacts } from './record-adjustment.ts';
import { setVoided, settlePurchase, termOf, transactionOf, type CountedLine, type NewUnit, type SettleContext, type Settlement } from './settle-purchase.ts';
import { takeSubscription, type Subscription } from './subscriptions.store.ts';

/** What a renewal waits for under. */
export function subscriptionTopic(provider: string, subscriptionId: string): string {
  return `${provider}:subscription:${subscriptionId}`;
}

/**
 * Extends the licences of a subscription by what a renewal paid for, each once, and takes back what was refunded of it. A subscription
 * that never had a purchase (made by hand, imported), or whose purchase was refunded before it came, gets its licences from the
 * renewal. Throws WaitFor while the purchase has not come.
 */
export async function extendSubscription(context: SettleContext, order: Order, lines: CountedLine[]): Promise<Settlement> {
  const { db, now } = context;
  const subscriptionId = order.subscription_id ?? '';
  const own = await listUnits(db, order.id);
  if (own.length > 0 || lines.length === 0) return { issued: await settlePurchase(context, order, lines), problems: [] };
  const subscription = await takeSubscription(db, { provider: order.provider, account: order.account, externalId: subscriptionId }, now);
  const units = await unitsOfSubscription(context, subscription);
  if (units.length === 0) {
    if (!(await isWithoutPurchase(context, subscription))) {
      throw new WaitFor(subscriptionTopic(order.provider, subscriptionId), reason('waits_for_purchase', { subscription: subscriptionId, order: order.number }));
    }
    return { issued: await settlePurchase(context, order, lines), problems: [] };
  }
  const purchase = await purchaseOf(context, subscription);
  return { ...(await extendUnits(context, order, lines, units, purchase)), of: purchase };
}

/** Each unit of a renewal extends one licence; a unit for which there is none is a seat that was added, and gets one. */
async function extendUnits(context: SettleContext, order: Order, lines: CountedLine[], units: IssuedUnit[], purchase: Order | undefined): Promise<Settlement> {
  const { db, by, now } = context;
  const terms = await findTermsPaidBy(db, units.map(({ license_id }) => license_id), transactionOf(order));
  const free = units.filter(({ license_id }) => !terms.some(({ licenseId }) => licenseId === license_id));
  const problems: Reason[] = [];
  const issued: NewUnit[] = [];
  for (const { line, voided } of lines) {
    const rank = new Map(units.map(({ license_id }, index) => [license_id, index]));
    const paid = terms.filter(({ orderLineId }) => orderLineId === line.id).sort((a, b) => (rank.get(a.licenseId) ?? 0) - (rank.get(b.licenseId) ?? 0));
    let added = 0;
    for (let unit = 0; unit < Math.max(line.quantity, paid.length); unit += 1) {
      const isVoided = unit >= line.quantity - voided;
      const term: PaidTerm | undefined = paid[unit];
      if (term) await setVoided(context, order, term, isVoided);
      else if (!isVoided) {
        const next = takeBestFit(free, line);
        if (next) await changeLicense(db, next.license_id, { type: 'renew', term: termOf(order, line) }, by, now);
        else if (purchase && line.plan_id !== null) added += 1;
        else {
          problems.push(reason('renews_too_many', { order: order.number, quantity: line.quantity, product: line.name, subscription: order.subscription_id ?? '', missing: line.quantity - unit }));
          break;
        }
      }
    }
    if (purchase && line.plan_id !== null && added > 0) {
      const productId = (await findMapping(db, order.provider, line.external_product))?.product_id ?? null;
      issued.push(...(await addSeats(context, purchase, { planId: line.plan_id, productId, quantity: added, termOf: () => termOf(order, line) })));
    }
  }
  return { issued, problems };
}

/** The licence that a line renews: one bought as the same product, else one of the same plan, else any that is left. */
function takeBestFit(free: IssuedUnit[], line: CountedLine['line']): IssuedUnit | undefined {
  const tests = [(unit: IssuedUnit) => unit.external_product === line.external_product, (unit: IssuedUnit) => unit.plan_id === line.plan_id, () => true];
  for (const test of tests) {
    const index = free.findIndex(test);
    if (index !== -1) return free.splice(index, 1)[0];
  }
  return undefined;
}

/** The licences of a subscription, oldest first: those that its purchase issued, and those that it has paid for. */
export async function unitsOfSubscription({ db }: Pick<SettleContext, 'db'>, subscription: Subscription): Promise<IssuedUnit[]> {
  const { provider, account, external_id: subscriptionId } = subscription;
  const paidBySubscription = await findLicensesOfSubscription(db, { provider, account, subscriptionId });
  const purchase = await purchaseOf({ db }, subscription);
  const ofPurchase = purchase ? (await listUnits(db, purchase.id)).map(({ license_id }) => license_id) : [];
  return listUnitsOfLicenses(db, [...new Set([...paidBySubscription, ...ofPurchase])]);
}

function purchaseOf({ db }: Pick<SettleContext, 'db'>, { provider, account, order_external_id: orderId }: Subscription): Promise<Order | undefined> {
  return orderId === null ? Promise.resolve(undefined) : findOrder(db, { provider, account, externalId: orderId });
}

/** Whether no purchase will ever bring licences: the provider names none, or all of it was taken back before it came. */
async function isWithoutPurchase({ db }: SettleContext, subscription: Subscription): Promise<boolean> {
  if (subscription.order_external_id === null) return subscription.is_linked === 1;
  const purchase = await purchaseOf({ db }, subscription);
  if (!purchase || purchase.paid_at === null) return false;
  const adjustments = await listAdjustments(db, { provider: purchase.provider, account: purchase.account, externalId: purchase.external_id });
  const back = whatIsTakenBack({ status: purchase.status, totalMinor: purchase.total_minor }, adjustments.map(adjustmentFacts));
  const lines = await listLines(db, purchase.id);
  return lines.every((line) => back.unitsOf({ externalId: line.external_id, quantity: line.quantity, amountMinor: line.amount_minor }) >= line.quantity);
}
