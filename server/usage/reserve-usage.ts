import type { Db } from '../db/database.ts';
import { writeLedger } from './batched-writes.ts';
import type { Amounts } from './limits.rules.ts';
import type { Windows } from './period.rules.ts';
import { exceededBy, quotaOf, type Quota, type QuotaState } from './quota.rules.ts';
import { countersOf, type UsageRequest } from './reservations.ts';

/** A place in the quotas that is taken; its ledger row has the same id. Hand it to settleUsage, once. */
export type Reservation = Pick<UsageRequest, 'licenseId' | 'site' | 'visitor' | 'provider' | 'model' | 'keySource'> & { id: string; windows: Windows; reserved: Amounts };
export type ReserveOutcome = { outcome: 'reserved'; reservation: Reservation; quota: Quota } | { outcome: 'exhausted'; exceeded: QuotaState; quota: Quota };

/**
 * Takes a request out of every quota, or says which of them has no room (takeReservation). It is the busiest write of all and not synced: a
 * power failure may forget the last moments of usage, counters and ledger alike. `now` in epoch ms.
 */
export async function reserveUsage(db: Db, request: UsageRequest, now: number): Promise<ReserveOutcome> {
  const { licenseId, limits, site, visitor, most, provider, model, keySource } = request;
  const { id, counted } = await writeLedger(db, { kind: 'reserve', request, now });
  const states = countersOf(request).slice(0, counted.length).map(({ scope }, index) => quotaOf(scope, limits[scope], counted[index] as (typeof counted)[number]));
  const quota = states.flat();
  const last = counted.at(-1);
  if (id !== undefined && last) return { outcome: 'reserved', reservation: { id, licenseId, site, visitor, provider, model, keySource, windows: last.windows, reserved: most }, quota };
  const exceeded = exceededBy(states.at(-1) ?? [], most).at(-1);
  if (!exceeded) throw new Error('a quota refused a request that it has room for');
  return { outcome: 'exhausted', exceeded, quota };
}
