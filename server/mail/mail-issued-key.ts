import type { Config } from '../config.ts';
import type { Db } from '../db/database.ts';
import { queueEmail } from './queue-email.ts';

/** Sends the key of a licence that was made by hand to its owner, from the transaction that makes it: once for each licence. */
export async function mailIssuedKey(db: Db, config: Pick<Config, 'publicUrl'>, { licenseId, customer }: { licenseId: string; customer: { email: string; name: string; locale: string } }, now: number): Promise<void> {
  await queueEmail(db, config, { cause: `license-key:${licenseId}:issued`, template: 'license-issued', recipient: customer.email, locale: customer.locale, data: { name: customer.name }, licenseId, orderId: null }, now);
}
