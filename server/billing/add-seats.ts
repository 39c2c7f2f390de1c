import { DeadLetter } from '../jobs/job-kinds.ts';
import { issueLicense, type TermInput } from '../licenses/issue-license.ts';
import { getPlanById, getProductByCode } from '../plans/get-plan.ts';
import { reason } from '../reasons.rules.ts';
import { insertUnit, listLines, listUnits, type Order } from './orders.store.ts';
import type { NewUnit, SettleContext } from './settle-purchase.ts';

const maxSeats = 1_000;

/**
 * Issues licences for seats that a subscription got after its purchase, as further units of the order that began it. `termOf` says what
 * pays for a seat. Throws DeadLetter when there would be more than a thousand.
 */
export async function addSeats({ db, vault, by, now }: SettleContext, order: Order, seats: { planId: string; productId: string | null; quantity: number; termOf: (seat: string) => TermInput }): Promise<NewUnit[]> {
  if (order.customer_id === null || seats.quantity === 0) return [];
  const lines = (await listLines(db, order.id)).filter(({ state }) => state === 'license');
  const line = lines.find(({ plan_id }) => plan_id === seats.planId) ?? lines[0];
  if (!line) return [];
  const units = await listUnits(db, order.id);
  if (units.length + seats.quantity > maxSeats) throw new DeadLetter(reason('too_many_seats', { order: order.number, count: units.length + seats.quantity, most: maxSeats }));
  const plan = await getPlanById(db, seats.planId);
  const productId = seats.productId ?? (await getProductByCode(db)).id;
  const first = Math.max(line.quantity - 1, ...units.filter(({ order_line_id: id }) => id === line.id).map(({ unit }) => unit)) + 1;
  const issued: NewUnit[] = [];
  for (let unit = first; unit < first + seats.quantity; unit += 1) {
    const { license } = await issueLicense(db, vault, { customerId: order.customer_id, plan, productId, term: seats.termOf(`seat:${line.id}:${unit}`) }, by, now);
    await insertUnit(db, { orderLineId: line.id, unit, licenseId: license.id }, now);
    issued.push({ licenseId: license.id, lineId: line.external_id, unit });
  }
  return issued;
}
