import type { Selectable } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

const scope = 'dashboard-license';
const created = 201;
const shown = 200;

/** The form's own id -> the licence it made. Throws the duplicate-key error when the form was sent already. */
export async function insertCreation(db: Db, { formId, requestDigest, keyId, cipher }: { formId: string; requestDigest: Uint8Array; keyId: string; cipher: Uint8Array }, now: number): Promise<void> {
  await db
    .insertInto('idempotency_keys')
    .values({ scope, idempotency_key: formId, request_digest: requestDigest, status: created, key_id: keyId, response_cipher: cipher, created_at: now })
    .execute();
}

export function findCreation(db: Db, formId: string): Promise<Selectable<Schema['idempotency_keys']> | undefined> {
  return db.selectFrom('idempotency_keys').selectAll().where('scope', '=', scope).where('idempotency_key', '=', formId).executeTakeFirst();
}

/** True for the first who asks. */
export async function markShown(db: Db, formId: string): Promise<boolean> {
  const { numUpdatedRows } = await db.updateTable('idempotency_keys').set({ status: shown }).where('scope', '=', scope).where('idempotency_key', '=', formId).where('status', '=', created).executeTakeFirst();
  return numUpdatedRows > 0n;
}
