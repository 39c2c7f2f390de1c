import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Db } from '../db/database.ts';
import { addRecurringRevenue } from './mrr.rules.ts';
import { readPaidTerms } from './overview.store.ts';

export type Money = { minor: number; currency: string };
type Known = { until: number; value: Promise<Money[]> };

const sliceSize = 2_000;
/** Worked out anew each time while that is quick; a long calculation is good for a hundred times as long as it took. */
const quickMs = 50;
const restFactor = 100;
const known = new WeakMap<Db, Known>();

/** Monthly recurring revenue in minor units for each currency, never added up across currencies. */
export async function recurringRevenue(db: Db, now: number): Promise<Money[]> {
  const last = known.get(db);
  if (last && performance.now() < last.until) return last.value;
  const startedAt = performance.now();
  const running: Known = { until: Number.POSITIVE_INFINITY, value: sumRecurringRevenue(db, now) };
  known.set(db, running);
  try {
    const value = await running.value;
    const tookMs = performance.now() - startedAt;
    running.until = tookMs < quickMs ? 0 : performance.now() + tookMs * restFactor;
    return value;
  } catch (error) {
    known.delete(db);
    throw error;
  }
}

/** Goes through the licences in slices and lets other requests in between: on the embedded database one long query would hold them all up. */
async function sumRecurringRevenue(db: Db, now: number): Promise<Money[]> {
  const sums = new Map<string, number>();
  let after: string | undefined = '';
  while (after !== undefined) {
    const { terms, last } = await readPaidTerms(db, after, sliceSize, now);
    addRecurringRevenue(sums, terms);
    after = last;
    await nextTurn();
  }
  return [...sums].map(([currency, minor]) => ({ currency, minor: Math.round(minor) })).sort((a, b) => (a.currency < b.currency ? -1 : 1));
}
