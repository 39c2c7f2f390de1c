import type { Selectable } from 'kysely';
import { insertedOnce, type Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

export type StoredAnswer = Selectable<Schema['idempotency_keys']>;
export type AnswerId = Pick<StoredAnswer, 'scope' | 'idempotency_key'>;

/** Takes a key for the running transaction. Waits for another one that has just taken it; false when that one was committed. */
export function insertAnswer(db: Db, answer: StoredAnswer): Promise<boolean> {
  return insertedOnce(db.insertInto('idempotency_keys').values(answer).execute());
}

export function findAnswer(db: Db, { scope, idempotency_key }: AnswerId): Promise<StoredAnswer | undefined> {
  return db.selectFrom('idempotency_keys').selectAll().where('scope', '=', scope).where('idempotency_key', '=', idempotency_key).executeTakeFirst();
}

export async function updateAnswer(db: Db, { scope, idempotency_key }: AnswerId, changes: Pick<StoredAnswer, 'status' | 'key_id' | 'response_cipher'>): Promise<void> {
  await db.updateTable('idempotency_keys').set(changes).where('scope', '=', scope).where('idempotency_key', '=', idempotency_key).execute();
}

/** The next answers after one, in the order of their keys. */
export function listAnswersAfter(db: Db, after: AnswerId | undefined, limit: number): Promise<StoredAnswer[]> {
  let query = db.selectFrom('idempotency_keys').selectAll();
  if (after) query = query.where('scope', '>=', after.scope).where((eb) => eb.or([eb('scope', '>', after.scope), eb('idempotency_key', '>', after.idempotency_key)]));
  return query.orderBy('scope').orderBy('idempotency_key').limit(limit).execute();
}

export async function deleteAnswer(db: Db, { scope, idempotency_key }: AnswerId): Promise<void> {
  await db.deleteFrom('idempotency_keys').where('scope', '=', scope).where('idempotency_key', '=', idempotency_key).execute();
}

/** Answers that are sealed under another key than this one. */
export function listAnswersUnderOtherKeys(db: Db, keyId: string, limit: number): Promise<StoredAnswer[]> {
  return db.selectFrom('idempotency_keys').selectAll().where('key_id', '!=', keyId).orderBy('scope').orderBy('idempotency_key').limit(limit).execute();
}

/** Replaces the ciphertext of an answer if it is still the one that was read. */
export async function replaceAnswerCipher(db: Db, answer: StoredAnswer, sealed: { keyId: string; cipher: Uint8Array }): Promise<void> {
  await db
    .updateTable('idempotency_keys')
    .set({ key_id: sealed.keyId, response_cipher: sealed.cipher })
    .where('scope', '=', answer.scope)
    .where('idempotency_key', '=', answer.idempotency_key)
    .where('key_id', '=', answer.key_id)
    .execute();
}
