import type { Selectable } from 'kysely';
import { insertedOnce, preparedRead, type Db } from '../../db/database.ts';
import type { Schema } from '../../db/schema.ts';

export type CachedRow = Selectable<Schema['response_cache']>;

const anyBytes = new Uint8Array(0);
const live = preparedRead<CachedRow, [licenseId: string, digest: Uint8Array, expiresAfter: number, createdAfter: number]>((db) =>
  db.selectFrom('response_cache').selectAll().where('license_id', '=', '').where('digest', '=', anyBytes).where('expires_at', '>', 0).where('created_at', '>', 0).compile(),
);

/** An answer that has not expired and was made after a moment. */
export async function findCached(db: Db, licenseId: string, digest: Uint8Array, now: number, createdAfter: number): Promise<CachedRow | undefined> {
  const rows = await live(db, [licenseId, digest, now, createdAfter]);
  return rows[0];
}

/** Keeps an answer in place of an older one to the same request. */
export async function putCached(db: Db, row: CachedRow): Promise<void> {
  if (await insertedOnce(db.insertInto('response_cache').values(row).execute())) return;
  const { license_id, digest, ...changes } = row;
  await db.updateTable('response_cache').set(changes).where('license_id', '=', license_id).where('digest', '=', digest).execute();
}

/** Deletes the oldest answers of a licence that are more than `most`. */
export async function dropOldest(db: Db, licenseId: string, most: number): Promise<void> {
  const rows = await db.selectFrom('response_cache').select('digest').where('license_id', '=', licenseId).orderBy('created_at', 'desc').orderBy('digest').limit(100).offset(most).execute();
  if (rows.length > 0) await db.deleteFrom('response_cache').where('license_id', '=', licenseId).where('digest', 'in', rows.map(({ digest }) => digest)).execute();
}

/** Answers that are sealed under another key than this one. */
export function listCachedUnderOtherKeys(db: Db, keyId: string, limit: number): Promise<Pick<CachedRow, 'license_id' | 'digest'>[]> {
  return db.selectFrom('response_cache').select(['license_id', 'digest']).where('key_id', '!=', keyId).limit(limit).execute();
}

export async function deleteCached(db: Db, { license_id, digest }: Pick<CachedRow, 'license_id' | 'digest'>): Promise<void> {
  await db.deleteFrom('response_cache').where('license_id', '=', license_id).where('digest', '=', digest).execute();
}
