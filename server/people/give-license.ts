import { recordAudit } from '../audit/record-audit.ts';
import { reachCustomer, type Doer } from '../customers/create-customer.ts';
import type { Customer } from '../customers/customers.store.ts';
import type { CustomerInput } from '../customers/find-or-create-customer.ts';
import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { issueLicense, manualTerm } from '../licenses/issue-license.ts';
import type { License } from '../licenses/licenses.store.ts';
import type { Site } from '../licenses/site.rules.ts';
import { getPlanByCode, getProductByCode } from '../plans/get-plan.ts';
import { assignCustomer } from './assign-customer.ts';
import { queueLicenseKey } from './send-license-key.ts';

export type GiveInput = {
  customer: CustomerInput;
  /** Plan code. */
  plan: string;
  /** Product code; the default product without one. */
  product?: string | undefined;
  /** Calendar months; null for ever. */
  months: number | null;
  /** When the time begins to count (epoch ms); now without one. */
  startsAt?: number | undefined;
  site?: Site | undefined;
  maxSites?: number | undefined;
  maxVersion?: string | undefined;
  /** Where a new customer belongs, when it is not the organisation of whoever does it. */
  organizationId?: string | undefined;
  /** Whether the key goes to the customer by e-mail; one that waits to be confirmed goes with its confirmation, if asked for then. */
  sendKey?: boolean;
};

/**
 * Gives a licence by hand, in the caller's transaction: the customer is found by the address, or made, within the scope. Throws
 * INVALID_REQUEST for an unknown plan or product, NOT_FOUND for an organisation out of reach, and CONFLICT for an address out of reach.
 */
export async function giveLicense(db: Db, { vault, config }: Pick<Deps, 'vault' | 'config'>, input: GiveInput, doer: Doer, now: number): Promise<{ license: License; key: string; customer: Customer; created: boolean }> {
  const plan = await getPlanByCode(db, input.plan, 'body.plan');
  const product = await getProductByCode(db, input.product);
  const found = await reachCustomer(db, input.customer, doer, now);
  const customer = found.created && input.organizationId !== undefined ? await assignCustomer(db, found.customer.id, input.organizationId, doer, now) : found.customer;
  const term = { ...manualTerm(input.months, now), paidAt: input.startsAt ?? now };
  const { site, maxSites, maxVersion } = input;
  const { license, key } = await issueLicense(db, vault, { customerId: customer.id, plan, productId: product.id, term, site, maxSites, maxVersion }, doer.by, now);
  if (input.sendKey && license.confirmed_at !== null && (await queueLicenseKey(db, config, license.id, customer, 'issued', now))) {
    await recordAudit(db, doer.by, { action: 'license.key_sent', entity: 'license', entityId: license.id }, now);
  }
  return { license, key, customer, created: found.created };
}
