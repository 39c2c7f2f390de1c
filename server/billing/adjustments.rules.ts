/** A refund or dispute as stored. `items` null: the provider has not said which. */
export type AdjustmentFacts = {
  action: string;
  status: string;
  isFull: boolean;
  items: { lineId: string; units: number | null; amountMinor: number; isWhole?: boolean | undefined }[] | null;
  amountMinor: number;
};

const voidStatuses = new Set(['cancelled', 'failed', 'refunded']);
const statusRank: Record<string, number> = { pending: 0, approved: 1, rejected: 1, reversed: 2 };

/** Whether a state of an adjustment takes the place of another: it is further on, or as far and newer. */
export function isLaterState(next: { status: string; occurredAt: number }, known: { status: string; occurredAt: number }): boolean {
  const difference = (statusRank[next.status] ?? 0) - (statusRank[known.status] ?? 0);
  return difference === 0 ? next.occurredAt > known.occurredAt : difference > 0;
}

/**
 * The adjustments that take something back: approved refunds, and chargebacks that nothing reversed. A reversal is the record of the
 * chargeback becoming `reversed`, or a record of its own, or both for one; it does not depend on which came first.
 */
export function effectiveAdjustments<Facts extends AdjustmentFacts>(adjustments: Facts[]): Facts[] {
  const refunds = adjustments.filter(({ action, status }) => action === 'refund' && status === 'approved');
  const chargebacks = adjustments.filter(({ action }) => action === 'chargeback');
  const standing = chargebacks.filter(({ status }) => status === 'approved');
  const reversals = adjustments.filter(({ action }) => action === 'chargeback_reverse').length;
  const reversedAlready = chargebacks.length - standing.length;
  return [...refunds, ...standing.slice(Math.max(0, reversals - reversedAlready))];
}

/** What of an order still counts after refunds, disputes and its own status: the sum that went back, and how many units of a line. */
export function whatIsTakenBack(order: { status: string; totalMinor: number }, adjustments: AdjustmentFacts[]): { refundedMinor: number; unitsOf: (line: { externalId: string; quantity: number; amountMinor: number }) => number } {
  const effective = effectiveAdjustments(adjustments);
  const inAll = Math.max(0, ...adjustments.filter(({ action, status }) => action === 'refund_total' && status === 'approved').map(({ amountMinor }) => amountMinor));
  const refundedMinor = Math.max(inAll, effective.reduce((sum, { amountMinor }) => sum + amountMinor, 0));
  const isAll = voidStatuses.has(order.status) || effective.some(({ action, isFull, items }) => isFull || (action === 'chargeback' && (items ?? []).length === 0)) || (order.totalMinor > 0 && refundedMinor >= order.totalMinor);
  return {
    refundedMinor,
    unitsOf(line) {
      if (isAll) return line.quantity;
      const items = effective.flatMap(({ action, items }) => (items ?? []).filter(({ lineId }) => lineId === line.externalId).map((item) => ({ ...item, isDisputed: action === 'chargeback' })));
      // Who takes a payment back through the bank is not given what it paid for.
      if (items.some(({ units, isWhole = false, isDisputed }) => isWhole || (isDisputed && units === null))) return line.quantity;
      const units = items.reduce((sum, item) => sum + (item.units ?? 0), 0) + unitsPaidBy(items.filter((item) => item.units === null).reduce((sum, { amountMinor }) => sum + amountMinor, 0), line);
      return Math.min(units, line.quantity);
    },
  };
}

/**
 * How many units of a line an amount pays for in full, give or take rounding. What is left of it is a discount that was granted
 * afterwards, and takes nothing.
 */
function unitsPaidBy(refundedMinor: number, { quantity, amountMinor: lineMinor }: { quantity: number; amountMinor: number }): number {
  if (refundedMinor <= 0 || quantity <= 0) return 0;
  if (lineMinor <= 0) return quantity;
  const unitMinor = lineMinor / quantity;
  return Math.floor((refundedMinor + Math.min(quantity, unitMinor / 50)) / unitMinor);
}
