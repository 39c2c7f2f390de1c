import type { Selectable } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';
import type { Endpoint } from '../webhooks/webhooks.store.ts';
import { keysetPage, type PageOf, type PageRequest } from './paging.store.ts';

export type EndpointRow = Omit<Endpoint, 'secret_cipher' | 'key_id'>;
const endpointColumns = ['id', 'url', 'description', 'events', 'disabled_at', 'disabled_reason', 'created_at', 'updated_at'] as const;

/** The endpoints of outgoing webhooks, oldest first, without their secrets. */
export function listEndpoints(db: Db): Promise<EndpointRow[]> {
  return db.selectFrom('webhook_endpoints').select(endpointColumns).orderBy('created_at').orderBy('id').execute();
}

export function findEndpointRow(db: Db, id: string): Promise<EndpointRow | undefined> {
  return db.selectFrom('webhook_endpoints').select(endpointColumns).where('id', '=', id).executeTakeFirst();
}

export type WebhookDeliveryRow = Selectable<Schema['webhook_deliveries']> & { type: string; url: string; is_disabled: number };

/** A page of the log of deliveries, to one endpoint or to all, newest first, without what was sent. */
export function listWebhookDeliveries(db: Db, endpointId: string | undefined, page: PageRequest): Promise<PageOf<WebhookDeliveryRow>> {
  const query = db.selectFrom('webhook_deliveries');
  const filtered = endpointId === undefined ? query : query.where('endpoint_id', '=', endpointId);
  return keysetPage(filtered, { at: 'webhook_deliveries.created_at', id: 'webhook_deliveries.id' }, page, (ids) => readDeliveries(db).where('webhook_deliveries.id', 'in', ids).execute());
}

/** A delivery with what is sent, and when the job that sends it runs next if one stands in the queue. */
export async function findWebhookDelivery(db: Db, id: string, jobKey: string): Promise<{ delivery: WebhookDeliveryRow & { payload: string }; nextAttemptAt: number | undefined } | undefined> {
  const delivery = await readDeliveries(db).select('webhook_messages.payload').where('webhook_deliveries.id', '=', id).executeTakeFirst();
  if (!delivery) return undefined;
  const job = await db.selectFrom('jobs').select('run_at').where('dedupe_key', '=', jobKey).where('status', '=', 'queued').executeTakeFirst();
  return { delivery, nextAttemptAt: job?.run_at };
}

function readDeliveries(db: Db) {
  return db
    .selectFrom('webhook_deliveries')
    .innerJoin('webhook_messages', 'webhook_messages.id', 'webhook_deliveries.message_id')
    .innerJoin('webhook_endpoints', 'webhook_endpoints.id', 'webhook_deliveries.endpoint_id')
    .selectAll('webhook_deliveries')
    .select(['webhook_messages.type', 'webhook_endpoints.url', (eb) => eb.case().when('webhook_endpoints.disabled_at', 'is', null).then(0).else(1).end().as('is_disabled')]);
}
