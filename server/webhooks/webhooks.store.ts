import type { Selectable } from 'kysely';
import { insertedOnce, isReferenceMissing, type Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

export type Endpoint = Selectable<Schema['webhook_endpoints']>;
export type Message = Selectable<Schema['webhook_messages']>;
export type Delivery = Selectable<Schema['webhook_deliveries']>;

/** False when there is an endpoint with this id already. */
export function insertEndpoint(db: Db, endpoint: Endpoint): Promise<boolean> {
  return insertedOnce(db.insertInto('webhook_endpoints').values(endpoint).execute());
}

export function findEndpoint(db: Db, id: string): Promise<Endpoint | undefined> {
  return db.selectFrom('webhook_endpoints').selectAll().where('id', '=', id).executeTakeFirst();
}

/** False when there is no such endpoint. The row is held until the transaction ends. */
export async function updateEndpoint(db: Db, id: string, changes: Partial<Endpoint>): Promise<boolean> {
  const { numUpdatedRows } = await db.updateTable('webhook_endpoints').set(changes).where('id', '=', id).executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Disables an endpoint that is enabled; false when it is not. */
export async function disableEnabledEndpoint(db: Db, id: string, reason: string, now: number): Promise<boolean> {
  const changes = { disabled_at: now, disabled_reason: reason, updated_at: now };
  const { numUpdatedRows } = await db.updateTable('webhook_endpoints').set(changes).where('id', '=', id).where('disabled_at', 'is', null).executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Deletes an endpoint with its deliveries. */
export async function deleteEndpointRows(db: Db, id: string): Promise<void> {
  await db.deleteFrom('webhook_deliveries').where('endpoint_id', '=', id).execute();
  await db.deleteFrom('webhook_endpoints').where('id', '=', id).execute();
}

export function listEnabledEndpoints(db: Db): Promise<Pick<Endpoint, 'id' | 'events'>[]> {
  return db.selectFrom('webhook_endpoints').select(['id', 'events']).where('disabled_at', 'is', null).orderBy('id').execute();
}

/** False when this cause has its message of this type already. */
export function insertMessage(db: Db, message: Message): Promise<boolean> {
  return insertedOnce(db.insertInto('webhook_messages').values(message).execute());
}

/** Adds a delivery; false when its endpoint has just been deleted, which must not fail the transaction of whatever causes the message. */
export async function insertDelivery(db: Db, delivery: Delivery): Promise<boolean> {
  try {
    await db.insertInto('webhook_deliveries').values(delivery).execute();
    return true;
  } catch (error) {
    if (isReferenceMissing(error)) return false;
    throw error;
  }
}

/** A delivery with its message and the endpoint that it goes to. */
export async function findDeliveryToSend(db: Db, id: string): Promise<{ delivery: Delivery; message: Message; endpoint: Endpoint } | undefined> {
  const delivery = await db.selectFrom('webhook_deliveries').selectAll().where('id', '=', id).executeTakeFirst();
  if (!delivery) return undefined;
  const message = await db.selectFrom('webhook_messages').selectAll().where('id', '=', delivery.message_id).executeTakeFirst();
  const endpoint = await findEndpoint(db, delivery.endpoint_id);
  return message && endpoint && { delivery, message, endpoint };
}

/** Counts an attempt; false when the delivery has changed since it was read. */
export async function countAttempt(db: Db, { id, status, attempts }: Delivery, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db.updateTable('webhook_deliveries').set({ attempts: attempts + 1, updated_at: now }).where('id', '=', id).where('status', '=', status).where('attempts', '=', attempts).executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Writes the outcome of the attempt of this number, unless the delivery has been asked for anew while it ran. */
export async function recordAttempt(db: Db, id: string, attempt: number, outcome: Partial<Delivery>): Promise<void> {
  await db.updateTable('webhook_deliveries').set(outcome).where('id', '=', id).where('attempts', '=', attempt).execute();
}

/** Begins a delivery anew, from its first attempt; false when there is none. */
export async function restartDelivery(db: Db, id: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db.updateTable('webhook_deliveries').set({ status: 'queued', attempts: 0, delivered_at: null, updated_at: now }).where('id', '=', id).executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Gives a delivery up that is still under way. */
export async function failDelivery(db: Db, id: string, problem: Pick<Delivery, 'last_error' | 'reason_codes'>, now: number): Promise<void> {
  await db.updateTable('webhook_deliveries').set({ status: 'failed', ...problem, updated_at: now }).where('id', '=', id).where('status', '=', 'queued').execute();
}

/** Deletes messages from before a moment, with their deliveries. */
export async function deleteMessagesBefore(db: Db, moment: number): Promise<void> {
  const old = db.selectFrom('webhook_messages').select('id').where('created_at', '<', moment);
  await db.deleteFrom('webhook_deliveries').where('message_id', 'in', old).execute();
  await db.deleteFrom('webhook_messages').where('created_at', '<', moment).execute();
}

export function listEndpointsUnderOtherKeys(db: Db, keyId: string, limit: number): Promise<Pick<Endpoint, 'id' | 'key_id' | 'secret_cipher'>[]> {
  return db.selectFrom('webhook_endpoints').select(['id', 'key_id', 'secret_cipher']).where('key_id', '!=', keyId).orderBy('id').limit(limit).execute();
}

/** Replaces the ciphertext of an endpoint's secrets if it is still under the key that was read. */
export async function replaceSecretCipher(db: Db, id: string, oldKeyId: string, sealed: { keyId: string; cipher: Uint8Array }): Promise<void> {
  await db.updateTable('webhook_endpoints').set({ key_id: sealed.keyId, secret_cipher: sealed.cipher }).where('id', '=', id).where('key_id', '=', oldKeyId).execute();
}
