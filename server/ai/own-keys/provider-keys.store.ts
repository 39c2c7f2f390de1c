import type { Selectable } from 'kysely';
import { insertedOnce, type Db } from '../../db/database.ts';
import type { Schema } from '../../db/schema.ts';

export type ProviderKey = Selectable<Schema['provider_keys']>;
/** Which key: a licence has one for each provider. */
export type KeyPlace = Pick<ProviderKey, 'license_id' | 'provider'>;

export function listKeys(db: Db, licenseId: string): Promise<ProviderKey[]> {
  return db.selectFrom('provider_keys').selectAll().where('license_id', '=', licenseId).orderBy('provider').execute();
}

/** Puts a key in its place, whether there was one before or not; two at once leave one of them. */
export async function putKey(db: Db, { id, created_at, ...key }: ProviderKey): Promise<void> {
  const update = () => db.updateTable('provider_keys').set(key).where('license_id', '=', key.license_id).where('provider', '=', key.provider).executeTakeFirst();
  if ((await update()).numUpdatedRows > 0n) return;
  if (!(await insertedOnce(db.insertInto('provider_keys').values({ id, created_at, ...key }).execute()))) await update();
}

/** False when there was none. */
export async function deleteKey(db: Db, { license_id, provider }: KeyPlace): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('provider_keys').where('license_id', '=', license_id).where('provider', '=', provider).executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Keys that are sealed under another encryption key than this one. */
export function listKeysUnderOtherKeys(db: Db, keyId: string, limit: number): Promise<ProviderKey[]> {
  return db.selectFrom('provider_keys').selectAll().where('key_id', '!=', keyId).orderBy('license_id').orderBy('provider').limit(limit).execute();
}

/** Replaces a ciphertext if it is still the one that was read. */
export async function replaceKeyCipher(db: Db, { id, key_id, updated_at }: ProviderKey, sealed: { keyId: string; cipher: Uint8Array }): Promise<void> {
  await db.updateTable('provider_keys').set({ key_id: sealed.keyId, key_cipher: sealed.cipher }).where('id', '=', id).where('key_id', '=', key_id).where('updated_at', '=', updated_at).execute();
}
