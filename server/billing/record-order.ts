import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { findOrCreateCustomer } from '../customers/find-or-create-customer.ts';
import type { Db } from '../db/database.ts';
import { newId } from '../ids.ts';
import { WaitFor } from '../jobs/job-kinds.ts';
import { reason } from '../reasons.rules.ts';
import { findMapping, type ProductMapping } from './billing.store.ts';
import { mainAccount, type Buyer, type OrderLine, type OrderPaid, type SubscriptionRenewed } from './billing-events.ts';
import { findOrder, insertLine, listLines, updateLine, updateOrder, type Order, type OrderKey, type OrderLineRow } from './orders.store.ts';
import { findProviderCustomer, findSubscription, linkProviderCustomer } from './subscriptions.store.ts';
import { tellOfPaidOrder } from './tell-of-order.ts';
import { mailAddress } from './text.rules.ts';

/** What the buyer's provider customer is waited for under. */
export function customerTopic(provider: string, customerId: string): string {
  return `${provider}:customer:${customerId}`;
}

/** Who bought: as the order says, or as the provider said of its customer. Throws WaitFor when it has not said it yet. */
export async function resolveBuyer(db: Db, provider: string, buyer: (OrderPaid | SubscriptionRenewed)['buyer']): Promise<Buyer> {
  if ('email' in buyer) return buyer;
  const known = await findProviderCustomer(db, { provider, account: mainAccount, externalId: buyer.customerId });
  if (!known) throw new WaitFor(customerTopic(provider, buyer.customerId), reason('waits_for_customer', { customer: buyer.customerId }));
  return { email: known.email, name: known.name, company: '', locale: known.locale };
}

/**
 * Writes down that an order is paid, which stays true whatever comes later, and what it holds, unless something newer is known. `order`
 * is taken already. Returns it as it is then.
 */
export async function recordPaidOrder(db: Db, order: Order, event: OrderPaid | SubscriptionRenewed, buyer: Buyer, by: Actor, now: number): Promise<Order> {
  const isFirst = order.paid_at === null;
  const isNewer = isFirst || event.snapshotAt >= order.snapshot_at;
  const email = mailAddress(buyer.email);
  const providerCustomer = 'customerId' in event.buyer ? event.buyer.customerId : event.customerId;
  const customerId = order.customer_id ?? (await knownCustomer(db, order, event, providerCustomer)) ?? (email === undefined ? null : (await findOrCreateCustomer(db, { ...buyer, email }, by, now)).customer.id);
  if (customerId !== null && providerCustomer) await linkProviderCustomer(db, keyOf(order, providerCustomer), customerId, now);
  const changes: Partial<Order> = {
    paid_at: isFirst ? event.paidAt : order.paid_at,
    customer_id: customerId,
    is_renewal: event.type === 'SubscriptionRenewed' ? 1 : 0,
    subscription_id: event.subscriptionId ?? order.subscription_id,
    ...(isNewer ? { number: event.number, status: event.status, currency: event.currency, total_minor: event.totalMinor, snapshot_at: event.snapshotAt } : {}),
    updated_at: now,
  };
  await updateOrder(db, order.id, changes);
  await saveLines(db, order, event.lines ?? [], isNewer, now);
  if (isFirst) {
    const after = { number: event.number, total_minor: event.totalMinor, currency: event.currency, customer_id: customerId };
    await tellOfPaidOrder(db, { ...order, ...changes }, now);
    await recordAudit(db, by, { action: event.type === 'SubscriptionRenewed' ? 'order.renewal_paid' : 'order.paid', entity: 'order', entityId: order.id, after }, now);
  }
  return { ...order, ...changes };
}

function keyOf({ provider, account }: Order, externalId: string): OrderKey {
  return { provider, account, externalId };
}

/** Whose order it is whatever address it carries: that of the provider's customer of whom there was an order before, and for a renewal that of the purchase. */
async function knownCustomer(db: Db, order: Order, { subscriptionId, type }: OrderPaid | SubscriptionRenewed, providerCustomer: string | null | undefined): Promise<string | null> {
  const linked = providerCustomer ? await findProviderCustomer(db, keyOf(order, providerCustomer)) : undefined;
  if (linked?.customer_id || type === 'OrderPaid') return linked?.customer_id ?? null;
  const subscription = subscriptionId === null ? undefined : await findSubscription(db, keyOf(order, subscriptionId));
  const purchase = subscription?.order_external_id ? await findOrder(db, keyOf(order, subscription.order_external_id)) : undefined;
  return purchase?.customer_id ?? null;
}

/**
 * Adds and updates lines when the event is not behind what is known. Products that were not mapped to a plan are looked up again in
 * any case: that is what the replay of a delivery is for, also of an older one. What a line has issued stays what it was.
 */
async function saveLines(db: Db, order: Order, lines: OrderLine[], isNewer: boolean, now: number): Promise<void> {
  const known = new Map((await listLines(db, order.id)).map((line) => [line.external_id, line]));
  for (const line of lines) {
    const before = known.get(line.externalId);
    if (!before) {
      if (isNewer) await insertLine(db, { id: newId(), order_id: order.id, external_id: line.externalId, ...contentOf(line), ...(await mappedColumns(db, order.provider, line)), created_at: now, updated_at: now });
      continue;
    }
    const mapped = before.state === 'license' ? {} : await mappedColumns(db, order.provider, line);
    await updateLine(db, before.id, { ...(isNewer ? contentOf(line) : {}), ...mapped, updated_at: now });
  }
}

function contentOf({ name, quantity, amountMinor, periodEndsAt }: OrderLine): Pick<OrderLineRow, 'name' | 'quantity' | 'amount_minor' | 'period_ends_at'> {
  return { name, quantity, amount_minor: amountMinor, period_ends_at: periodEndsAt };
}

type MappedColumns = Pick<OrderLineRow, 'external_product' | 'plan_id' | 'months' | 'state'>;

async function mappedColumns(db: Db, provider: string, line: OrderLine): Promise<MappedColumns> {
  let mapping: ProductMapping | undefined;
  for (const productId of line.productIds) mapping ??= await findMapping(db, provider, productId);
  return {
    external_product: mapping?.external_id ?? line.productIds[0] ?? '',
    plan_id: mapping?.plan_id ?? null,
    months: line.cycleMonths === undefined ? (mapping?.months ?? null) : line.cycleMonths,
    state: mapping === undefined ? 'unmapped' : mapping.plan_id === null ? 'no_license' : 'license',
  };
}
