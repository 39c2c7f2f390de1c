import type { Deps } from '../deps.ts';
import { DeadLetter } from '../jobs/job-kinds.ts';
import { readLicenses } from '../licenses/read-licenses.ts';
import { findOrderById, listUnits } from './orders.store.ts';
import { getBillingProvider } from './providers.ts';

/** The job that shows the keys of an order in the shop. Writes all keys of the order each time, so it may be repeated. */
export async function writeBackOrder(deps: Deps, { orderId }: { orderId: string }): Promise<void> {
  const { db, vault } = deps;
  const order = await findOrderById(db, orderId);
  if (!order) throw new DeadLetter(`There is no order ${orderId}.`);
  const { writeBack } = getBillingProvider(deps, order.provider);
  // The shop's API was configured when the job was made and is not any more: there is nowhere to write to.
  if (!writeBack) return;
  const units = await listUnits(db, orderId);
  const licenses = await readLicenses(db, vault, units.map(({ license_id }) => license_id));
  if (licenses.length > 0) await writeBack({ orderId: order.external_id, keys: licenses.map(({ key }) => key) });
}
