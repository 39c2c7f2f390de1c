import type { Doer } from '../customers/create-customer.ts';
import { getCustomerWithin } from '../customers/get-customer.ts';
import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { changeLicense } from '../licenses/change-license.ts';
import { getLicenseWithin, type License } from '../licenses/licenses.store.ts';
import { settleCustomerLicenses } from './settle-customer-licenses.ts';

/** Gives a licence to another customer, in the caller's transaction: key, sites and paid time stay. It follows the status of its new customer. Throws NOT_FOUND. */
export async function transferLicense(db: Db, config: Deps['config'], id: string, { customerId, reason }: { customerId: string; reason: string }, { scope, by }: Pick<Doer, 'scope' | 'by'>, now: number): Promise<License> {
  await getLicenseWithin(db, scope, id);
  const customer = await getCustomerWithin(db, scope, customerId);
  await changeLicense(db, id, { type: 'transfer', customerId, organizationId: customer.organization_id, reason }, by, now);
  await settleCustomerLicenses(db, config, { customerId, by, sendKeys: false }, now);
  return getLicenseWithin(db, scope, id);
}
