import { recordAudit, type Actor } from '../../audit/record-audit.ts';
import { transact, type Db } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { checkPublicUrl } from '../../http/public-address.ts';
import { newId } from '../../ids.ts';
import { keyHint, ownProviders, type OwnProviderName } from './own-providers.rules.ts';
import { deleteKey, listKeys, putKey, type ProviderKey } from './provider-keys.store.ts';
import { sealProviderKey } from './seal-provider-key.ts';
import { testKey } from './test-key.ts';

/** `baseUrl` undefined: where the provider itself is. */
export type NewKey = { licenseId: string; provider: OwnProviderName; apiKey: string; baseUrl: string | undefined };
/** What may be told of a stored key. */
export type KeyFacts = Omit<ProviderKey, 'key_cipher' | 'key_id'>;

/** The keys of a licence, without the keys themselves. */
export async function readProviderKeys(db: Db, licenseId: string): Promise<KeyFacts[]> {
  return (await listKeys(db, licenseId)).map(({ key_cipher: _cipher, key_id: _keyId, ...facts }) => facts);
}

/**
 * Tests a customer's key at its provider and stores it sealed in place of the one before. Nothing is stored when it fails; no transaction is
 * open while the provider is asked. Throws INVALID_REQUEST for an address that leads nowhere or into a private network, and what testKey throws.
 */
export async function saveProviderKey({ config, db, vault, now }: Pick<Deps, 'config' | 'db' | 'vault' | 'now'>, { licenseId, provider, apiKey, baseUrl }: NewKey, by: Actor): Promise<KeyFacts> {
  const own = baseUrl === undefined ? undefined : ownAddress(baseUrl, config.ALLOWED_PRIVATE_HOSTS);
  const address = own ?? ownProviders[provider].baseUrl;
  if (address === undefined) throw new AppError('INVALID_REQUEST', 'body.base_url: say where your server is, like https://ai.example.com/v1', { field: 'body.base_url' });
  await testKey(config, { provider, apiKey, baseUrl: address, isOwnAddress: own !== undefined });
  const at = now();
  const facts: KeyFacts = { id: newId(), license_id: licenseId, provider, base_url: own ?? null, key_hint: keyHint(apiKey), tested_at: at, created_at: at, updated_at: at };
  return transact(db, async (trx) => {
    await putKey(trx, { ...facts, ...sealProviderKey(vault, facts, apiKey) });
    await recordAudit(trx, by, { action: 'license.provider_key_saved', entity: 'license', entityId: licenseId, after: { provider, base_url: facts.base_url } }, at);
    const saved = (await readProviderKeys(trx, licenseId)).find((key) => key.provider === provider);
    if (!saved) throw new Error('a provider key has vanished within a transaction');
    return saved;
  });
}

/** Forgets the key of a licence at a provider; false when there was none. `now` in epoch ms. */
export function removeProviderKey(db: Db, licenseId: string, provider: OwnProviderName, by: Actor, now: number): Promise<boolean> {
  return transact(db, async (trx) => {
    const removed = await deleteKey(trx, { license_id: licenseId, provider });
    if (removed) await recordAudit(trx, by, { action: 'license.provider_key_removed', entity: 'license', entityId: licenseId, before: { provider } }, now);
    return removed;
  });
}

function ownAddress(text: string, allowed: Deps['config']['ALLOWED_PRIVATE_HOSTS']): string {
  const { origin, pathname, search } = checkPublicUrl(text, 'body.base_url', allowed);
  if (search !== '') throw new AppError('INVALID_REQUEST', 'body.base_url: must not have a question mark; the paths of the API are put behind it', { field: 'body.base_url' });
  return origin + pathname.replace(/\/+$/, '');
}
