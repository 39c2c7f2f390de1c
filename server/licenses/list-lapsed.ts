import type { Db } from '../db/database.ts';
import type { License } from './licenses.store.ts';
import { listLapsing } from './seats.store.ts';

/** No grace is longer (SUBSCRIPTION_GRACE_DAYS). */
const maxGraceMs = 60 * 24 * 3600 * 1000;

/** Licences whose end, grace included, lies after `from` and not after `to`, in the order of their ids from `after` on. */
export function listLapsed(db: Db, { from, to, after, limit }: { from: number; to: number; after: string | undefined; limit: number }): Promise<License[]> {
  return listLapsing(db, { from, to, after: after ?? '', limit, maxGraceMs });
}
