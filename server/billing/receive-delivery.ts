import { transact, type Db } from '../db/database.ts';
import { newId } from '../ids.ts';
import { enqueueJob } from '../jobs/enqueue.ts';
import type { DeliveryIdentity } from './adapter.ts';
import { countDelivery, insertDelivery } from './billing.store.ts';
import { mainAccount, type ProviderName } from './billing-events.ts';
import { applyDeliveryKey } from './replay-delivery.ts';

/**
 * Stores an authentic delivery with the job that will apply it, both or neither; once it returns, nothing is lost. One that is here
 * already is only counted. Returns whether it was new.
 */
export function receiveDelivery(db: Db, provider: ProviderName, identity: DeliveryIdentity, body: Buffer, now: number): Promise<boolean> {
  return transact(db, async (trx) => {
    const { eventId, topic, occurredAt } = identity;
    if (await countDelivery(trx, provider, mainAccount, eventId)) return false;
    const inboxId = newId();
    const isNew = await insertDelivery(trx, { id: inboxId, provider, account: mainAccount, event_id: eventId, topic, body, status: 'received', reason: null, reason_codes: null, deliveries: 1, occurred_at: occurredAt, received_at: now, handled_at: null });
    if (isNew) await enqueueJob(trx, { kind: 'apply-delivery', payload: { inboxId }, dedupeKey: applyDeliveryKey(inboxId) }, now);
    else await countDelivery(trx, provider, mainAccount, eventId);
    return isNew;
  });
}
