import type { Db } from '../db/database.ts';
import { newId } from '../ids.ts';
import { enqueueJob } from '../jobs/enqueue.ts';
import { testType, wants, type WebhookData, type WebhookType } from './webhook-types.rules.ts';
import { insertDelivery, insertMessage, listEnabledEndpoints } from './webhooks.store.ts';

/** An event. `cause` says what it comes from, in at most 190 characters: each cause has one message of a type, whatever is repeated. */
export type WebhookEvent = { [Type in WebhookType]: { type: Type; cause: string; data: WebhookData[Type] } }[WebhookType];

/**
 * Tells every enabled endpoint that wants this type, in the transaction of what causes it: nothing is sent of what is rolled back, and
 * nothing committed is forgotten. False when nobody wants to know, or the cause has its message already.
 */
export async function emitWebhook(db: Db, event: WebhookEvent, now: number): Promise<boolean> {
  const endpoints = (await listEnabledEndpoints(db)).filter(({ events }) => wants(events, event.type));
  return endpoints.length > 0 && sendTo(db, endpoints.map(({ id }) => id), event, now);
}

/** Sends the test event to one endpoint. Returns the id of the delivery; undefined when the endpoint is gone. */
export async function emitTestWebhook(db: Db, endpointId: string, now: number): Promise<string | undefined> {
  const messageId = await addMessage(db, { type: testType, cause: newId(), data: { message: 'This is a test. Nothing has happened.' } }, now);
  return messageId === undefined ? undefined : addDelivery(db, messageId, endpointId, now);
}

async function sendTo(db: Db, endpointIds: string[], event: WebhookEvent, now: number): Promise<boolean> {
  const messageId = await addMessage(db, event, now);
  if (messageId === undefined) return false;
  for (const endpointId of endpointIds) await addDelivery(db, messageId, endpointId, now);
  return true;
}

async function addMessage(db: Db, { type, cause, data }: { type: string; cause: string; data: object }, now: number): Promise<string | undefined> {
  const id = newId();
  const payload = JSON.stringify({ type, timestamp: new Date(now).toISOString(), data });
  return (await insertMessage(db, { id, type, cause, payload, created_at: now })) ? id : undefined;
}

async function addDelivery(db: Db, messageId: string, endpointId: string, now: number): Promise<string | undefined> {
  const id = newId();
  const isAdded = await insertDelivery(db, { id, message_id: messageId, endpoint_id: endpointId, status: 'queued', attempts: 0, last_status: null, last_error: null, reason_codes: null, created_at: now, updated_at: now, delivered_at: null });
  if (!isAdded) return undefined;
  await enqueueJob(db, { kind: 'send-webhook', payload: { deliveryId: id }, dedupeKey: sendWebhookKey(id) }, now);
  return id;
}

/** The key of the job that sends a delivery. */
export function sendWebhookKey(deliveryId: string): string {
  return `send-webhook:${deliveryId}`;
}
