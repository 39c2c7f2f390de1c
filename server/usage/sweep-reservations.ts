import type { Deps } from '../deps.ts';
import { settleUsage } from './settle-usage.ts';
import { noTokens } from './token-usage.rules.ts';
import type { Reservation } from './reserve-usage.ts';
import { listStaleRecords, type StaleRecord } from './usage.store.ts';

const batch = 200;

/**
 * Releases reservations whose process died: what they consumed is not known, so they cost nothing and are marked `swept`.
 * A settlement that comes at the same time wins or loses as a whole.
 */
export async function sweepReservations({ db, log, now }: Pick<Deps, 'db' | 'log' | 'now'>): Promise<void> {
  let count = 0;
  for (;;) {
    const stale = await listStaleRecords(db, now(), batch);
    for (const row of stale) {
      if (await settleUsage(db, reservationOf(row), { status: 'swept', isCharged: false, usage: noTokens }, now())) count += 1;
    }
    if (stale.length < batch) break;
  }
  if (count > 0) log.warn({ count }, 'released reservations that were never settled');
}

function reservationOf(row: StaleRecord): Reservation {
  return {
    id: row.id,
    licenseId: row.license_id,
    site: row.site,
    visitor: row.visitor,
    provider: row.provider,
    model: row.model,
    keySource: row.key_source === 'own' ? 'own' : 'managed',
    windows: { hour: row.hour_start, day: row.day_start, month: row.month_start },
    reserved: { requests: row.charged_requests, tokens: row.charged_tokens, cost: row.charged_cost_microcents },
  };
}
