import type { Db } from '../db/database.ts';
import { releaseLicenses, takeLicenses } from '../organizations/license-quota.ts';
import { countCounted, lockLicensesOfCustomer, moveLicensesOfCustomer } from './customer-licenses.store.ts';

/**
 * Gives all licences of a customer to another customer or node, and counts them there instead of where they were, in the caller's
 * transaction. Returns how many there were. Throws LICENSE_QUOTA_EXHAUSTED when there is no room for them.
 */
export async function giveLicenses(db: Db, customer: { id: string; organization_id: string | null }, to: { customerId: string; organizationId: string | null }, now: number): Promise<number> {
  await lockLicensesOfCustomer(db, customer.id);
  const count = await countCounted(db, customer.id);
  const moved = await moveLicensesOfCustomer(db, customer.id, to, now);
  if (customer.organization_id === to.organizationId) return moved;
  await releaseLicenses(db, customer.organization_id, count);
  await takeLicenses(db, to.organizationId, count);
  return moved;
}
