import { findOrCreateCustomer } from '../customers/find-or-create-customer.ts';
import type { Db } from '../db/database.ts';
import { getPlanByCode, getProductByCode } from '../plans/get-plan.ts';
import type { Vault } from '../vault.ts';
import { issueLicense, manualTerm } from './issue-license.ts';
import { canonicalLicenseKey } from './license-key.rules.ts';
import { findLicenseByDigest } from './licenses.store.ts';

/** The key that works on every server that is not in production. */
export const developmentKey = 'CHA-TEST-1234-5678-ABCD';

/** Adds the development licence (Pro, for ever) unless it is there. */
export async function seedDevelopmentLicense(db: Db, vault: Vault, now: number): Promise<void> {
  if (await findLicenseByDigest(db, vault.digest(canonicalLicenseKey(developmentKey) ?? ''))) return;
  const by = { actor: 'seed' };
  const { customer } = await findOrCreateCustomer(db, { email: 'developer@example.com', name: 'Developer' }, by, now);
  const plan = await getPlanByCode(db, 'pro');
  const product = await getProductByCode(db);
  await issueLicense(db, vault, { customerId: customer.id, plan, productId: product.id, term: manualTerm(null, now), key: developmentKey }, by, now);
}
