import { DeadLetter } from '../jobs/job-kinds.ts';
import { reason, type Reason } from '../reasons.rules.ts';
import { whatIsTakenBack } from './adjustments.rules.ts';
import { listAdjustments, listLines, updateOrder, type Order, type OrderLineRow } from './orders.store.ts';
import { adjustmentFacts } from './record-adjustment.ts';
import { settlePurchase, type SettleContext, type Settlement } from './settle-purchase.ts';
import { extendSubscription } from './settle-renewal.ts';
import { shellWord } from './text.rules.ts';

const maxUnits = 1_000;
const productsNamed = 10;

/**
 * Brings the licences of an order into line with all that is known of it: paid units have a licence, units that were taken back do
 * not count. It looks at the tables alone, so it comes to the same end in whatever order the facts came, and doing it again does
 * nothing. `order` is taken already. Throws WaitFor for a renewal whose purchase has not come.
 */
export async function settleOrder(context: SettleContext, order: Order): Promise<Settlement> {
  const { db, now } = context;
  const lines = await listLines(db, order.id);
  const adjustments = await listAdjustments(db, { provider: order.provider, account: order.account, externalId: order.external_id });
  const back = whatIsTakenBack({ status: order.status, totalMinor: order.total_minor }, adjustments.map(adjustmentFacts));
  if (back.refundedMinor !== order.refunded_minor) await updateOrder(db, order.id, { refunded_minor: back.refundedMinor, updated_at: now });
  if (order.paid_at === null) return { issued: [], problems: [] };
  const counts = lines.map((line) => ({ line, voided: back.unitsOf({ externalId: line.external_id, quantity: line.quantity, amountMinor: line.amount_minor }) }));
  const licensed = counts.filter(({ line }) => line.state === 'license');
  const units = licensed.reduce((sum, { line }) => sum + line.quantity, 0);
  if (units > maxUnits) throw new DeadLetter(reason('too_many_licenses', { order: order.number, count: units, most: maxUnits }));
  const unmapped = counts.filter(({ line, voided }) => line.state === 'unmapped' && voided < line.quantity).map(({ line }) => line);
  const problems = unmapped.length === 0 ? [] : [unmappedProblem(order, unmapped)];
  const settled = order.is_renewal === 1 ? await extendSubscription(context, order, licensed) : undefined;
  if (settled) return { ...settled, problems: [...problems, ...settled.problems] };
  return { issued: await settlePurchase(context, order, licensed), problems };
}

function unmappedProblem(order: Order, lines: OrderLineRow[]): Reason {
  const named = lines.slice(0, productsNamed).map((line) => `"${line.name}" (${line.external_product})`).join(', ');
  const facts = { order: order.number, products: lines.length > productsNamed ? `${named}, …` : named, provider: order.provider };
  const [only, second] = lines;
  return only && !second ? reason('product_unmapped', { ...facts, id: shellWord(only.external_product) }) : reason('products_unmapped', { ...facts, count: lines.length });
}
