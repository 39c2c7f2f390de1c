import { transact, type Db } from '../../db/database.ts';
import type { Vault } from '../../vault.ts';
import { listKeysUnderOtherKeys, replaceKeyCipher, type KeyPlace, type ProviderKey } from './provider-keys.store.ts';

/** Seals a provider key for its place; elsewhere it does not open. */
export function sealProviderKey(vault: Vault, place: KeyPlace, apiKey: string): Pick<ProviderKey, 'key_id' | 'key_cipher'> {
  const { keyId, cipher } = vault.seal(apiKey, aadOf(place));
  return { key_id: keyId, key_cipher: cipher };
}

/** The key in plain text. Throws when the encryption key is not configured, or the row was changed by other hands. */
export function openProviderKey(vault: Vault, key: ProviderKey): string {
  return vault.open({ keyId: key.key_id, cipher: key.key_cipher }, aadOf(key));
}

/** Seals up to `limit` provider keys anew that are under an older encryption key; returns how many there were. */
export function resealProviderKeys(db: Db, vault: Vault, limit: number): Promise<number> {
  return transact(db, async (trx) => {
    const keys = await listKeysUnderOtherKeys(trx, vault.currentKeyId, limit);
    for (const key of keys) await replaceKeyCipher(trx, key, vault.seal(openProviderKey(vault, key), aadOf(key)));
    return keys.length;
  });
}

// A place holds one key, whichever row it is in.
function aadOf({ license_id, provider }: KeyPlace): string {
  return `provider_keys.key_cipher.${license_id}.${provider}`;
}
