import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { enqueueJob, runAgain } from '../jobs/enqueue.ts';
import { findDelivery, listDeliveryIds, listOldestDeliveries, updateDelivery } from './billing.store.ts';

/** The queue holds one job for each delivery. */
export function applyDeliveryKey(inboxId: string): string {
  return `apply-delivery:${inboxId}`;
}

/** Processes a delivery once more. What it has done already is not done again. Throws NOT_FOUND. */
export function replayDelivery(db: Db, inboxId: string, by: Actor, now: number): Promise<void> {
  return transact(db, async (trx) => {
    const delivery = await findDelivery(trx, inboxId);
    if (!delivery) throw new AppError('NOT_FOUND', 'There is no delivery with this id.', { field: 'path.id' });
    await updateDelivery(trx, inboxId, { status: 'received', reason: null, reason_codes: null, handled_at: null });
    const isThere = await runAgain(trx, applyDeliveryKey(inboxId), now);
    if (!isThere) await enqueueJob(trx, { kind: 'apply-delivery', payload: { inboxId }, dedupeKey: applyDeliveryKey(inboxId) }, now);
    await recordAudit(trx, by, { action: 'delivery.replayed', entity: 'delivery', entityId: inboxId, before: { status: delivery.status, reason: delivery.reason } }, now);
  });
}

/** `from` and `to`: when they came, from the first on and before the second. */
export type ReplayFilter = { provider?: string | undefined; status?: 'dead' | undefined; from?: number | undefined; to?: number | undefined };

/** Processes the deliveries that fit once more, oldest first, each in a transaction of its own; returns their ids. */
export async function replayDeliveries(db: Db, filter: ReplayFilter, by: Actor, now: number): Promise<string[]> {
  const ids = await listDeliveryIds(db, filter);
  for (const id of ids) await replayDelivery(db, id, by, now);
  return ids;
}

/** Processes up to `limit` deliveries that fit once more, oldest first; `nextFrom`: when the first one came that is left. */
export function replayOldest(db: Db, filter: ReplayFilter, limit: number, by: Actor, now: number): Promise<{ ids: string[]; nextFrom: number | undefined }> {
  return transact(db, async (trx) => {
    const found = await listOldestDeliveries(trx, filter, limit + 1);
    const ids = found.slice(0, limit).map(({ id }) => id);
    for (const id of ids) await replayDelivery(trx, id, by, now);
    return { ids, nextFrom: found[limit]?.received_at };
  });
}
