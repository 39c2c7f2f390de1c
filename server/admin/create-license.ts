import { createHash } from 'node:crypto';
import type { Actor } from '../audit/record-audit.ts';
import { findOrCreateCustomer } from '../customers/find-or-create-customer.ts';
import { transact, type Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { issueLicense, licenseKeyAad, manualTerm } from '../licenses/issue-license.ts';
import { getLicense } from '../licenses/licenses.store.ts';
import type { Site } from '../licenses/site.rules.ts';
import { mailIssuedKey } from '../mail/mail-issued-key.ts';
import { getPlanByCode, getProductByCode } from '../plans/get-plan.ts';
import type { Vault } from '../vault.ts';
import { findCreation, insertCreation, markShown } from './creations.store.ts';

export type NewLicense = { email: string; name?: string | undefined; plan: string; months: number | null; site?: Site | undefined; /** Has the key sent to the customer. */ sendsEmail: boolean };

/**
 * Issues a licence by hand, once for each `formId`: the same form sent twice leads to the same licence. The customer is found by the
 * address or made. One transaction. Throws INVALID_REQUEST for an unknown plan.
 */
export async function createLicense({ db, vault, config }: Pick<Deps, 'db' | 'vault' | 'config'>, formId: string, input: NewLicense, by: Actor, now: number): Promise<void> {
  if (await findCreation(db, formId)) return;
  await transact(db, async (trx) => {
    const plan = await getPlanByCode(trx, input.plan, 'plan');
    const product = await getProductByCode(trx);
    const { customer } = await findOrCreateCustomer(trx, { email: input.email, name: input.name }, by, now);
    const { license } = await issueLicense(trx, vault, { customerId: customer.id, plan, productId: product.id, term: manualTerm(input.months, now), site: input.site }, by, now);
    if (input.sendsEmail) await mailIssuedKey(trx, config, { licenseId: license.id, customer }, now);
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
