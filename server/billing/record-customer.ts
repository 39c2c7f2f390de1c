import type { Actor } from '../audit/record-audit.ts';
import { changeCustomer } from '../customers/change-customer.ts';
import { emailKey } from '../customers/customer.rules.ts';
import { getCustomer } from '../customers/get-customer.ts';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { mainAccount, type BillingEvent } from './billing-events.ts';
import { findProviderCustomer, saveProviderCustomer } from './subscriptions.store.ts';
import { mailAddress } from './text.rules.ts';

type CustomerChanged = Extract<BillingEvent, { type: 'CustomerChanged' }>;

/**
 * Writes down what a provider says of its customer. When it changes the address of somebody who has bought, the customer here gets it
 * too, since that is where the e-mails go and how the buyer signs in; unless another customer has it, or the customer has another one
 * here than the provider had.
 */
export async function recordCustomer(db: Db, provider: string, { customerId, email, name, locale, snapshotAt }: CustomerChanged, by: Actor, now: number): Promise<void> {
  const key = { provider, account: mainAccount, externalId: customerId };
  const before = await findProviderCustomer(db, key);
  await saveProviderCustomer(db, key, { email, name, locale, snapshotAt }, now);
  const address = mailAddress(email);
  if (!before?.customer_id || before.snapshot_at > snapshotAt || address === undefined || emailKey(before.email) === emailKey(address)) return;
  const owner = await getCustomer(db, before.customer_id);
  if (owner.email_key !== emailKey(before.email)) return;
  try {
    await changeCustomer(db, owner.id, { email: address }, by, now);
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'CONFLICT')) throw error;
  }
}
