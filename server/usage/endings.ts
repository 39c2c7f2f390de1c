import type { Db } from '../db/database.ts';
import { adjustAmounts } from './counters.store.ts';
import type { Amounts } from './limits.rules.ts';
import type { Windows } from './period.rules.ts';
import { countersOf, type UsageRequest } from './reservations.ts';
import { settleRecord, type Outcome } from './usage.store.ts';

/** How a reservation ends: what its ledger row says from now on, and by how much its counters have to change. */
export type Ending = Pick<UsageRequest, 'licenseId' | 'site' | 'visitor'> & { id: string; windows: Windows; outcome: Outcome; difference: Amounts };

/** Ends a reservation in a transaction (`db`); false when that has been done before. */
export async function endReservation(db: Db, ending: Ending, now: number): Promise<boolean> {
  const { id, windows, outcome, difference } = ending;
  const isFirst = await settleRecord(db, id, outcome);
  if (isFirst && (difference.requests !== 0 || difference.tokens !== 0 || difference.cost !== 0)) {
    for (const counter of countersOf(ending)) await adjustAmounts(db, counter, difference, windows, now);
  }
  return isFirst;
}
