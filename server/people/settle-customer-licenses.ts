import type { Actor } from '../audit/record-audit.ts';
import { customerSuspended } from '../customers/customer-status.rules.ts';
import type { Customer } from '../customers/customers.store.ts';
import { getCustomer } from '../customers/get-customer.ts';
import { transact, type Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { enqueueJob } from '../jobs/enqueue.ts';
import { changeLicense, type LicenseChange } from '../licenses/change-license.ts';
import { listConfirmable, listLiftable, listSuspendable } from './customer-licenses.store.ts';
import { queueLicenseKey } from './send-license-key.ts';

/** Licences that are changed in one transaction: what is more follows in a job, so that nobody waits for the lock of a big customer. */
const atOnce = 50;

export type Settling = { customerId: string; by: Actor; sendKeys: boolean };

/**
 * Brings licences in line with the status of their customer, in the caller's transaction: a suspended customer's are suspended, those of
 * any other come back as they were, a validated one's are confirmed. Returns the ids of those changed; a job does the rest.
 */
export async function settleCustomerLicenses(db: Db, config: Deps['config'], settling: Settling, now: number): Promise<string[]> {
  const customer = await getCustomer(db, settling.customerId);
  const { ids, change } = await findUnsettled(db, customer);
  for (const id of ids) {
    await changeLicense(db, id, change, settling.by, now);
    if (change.type === 'confirm' && settling.sendKeys) await queueLicenseKey(db, config, id, customer, 'confirmed', now);
  }
  if (ids.length === atOnce) await enqueueJob(db, { kind: 'settle-customer-licenses', payload: settling }, now);
  return ids;
}

/** The job that goes on with it. */
export async function continueSettling({ db, config, now }: Deps, settling: Settling): Promise<void> {
  await transact(db, (trx) => settleCustomerLicenses(trx, config, settling, now()));
}

async function findUnsettled(db: Db, { id, status }: Customer): Promise<{ ids: string[]; change: LicenseChange }> {
  if (status === 'suspended') return { ids: await listSuspendable(db, id, atOnce), change: { type: 'suspend', reason: customerSuspended } };
  const liftable = await listLiftable(db, id, atOnce);
  if (liftable.length > 0 || status !== 'validated') return { ids: liftable, change: { type: 'lift-customer-suspension' } };
  return { ids: await listConfirmable(db, id, atOnce), change: { type: 'confirm' } };
}
