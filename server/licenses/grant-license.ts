import type { Actor } from '../audit/record-audit.ts';
import { findOrCreateCustomer, type CustomerInput } from '../customers/find-or-create-customer.ts';
import type { Db } from '../db/database.ts';
import { getPlanByCode, getProductByCode } from '../plans/get-plan.ts';
import type { Vault } from '../vault.ts';
import { issueLicense, manualTerm } from './issue-license.ts';
import type { Site } from './site.rules.ts';

export type GrantInput = {
  customer: CustomerInput;
  /** Plan code. */
  plan: string;
  /** Calendar months from now; null for ever. */
  months: number | null;
  /** Product code; the default product without one. */
  product?: string | undefined;
  site?: Site | undefined;
  maxSites?: number | undefined;
  maxVersion?: string | undefined;
};

type Granted = Awaited<ReturnType<typeof issueLicense>> & Awaited<ReturnType<typeof findOrCreateCustomer>> & { plan: Awaited<ReturnType<typeof getPlanByCode>>; productCode: string };

/**
 * A licence given by hand: finds or creates the customer and issues the key. The caller's transaction makes it all or nothing.
 * Throws INVALID_REQUEST for an unknown plan or product.
 */
export async function grantLicense(db: Db, vault: Vault, input: GrantInput, by: Actor, now: number): Promise<Granted> {
  const plan = await getPlanByCode(db, input.plan);
  const product = await getProductByCode(db, input.product);
  const { customer, created } = await findOrCreateCustomer(db, input.customer, by, now);
  const { site, maxSites, maxVersion } = input;
  const issued = await issueLicense(db, vault, { customerId: customer.id, plan, productId: product.id, term: manualTerm(input.months, now), site, maxSites, maxVersion }, by, now);
  return { ...issued, customer, created, plan, productCode: product.code };
}
