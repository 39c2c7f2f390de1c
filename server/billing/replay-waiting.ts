import type { Actor } from '../audit/record-audit.ts';
import type { Db } from '../db/database.ts';
import { listDeadDeliveriesNaming } from './billing.store.ts';
import { replayDelivery } from './replay-delivery.ts';

/**
 * Processes the deliveries once more that were given up because this product was not mapped, oldest first, each in a transaction of its
 * own; returns how many. One that waits for other products too says so again.
 */
export async function replayWaiting(db: Db, provider: string, externalId: string, by: Actor, now: number): Promise<number> {
  const ids = await listDeadDeliveriesNaming(db, provider, `(${externalId})`);
  for (const id of ids) await replayDelivery(db, id, by, now);
  return ids.length;
}
