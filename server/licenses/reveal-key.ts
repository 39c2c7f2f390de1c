import type { Scope } from '../access/scope.ts';
import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import type { Vault } from '../vault.ts';
import { licenseKeyAad } from './issue-license.ts';
import { findSealedKey } from './licenses.store.ts';

/** The whole key of a licence within the scope. That it was shown, and to whom, is in the audit log. Throws NOT_FOUND. */
export function revealKey(db: Db, vault: Vault, id: string, scope: Scope, by: Actor, now: number): Promise<string> {
  return transact(db, async (trx) => {
    const sealed = await findSealedKey(trx, id, scope);
    if (!sealed) throw new AppError('NOT_FOUND', 'There is no licence with this id.', { field: 'path.id' });
    await recordAudit(trx, by, { action: 'license.key_shown', entity: 'license', entityId: id }, now);
    return vault.open({ keyId: sealed.key_id, cipher: sealed.key_cipher }, licenseKeyAad(id));
  });
}
