import { createHash } from 'node:crypto';
import type { Doer } from '../customers/create-customer.ts';
import { transact, type Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { licenseKeyAad } from '../licenses/issue-license.ts';
import { getLicense } from '../licenses/licenses.store.ts';
import { giveLicense, type GiveInput } from '../people/give-license.ts';
import type { Vault } from '../vault.ts';
import { findCreation, insertCreation, markShown } from './creations.store.ts';

/** Gives a licence by hand, once for each `formId`: the same form sent twice leads to the same licence. One transaction. Throws what giveLicense throws. */
export async function createLicense({ db, vault, config }: Pick<Deps, 'db' | 'vault' | 'config'>, formId: string, input: GiveInput, doer: Doer, now: number): Promise<void> {
  if (await findCreation(db, formId)) return;
  await transact(db, async (trx) => {
    const { license } = await giveLicense(trx, { vault, config }, input, doer, now);
    const sealed = vault.seal(license.id, creationAad(formId));
    await insertCreation(trx, { formId, requestDigest: createHash('sha256').update(JSON.stringify(input)).digest(), keyId: sealed.keyId, cipher: sealed.cipher }, now);
  });
}

/** The licence that a form made, with its key the first time that this is asked; undefined when no such form was sent. */
export async function takeCreatedLicense(db: Db, vault: Vault, formId: string): Promise<{ licenseId: string; key: string | undefined } | undefined> {
  const creation = await findCreation(db, formId);
  if (!creation) return undefined;
  const licenseId = vault.open({ keyId: creation.key_id, cipher: creation.response_cipher }, creationAad(formId));
  if (!(await markShown(db, formId))) return { licenseId, key: undefined };
  const license = await getLicense(db, licenseId);
  return { licenseId, key: vault.open({ keyId: license.key_id, cipher: license.key_cipher }, licenseKeyAad(licenseId)) };
}

function creationAad(formId: string): string {
  return `idempotency_keys.response_cipher.dashboard-license.${formId}`;
}
