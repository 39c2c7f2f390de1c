import type { Actor } from '../audit/record-audit.ts';
import type { Db } from '../db/database.ts';
import { DeadLetter } from '../jobs/job-kinds.ts';
import { changeLicense } from '../licenses/change-license.ts';
import { findTermsPaidBy, type PaidTerm } from '../licenses/find-terms.ts';
import { issueLicense, type TermInput } from '../licenses/issue-license.ts';
import { getPlanById, getProductByCode } from '../plans/get-plan.ts';
import { reason, type Reason } from '../reasons.rules.ts';
import type { Vault } from '../vault.ts';
import { findMapping } from './billing.store.ts';
import { insertUnit, listUnits, type Order, type OrderLineRow } from './orders.store.ts';

export type SettleContext = { db: Db; vault: Vault; by: Actor; now: number };
export type NewUnit = { licenseId: string; lineId: string; unit: number };
/** `issued`: licences made just now. `problems`: what a person has to do. */
export type Settlement = { issued: NewUnit[]; problems: Reason[]; /** The order whose units were issued, where it is another one: seats that a renewal added belong to the purchase. */ of?: Order | undefined };

export type CountedLine = { line: OrderLineRow; /** How many of its units, counted from the last, were taken back. */ voided: number };

/** A licence for each unit that is paid and not taken back, and no other. */
export async function settlePurchase(context: SettleContext, order: Order, lines: CountedLine[]): Promise<NewUnit[]> {
  const { db, now } = context;
  const units = await listUnits(db, order.id);
  const terms = new Map((await findTermsPaidBy(db, units.map(({ license_id }) => license_id), transactionOf(order))).map((term) => [term.licenseId, term]));
  const issued: NewUnit[] = [];
  for (const { line, voided } of lines) {
    const ofLine = new Map(units.filter(({ order_line_id }) => order_line_id === line.id).map(({ unit, license_id }) => [unit, license_id]));
    const count = Math.max(line.quantity, ofLine.size);
    for (let unit = 0; unit < count; unit += 1) {
      const isVoided = unit >= line.quantity - voided;
      const term = terms.get(ofLine.get(unit) ?? '');
      if (term) await setVoided(context, order, term, isVoided);
      else if (!isVoided && !ofLine.has(unit)) {
        const licenseId = await issueUnit(context, order, line);
        await insertUnit(db, { orderLineId: line.id, unit, licenseId }, now);
        issued.push({ licenseId, lineId: line.external_id, unit });
      }
    }
  }
  return issued;
}

async function issueUnit({ db, vault, by, now }: SettleContext, order: Order, line: OrderLineRow): Promise<string> {
  if (order.customer_id === null) throw new DeadLetter(reason('no_email', { order: order.number }));
  if (line.plan_id === null) throw new Error(`the line ${line.id} has no plan`);
  const plan = await getPlanById(db, line.plan_id);
  const productId = (await findMapping(db, order.provider, line.external_product))?.product_id ?? (await getProductByCode(db)).id;
  const { license } = await issueLicense(db, vault, { customerId: order.customer_id, plan, productId, term: termOf(order, line) }, by, now);
  return license.id;
}

/** Voids or restores what an order paid for, as its refunds and disputes have it. */
export async function setVoided({ db, by, now }: SettleContext, order: Order, term: PaidTerm, isVoided: boolean): Promise<void> {
  if (term.isVoided === isVoided) return;
  const why = isVoided ? `Order ${order.number} was refunded, disputed or cancelled.` : `Order ${order.number} counts again.`;
  await changeLicense(db, term.licenseId, { type: isVoided ? 'void-term' : 'restore-term', termId: term.id, reason: why }, by, now);
}

export function transactionOf(order: Order): { provider: string; account: string; transactionId: string } {
  return { provider: order.provider, account: order.account, transactionId: order.external_id };
}

/** What one unit of a line pays for. */
export function termOf(order: Order, line: OrderLineRow): TermInput {
  return {
    ...transactionOf(order),
    orderLineId: line.id,
    subscriptionId: order.subscription_id ?? undefined,
    months: line.months,
    periodEndsAt: line.period_ends_at,
    paidAt: order.paid_at ?? 0,
    amountMinor: line.quantity === 0 ? 0 : Math.round(line.amount_minor / line.quantity),
    currency: order.currency,
  };
}
