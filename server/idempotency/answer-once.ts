import { othersTurn } from '../others-turn.ts';
import { z } from 'zod';
import { transact, type Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import type { Vault } from '../vault.ts';
import { deleteAnswer, findAnswer, insertAnswer, listAnswersAfter, listAnswersUnderOtherKeys, replaceAnswerCipher, updateAnswer, type AnswerId, type StoredAnswer } from './idempotency.store.ts';

/** The header of writes that may be repeated safely. */
export const idempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x20-\x7e]{1,190}$/, 'must be 1 to 190 printable ASCII characters')
    .optional()
    .meta({ description: 'A key of your choice, one for each intended write. Repeated within two days with the same body it brings the first answer again, with `Idempotent-Replayed: true`.' }),
});

/** In the place of the status of an answer that is not kept any more. */
const erasedStatus = 410;
/** Each has to be opened. */
const answersAtOnce = 100;

type Answer = { status: number; body: unknown };
type Request = {
  /** Operation and token: keys of different callers or endpoints have nothing to do with each other. At most 64 characters. */
  scope: string;
  key: string | undefined;
  body: unknown;
};

/**
 * Runs `work` in one transaction and answers with its result; under a key that was used before, with the first answer, without running it.
 * Two at once run one after the other. An error undoes everything, so the key stays free for another attempt.
 * The answer may hold a licence key: it is stored sealed, in the transaction of the write. Throws IDEMPOTENCY_KEY_REUSED for a key with another body.
 */
export function answerOnce(db: Db, vault: Vault, { scope, key, body }: Request, now: number, work: (trx: Db) => Promise<Answer>): Promise<Answer & { headers?: Record<string, string> }> {
  return transact(db, async (trx) => {
    if (key === undefined) return work(trx);
    const id: AnswerId = { scope, idempotency_key: key };
    const digest = vault.digest(`idempotency\n${JSON.stringify(body)}`);
    const isFirst = await insertAnswer(trx, { ...id, request_digest: digest, status: 0, key_id: vault.currentKeyId, response_cipher: new Uint8Array(0), created_at: now });
    if (isFirst) {
      const answer = await work(trx);
      const { keyId, cipher } = vault.seal(JSON.stringify(answer.body), answerAad(id));
      await updateAnswer(trx, id, { status: answer.status, key_id: keyId, response_cipher: cipher });
      return answer;
    }
    const stored = await findAnswer(trx, id);
    if (!stored) throw new AppError('BUSY', 'The first request with this Idempotency-Key has just been cleared away. Send it again.', { retryAfterSeconds: 1 });
    if (!digest.equals(stored.request_digest)) {
      throw new AppError('IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used with another body. Use a new key for another request.', { field: 'headers.idempotency-key' });
    }
    if (stored.status === erasedStatus) throw new AppError('IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used; the answer has been erased with the customer it was about. Nothing was done again.', { field: 'headers.idempotency-key' });
    const first = vault.open({ keyId: stored.key_id, cipher: stored.response_cipher }, answerAad(id));
    return { status: stored.status, body: JSON.parse(first) as unknown, headers: { 'Idempotent-Replayed': 'true' } };
  });
}

/** Whether a text tells of somebody. */
type Tells = Record<'ofKey' | 'ofAnswer', (text: string) => boolean>;

/**
 * Erases the answers that tell of somebody, in slices. The keys stay taken, so that a request that is repeated is refused and not done again;
 * only a key that tells of them itself goes too.
 */
export async function eraseAnswers(db: Db, vault: Vault, tells: Tells): Promise<void> {
  for (let after: AnswerId | undefined, isMore = true; isMore; await othersTurn()) {
    const from = after;
    const answers = await transact(db, async (trx) => {
      const slice = await listAnswersAfter(trx, from, answersAtOnce);
      for (const answer of slice) await eraseAnswer(trx, vault, answer, tells);
      return slice;
    });
    after = answers.at(-1);
    isMore = answers.length === answersAtOnce;
  }
}

async function eraseAnswer(db: Db, vault: Vault, answer: StoredAnswer, { ofKey, ofAnswer }: Tells): Promise<void> {
  if (ofKey(answer.idempotency_key)) return deleteAnswer(db, answer);
  if (!ofAnswer(vault.open({ keyId: answer.key_id, cipher: answer.response_cipher }, answerAad(answer)))) return;
  const { keyId, cipher } = vault.seal('null', answerAad(answer));
  await updateAnswer(db, answer, { status: erasedStatus, key_id: keyId, response_cipher: cipher });
}

/** Whether a request under this key was answered before. */
export async function hasAnswer(db: Db, id: AnswerId): Promise<boolean> {
  return (await findAnswer(db, id)) !== undefined;
}

/** Seals up to `limit` answers anew that are under an older key; returns how many there were. */
export function resealAnswers(db: Db, vault: Vault, limit: number): Promise<number> {
  return transact(db, async (trx) => {
    const answers = await listAnswersUnderOtherKeys(trx, vault.currentKeyId, limit);
    for (const answer of answers) {
      const text = vault.open({ keyId: answer.key_id, cipher: answer.response_cipher }, answerAad(answer));
      await replaceAnswerCipher(trx, answer, vault.seal(text, answerAad(answer)));
    }
    return answers.length;
  });
}

function answerAad({ scope, idempotency_key }: AnswerId): string {
  return `idempotency_keys.response_cipher.${scope}.${idempotency_key}`;
}
