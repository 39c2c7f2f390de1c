import type { Deps } from '../deps.ts';
import { settleUsage } from './settle-usage.ts';
import { noTokens } from './token-usage.rules.ts';
import { listStaleRecords } from './usage.store.ts';

const batch = 200;

/**
 * Releases reservations whose process died: what they consumed is not known, so they cost nothing and are marked `swept`.
 * A settlement that comes at the same time wins or loses as a whole.
 */
export async function sweepReservations({ db, log, now }: Pick<Deps, 'db' | 'log' | 'now'>): Promise<void> {
  let count = 0;
  for (;;) {
    const stale = await listStaleRecords(db, now(), batch);
    for (const { id, license_id, month_start, hour_start } of stale) {
      const reservation = { id, licenseId: license_id, monthStart: month_start, hourStart: hour_start };
      if (await settleUsage(db, reservation, { status: 'swept', isCharged: false, usage: noTokens }, now())) count += 1;
    }
    if (stale.length < batch) break;
  }
  if (count > 0) log.warn({ count }, 'released reservations that were never settled');
}
