import type { Scope } from '../access/scope.ts';
import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { getCustomer } from '../customers/get-customer.ts';
import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { getLicenseWithin } from '../licenses/licenses.store.ts';
import { queueEmail } from '../mail/queue-email.ts';

type Recipient = { email: string; name: string; locale: string };

/** Puts the e-mail with the key of a licence into the outbox, in the caller's transaction. `cause` tells one wish from another: each has one e-mail; `issued` is the first one, with how to install. */
export function queueLicenseKey(db: Db, config: Pick<Deps['config'], 'publicUrl'>, licenseId: string, { email, name, locale }: Recipient, cause: string, now: number): Promise<boolean> {
  return queueEmail(db, config, { cause: `license-key:${licenseId}:${cause}`, template: cause === 'issued' ? 'license-issued' : 'license-key', recipient: email, locale, data: { name }, licenseId, orderId: null }, now);
}

/**
 * Sends the key of a licence to its customer again, in the caller's transaction; `cause` stays the same when the same wish comes twice.
 * Throws NOT_FOUND, and CONFLICT for a licence that is still to be confirmed: nobody gets a key that does not work yet.
 */
export async function sendLicenseKey(db: Db, config: Pick<Deps['config'], 'publicUrl'>, licenseId: string, { scope, by, cause }: { scope: Scope; by: Actor; cause: string }, now: number): Promise<void> {
  const license = await getLicenseWithin(db, scope, licenseId);
  if (license.confirmed_at === null) throw new AppError('CONFLICT', 'This licence is still to be confirmed; its key is sent then.');
  const customer = await getCustomer(db, license.customer_id);
  if (await queueLicenseKey(db, config, licenseId, customer, cause, now)) await recordAudit(db, by, { action: 'license.key_sent', entity: 'license', entityId: licenseId }, now);
}
