import { transact, type Db } from '../../db/database.ts';
import type { Vault } from '../../vault.ts';
import { listProvidersUnderOtherKeys, replaceProviderKeyCipher } from './catalog.store.ts';
import { providerKeyAad } from './stored-providers.ts';

/** Seals up to `limit` keys of providers anew that are under an older encryption key; returns how many there were. Throws when that key is not configured. */
export function resealAiProviders(db: Db, vault: Vault, limit: number): Promise<number> {
  return transact(db, async (trx) => {
    const rows = await listProvidersUnderOtherKeys(trx, vault.currentKeyId, limit);
    for (const { id, key_cipher: cipher, key_id: keyId } of rows) {
      if (cipher === null || keyId === null) continue;
      const aad = providerKeyAad(id);
      await replaceProviderKeyCipher(trx, id, keyId, vault.seal(vault.open({ keyId, cipher }, aad), aad));
    }
    return rows.length;
  });
}
