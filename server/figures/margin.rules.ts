import { microcentsPerDollar } from '../usage/dollars.rules.ts';

const milliPerDollar = 100_000;

/**
 * What is left of a monthly price (thousandths of minor units by currency) after the cost of AI, in thousandths of the price. Undefined unless all of the price is in
 * US dollars, the currency of the cost: no exchange rate is known here, and none is made up.
 */
export function marginOf(monthly: { currency: string; milli: number }[], costMicrocents: number): number | undefined {
  const price = monthly.reduce((sum, { milli }) => sum + milli, 0);
  if (price <= 0 || monthly.some(({ currency }) => currency !== 'USD')) return undefined;
  return Math.round(((price / milliPerDollar - costMicrocents / microcentsPerDollar) / (price / milliPerDollar)) * 1_000);
}
