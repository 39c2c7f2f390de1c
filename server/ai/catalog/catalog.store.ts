import type { Selectable } from 'kysely';
import { insertedOnce, preparedRead, type Db } from '../../db/database.ts';
import type { Schema } from '../../db/schema.ts';

export type ProviderRow = Selectable<Schema['ai_providers']>;
export type AliasRow = Selectable<Schema['model_aliases']>;
export type PriceVersionRow = Selectable<Schema['price_versions']>;
export type PriceRow = Selectable<Schema['model_prices']>;

const providersQuery = preparedRead<ProviderRow, []>((db) => db.selectFrom('ai_providers').selectAll().orderBy('position').orderBy('name').compile());
const aliasesQuery = preparedRead<AliasRow, []>((db) => db.selectFrom('model_aliases').selectAll().orderBy('alias').orderBy('position').compile());
const versionsQuery = preparedRead<PriceVersionRow, []>((db) => db.selectFrom('price_versions').selectAll().orderBy('valid_from').orderBy('created_at').orderBy('version').compile());
const pricesQuery = preparedRead<PriceRow, [version: string]>((db) => db.selectFrom('model_prices').selectAll().where('version', '=', '').orderBy('provider').orderBy('model').orderBy('service_tier').orderBy('min_input_tokens').compile());

/** In the order in which they are preferred. */
export function listProviders(db: Db): Promise<ProviderRow[]> {
  return providersQuery(db, []);
}

export function listAliases(db: Db): Promise<AliasRow[]> {
  return aliasesQuery(db, []);
}

/** In the order of their validity: the last one that has begun is in force. */
export function listPriceVersions(db: Db): Promise<PriceVersionRow[]> {
  return versionsQuery(db, []);
}

export function listPrices(db: Db, version: string): Promise<PriceRow[]> {
  return pricesQuery(db, [version]);
}

/** False when there is a version of this name already. */
export async function insertPriceVersion(db: Db, version: PriceVersionRow): Promise<boolean> {
  return insertedOnce(db.insertInto('price_versions').values(version).execute());
}

const rowsAtOnce = 50;

export async function insertPrices(db: Db, prices: PriceRow[]): Promise<void> {
  for (let start = 0; start < prices.length; start += rowsAtOnce) await db.insertInto('model_prices').values(prices.slice(start, start + rowsAtOnce)).execute();
}

export async function insertAliasTargets(db: Db, targets: AliasRow[]): Promise<void> {
  await db.insertInto('model_aliases').values(targets).execute();
}

export async function deleteAlias(db: Db, alias: string): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('model_aliases').where('alias', '=', alias).executeTakeFirst();
  return numDeletedRows > 0n;
}

export function findProvider(db: Db, name: string): Promise<ProviderRow | undefined> {
  return db.selectFrom('ai_providers').selectAll().where('name', '=', name).executeTakeFirst();
}

export async function insertProvider(db: Db, provider: ProviderRow): Promise<void> {
  await db.insertInto('ai_providers').values(provider).execute();
}

export async function updateProvider(db: Db, id: string, changes: Partial<ProviderRow>): Promise<void> {
  await db.updateTable('ai_providers').set(changes).where('id', '=', id).execute();
}

export async function deleteProvider(db: Db, id: string): Promise<void> {
  await db.deleteFrom('ai_providers').where('id', '=', id).execute();
}

export function listProvidersUnderOtherKeys(db: Db, keyId: string, limit: number): Promise<ProviderRow[]> {
  return db.selectFrom('ai_providers').selectAll().where('key_id', 'is not', null).where('key_id', '!=', keyId).limit(limit).execute();
}

/** Puts another ciphertext of the same key in the place of `from`; nothing happens when somebody else was first. */
export async function replaceProviderKeyCipher(db: Db, id: string, from: string, sealed: { keyId: string; cipher: Uint8Array }): Promise<void> {
  await db.updateTable('ai_providers').set({ key_cipher: sealed.cipher, key_id: sealed.keyId }).where('id', '=', id).where('key_id', '=', from).execute();
}
