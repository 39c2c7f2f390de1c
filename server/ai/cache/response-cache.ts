import { hash } from 'node:crypto';
import { transact, type Db } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { errorText } from '../../errors.ts';
import type { Vault } from '../../vault.ts';
import type { KeptAnswer } from './record-answer.ts';
import { deleteCached, dropOldest, findCached, listCachedUnderOtherKeys, putCached } from './response-cache.store.ts';

type CacheDeps = Pick<Deps, 'db' | 'vault' | 'log' | 'now'>;
/** Where an answer is kept. */
export type CachePlace = { licenseId: string; digest: Buffer; provider: string; model: string; seconds: number };
/** All that an answer depends on. The bytes are those of the caller, with the owner's rules in front; `maxOutput` is told to the provider besides. */
export type CacheKey = { endpoint: string; protocol: string; query: string; headers: Record<string, unknown>; provider: string; model: string; maxOutput: number | undefined; bytes: Buffer };

const mostAnswers = 500;
/** They change what a provider answers. */
const telling = ['anthropic-version', 'anthropic-beta', 'openai-beta'];

/** What the answers to a request of a licence are kept under. Keyed, so that nobody who reads the table can try questions on it. */
export function cacheDigest(vault: Vault, licenseId: string, { endpoint, protocol, query, headers, provider, model, maxOutput, bytes }: CacheKey): Buffer {
  return vault.digest(`response-cache ${JSON.stringify([licenseId, endpoint, protocol, query, telling.map((name) => headers[name] ?? null), provider, model, maxOutput ?? null, hash('sha256', bytes, 'hex')])}`);
}

/** The answer that is kept at this place, if its time is not over by the owner's present setting. An answer that cannot be opened counts as none. */
export async function findAnswer({ db, vault, log, now }: CacheDeps, place: CachePlace): Promise<KeptAnswer | undefined> {
  const row = await findCached(db, place.licenseId, place.digest, now(), now() - place.seconds * 1000);
  if (!row) return undefined;
  try {
    return { contentType: row.content_type, bytes: Buffer.from(vault.open({ keyId: row.key_id, cipher: row.answer_cipher }, answerAad(place))) };
  } catch (error) {
    log.warn({ license_id: place.licenseId, detail: errorText(error) }, 'a cached answer could not be opened');
    return undefined;
  }
}

/** Keeps an answer; the oldest of the licence make room. It has been sent already, so that a failure here is for the log alone. */
export async function keepAnswer({ db, vault, log, now }: CacheDeps, place: CachePlace, { contentType, bytes }: KeptAnswer): Promise<void> {
  const { licenseId, digest, provider, model, seconds } = place;
  const { keyId, cipher } = vault.seal(bytes.toString(), answerAad(place));
  const row = { license_id: licenseId, digest, content_type: contentType, provider, model: model.slice(0, 120), answer_cipher: cipher, key_id: keyId, bytes: bytes.length, created_at: now(), expires_at: now() + seconds * 1000 };
  try {
    await transact(db, async (trx) => {
      await putCached(trx, row);
      await dropOldest(trx, licenseId, mostAnswers);
    }, 'unsynced');
  } catch (error) {
    log.warn({ license_id: licenseId, detail: errorText(error) }, 'an answer could not be cached');
  }
}

/** Deletes up to `limit` answers that are sealed under an older encryption key: they will be asked for again. Returns how many there were. */
export function dropAnswersUnderOldKeys(db: Db, vault: Vault, limit: number): Promise<number> {
  return transact(db, async (trx) => {
    const rows = await listCachedUnderOtherKeys(trx, vault.currentKeyId, limit);
    for (const row of rows) await deleteCached(trx, row);
    return rows.length;
  });
}

function answerAad({ licenseId, digest }: Pick<CachePlace, 'licenseId' | 'digest'>): string {
  return `response_cache.answer_cipher.${licenseId}.${digest.toString('hex')}`;
}
