import { insertedOnce, type Db } from '../db/database.ts';
import type { BillingEvent } from './billing-events.ts';

/** What a delivery can be about. A payment that refunds name stands under its own id. */
type SubjectKind = 'order' | 'subscription';

/** Notes which orders and subscriptions a delivery tells of, so that each can name what made it. May be repeated. */
export async function linkDelivery(db: Db, { inboxId, provider }: { inboxId: string; provider: string }, events: BillingEvent[]): Promise<void> {
  const subjects = new Map<string, { kind: SubjectKind; externalId: string }>();
  for (const event of events) {
    if ('orderId' in event && event.orderId !== null) subjects.set(`order ${event.orderId}`, { kind: 'order', externalId: event.orderId });
    if ('subscriptionId' in event && event.subscriptionId !== null) subjects.set(`subscription ${event.subscriptionId}`, { kind: 'subscription', externalId: event.subscriptionId });
  }
  for (const { kind, externalId } of subjects.values()) {
    const row = { kind, provider, external_id: externalId, inbox_id: inboxId };
    const isThere = await db.selectFrom('inbox_subjects').select('inbox_id').where('kind', '=', kind).where('provider', '=', provider).where('external_id', '=', externalId).where('inbox_id', '=', inboxId).executeTakeFirst();
    if (!isThere) await insertedOnce(db.insertInto('inbox_subjects').values(row).execute());
  }
}

/** The deliveries that told of an order or a subscription, in the order in which they came. */
export async function listDeliveriesAbout(db: Db, kind: SubjectKind, provider: string, externalIds: string[], limit: number): Promise<{ id: string; status: string }[]> {
  if (externalIds.length === 0) return [];
  return db
    .selectFrom('inbox_subjects')
    .innerJoin('inbox', 'inbox.id', 'inbox_subjects.inbox_id')
    .select(['inbox.id', 'inbox.status'])
    .distinct()
    .select('inbox.received_at')
    .where('inbox_subjects.kind', '=', kind)
    .where('inbox_subjects.provider', '=', provider)
    .where('inbox_subjects.external_id', 'in', externalIds)
    .orderBy('inbox.received_at')
    .orderBy('inbox.id')
    .limit(limit)
    .execute();
}
