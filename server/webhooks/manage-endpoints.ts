import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { enqueueJob, runAgain } from '../jobs/enqueue.ts';
import type { Vault } from '../vault.ts';
import { emitTestWebhook, sendWebhookKey } from './emit-webhook.ts';
import { addSecret } from './endpoint-secrets.ts';
import { parseEvents } from './webhook-types.rules.ts';
import { deleteEndpointRows, disableEnabledEndpoint, findDeliveryToSend, findEndpoint, insertEndpoint, restartDelivery, updateEndpoint, type Endpoint } from './webhooks.store.ts';

/** `url` as checkPublicUrl gives it; `events` are types, or `*` alone. */
export type EndpointInput = { url: string; description: string | null; events: string[] };

/** Adds an endpoint under an id that the caller has chosen, enabled. Returns its secret, which is shown this once; undefined when the id is taken, because the same form came twice. */
export function addEndpoint(db: Db, vault: Vault, id: string, { url, description, events }: EndpointInput, by: Actor, now: number): Promise<string | undefined> {
  const { secret, columns } = addSecret(vault, id, undefined, now);
  return transact(db, async (trx) => {
    const endpoint: Endpoint = { id, url, description, events: JSON.stringify(events), ...columns, disabled_at: null, disabled_reason: null, created_at: now, updated_at: now };
    if (!(await insertEndpoint(trx, endpoint))) return undefined;
    await recordAudit(trx, by, { action: 'webhook.created', entity: 'webhook', entityId: id, after: visible(endpoint) }, now);
    return secret;
  });
}

/** Changes where an endpoint is and what it wants. Throws NOT_FOUND. */
export async function changeEndpoint(db: Db, id: string, { url, description, events }: EndpointInput, by: Actor, now: number): Promise<void> {
  await change(db, id, 'webhook.changed', by, now, () => ({ url, description, events: JSON.stringify(events) }));
}

/** Lets an endpoint be told of events again. What it has missed can be delivered again by hand. Throws NOT_FOUND. */
export async function enableEndpoint(db: Db, id: string, by: Actor, now: number): Promise<void> {
  await change(db, id, 'webhook.enabled', by, now, () => ({ disabled_at: null, disabled_reason: null }));
}

/** Ends that an endpoint is told of events; what is under way to it fails. Repeating it changes nothing. */
export function disableEndpoint(db: Db, id: string, by: Actor, now: number): Promise<void> {
  return transact(db, async (trx) => {
    if (await disableEnabledEndpoint(trx, id, 'by_hand', now)) await recordAudit(trx, by, { action: 'webhook.disabled', entity: 'webhook', entityId: id }, now);
  });
}

/** Gives an endpoint a new secret and returns it; the old one signs beside it for a day. Throws NOT_FOUND. */
export async function rotateSecret(db: Db, vault: Vault, id: string, by: Actor, now: number): Promise<string> {
  let made = '';
  await change(db, id, 'webhook.secret_rotated', by, now, (endpoint) => {
    const { secret, columns } = addSecret(vault, id, endpoint, now);
    made = secret;
    return columns;
  });
  return made;
}

/** Deletes an endpoint with its log; what was under way to it is not sent. Repeating it changes nothing. */
export function deleteEndpoint(db: Db, id: string, by: Actor, now: number): Promise<void> {
  return transact(db, async (trx) => {
    // Holds the row, so that no delivery is added between the two deletions.
    await updateEndpoint(trx, id, { updated_at: now });
    const endpoint = await findEndpoint(trx, id);
    if (!endpoint) return;
    await deleteEndpointRows(trx, id);
    await recordAudit(trx, by, { action: 'webhook.deleted', entity: 'webhook', entityId: id, before: visible(endpoint) }, now);
  });
}

/** Sends the test event to an endpoint; returns the id of the delivery. Throws CONFLICT when the endpoint is disabled or gone. */
export function sendTestEvent(db: Db, id: string, by: Actor, now: number): Promise<string> {
  return transact(db, async (trx) => {
    const endpoint = await findEndpoint(trx, id);
    const deliveryId = endpoint?.disabled_at === null ? await emitTestWebhook(trx, id, now) : undefined;
    if (deliveryId === undefined) throw new AppError('CONFLICT', 'The endpoint is disabled. Enable it first.');
    await recordAudit(trx, by, { action: 'webhook.tested', entity: 'webhook', entityId: id }, now);
    return deliveryId;
  });
}

/** Delivers a message once more, at once and from the first attempt, also when it was delivered before. Throws NOT_FOUND, and CONFLICT when the endpoint is disabled. */
export function redeliverWebhook(db: Db, deliveryId: string, by: Actor, now: number): Promise<void> {
  return transact(db, async (trx) => {
    const isKnown = await restartDelivery(trx, deliveryId, now);
    const found = isKnown ? await findDeliveryToSend(trx, deliveryId) : undefined;
    if (!found) throw new AppError('NOT_FOUND', 'There is no such delivery.');
    if (found.endpoint.disabled_at !== null) throw new AppError('CONFLICT', 'The endpoint is disabled. Enable it first.');
    const key = sendWebhookKey(deliveryId);
    if (!(await runAgain(trx, key, now))) await enqueueJob(trx, { kind: 'send-webhook', payload: { deliveryId }, dedupeKey: key }, now);
    await recordAudit(trx, by, { action: 'webhook.redelivered', entity: 'webhook', entityId: found.endpoint.id, after: { message_id: found.message.id, type: found.message.type } }, now);
  });
}

function change(db: Db, id: string, action: string, by: Actor, now: number, changesOf: (endpoint: Endpoint) => Partial<Endpoint>): Promise<void> {
  return transact(db, async (trx) => {
    await updateEndpoint(trx, id, { updated_at: now });
    const before = await findEndpoint(trx, id);
    if (!before) throw new AppError('NOT_FOUND', 'There is no such endpoint.');
    const changes = changesOf(before);
    await updateEndpoint(trx, id, changes);
    await recordAudit(trx, by, { action, entity: 'webhook', entityId: id, before: visible(before), after: visible({ ...before, ...changes }) }, now);
  });
}

/** What the audit log says of an endpoint: its host alone, since the rest of an address is a secret at many receivers. */
function visible({ url, description, events, disabled_at }: Endpoint): Record<string, unknown> {
  return { host: new URL(url).host, description, events: parseEvents(events), is_enabled: disabled_at === null };
}
