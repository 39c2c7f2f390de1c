import { transact } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import type { Notice } from './notices.rules.ts';
import { countIssued, findBuyer, findOrderFacts, findOwnerOfLicense, listOwnedLicenses } from './owners.store.ts';
import { queueEmail } from './queue-email.ts';

/** The job behind tellOwner: finds who is to be told and puts the e-mail into the outbox. Nobody is told of a licence that is nobody's, or of an order that has not come. */
export async function writeNotice({ db, config, now }: Pick<Deps, 'db' | 'config' | 'now'>, { template, cause, licenseIds, orderId, facts }: Notice): Promise<void> {
  const [first] = licenseIds;
  const owner = first === undefined ? orderId && (await findBuyer(db, orderId)) : await findOwnerOfLicense(db, first);
  if (!owner) return;
  // What else a shop sells is the shop's to write about.
  const { issued, left } = template === 'refund' && orderId !== undefined ? await countIssued(db, orderId) : { issued: undefined, left: 0 };
  if (issued === 0) return;
  const order = orderId === undefined ? undefined : await findOrderFacts(db, orderId);
  const [license] = await listOwnedLicenses(db, licenseIds.slice(0, 1));
  const data = {
    ...(order ? { order: order.number, amountMinor: order.total_minor, currency: order.currency } : {}),
    ...(template === 'payment-failed' && license?.expires_at ? { until: license.expires_at + license.grace_ms } : {}),
    expiresAt: license?.expires_at ?? null,
    ...(issued === undefined ? {} : { isFull: left === 0 }),
    ...facts,
    licenseIds,
    name: owner.name,
  };
  await transact(db, (trx) => queueEmail(trx, config, { cause, template, recipient: owner.email, locale: owner.locale, data, licenseId: first ?? null, orderId: orderId ?? null }, now()));
}
