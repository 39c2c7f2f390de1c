import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { queueEmail } from '../mail/queue-email.ts';

const hourMs = 60 * 60_000;

/** Sends the key of a licence to its owner's address again, at most once an hour; false when it was sent in this hour already. */
export function resendKey({ db, config, now }: Pick<Deps, 'db' | 'config' | 'now'>, licenseId: string, customer: { email: string; name: string }, locale: string, by: Actor): Promise<boolean> {
  const at = now();
  return transact(db, async (trx) => {
    const cause = `resend-key:${licenseId}:${Math.floor(at / hourMs)}`;
    const isNew = await queueEmail(trx, config, { cause, template: 'license-key', recipient: customer.email, locale, data: { name: customer.name }, licenseId, orderId: null }, at);
    if (isNew) await recordAudit(trx, by, { action: 'license.key_sent', entity: 'license', entityId: licenseId }, at);
    return isNew;
  });
}
