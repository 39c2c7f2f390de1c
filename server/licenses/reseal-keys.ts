import { transact, type Db } from '../db/database.ts';
import type { Vault } from '../vault.ts';
import { licenseKeyAad } from './issue-license.ts';
import { countLicensesUnderOtherKeys, listLicensesUnderOtherKeys, replaceKeyCipher } from './licenses.store.ts';

/** How many licence keys are sealed under an older encryption key. */
export function countKeysToReseal(db: Db, vault: Vault): Promise<number> {
  return countLicensesUnderOtherKeys(db, vault.currentKeyId);
}

/** Seals up to `limit` licence keys anew that are under an older encryption key; returns how many there were. Throws when that key is not configured. */
export function resealLicenseKeys(db: Db, vault: Vault, limit: number): Promise<number> {
  return transact(db, async (trx) => {
    const licenses = await listLicensesUnderOtherKeys(trx, vault.currentKeyId, limit);
    for (const { id, key_id: keyId, key_cipher: cipher } of licenses) {
      const aad = licenseKeyAad(id);
      await replaceKeyCipher(trx, id, keyId, vault.seal(vault.open({ keyId, cipher }, aad), aad));
    }
    return licenses.length;
  });
}
