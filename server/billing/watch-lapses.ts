import { transact } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { changeLicense } from '../licenses/change-license.ts';
import { listLapsed } from '../licenses/list-lapsed.ts';
import { tellOfExpiry } from '../licenses/tell-of-license.ts';
import { moveCursor, readCursor } from './billing.store.ts';
import { tellOfSubscription } from './tell-of-subscription.ts';

const cursorName = 'lapses';
const pageSize = 500;

/**
 * The job that tells of licences whose end and grace have passed since it last looked: suspended when their subscription is past due,
 * expired otherwise. The verdict on a licence does not wait for it. Each end is told once, whatever is repeated.
 */
export async function watchLapses({ db, now }: Deps): Promise<void> {
  const to = now();
  const from = (await readCursor(db, cursorName)) ?? to;
  for (let after: string | undefined; ; ) {
    const page = await listLapsed(db, { from, to, after, limit: pageSize });
    for (const { id } of page) {
      await transact(db, async (trx) => {
        const license = await changeLicense(trx, id, { type: 'lapse' }, { actor: 'system' }, to);
        // It was renewed a moment ago.
        if (license.status === 'cancelled' || license.expires_at === null || license.expires_at + license.grace_ms > to) return;
        const isUnpaid = license.subscription_status === 'past_due';
        if (!isUnpaid) await tellOfExpiry(trx, license, to);
        const kind = isUnpaid ? 'Suspended' : 'LicenseExpired';
        await tellOfSubscription(trx, { kind, cause: `${kind}:${id}:${license.expires_at}`, subscriptionId: license.subscription_id, licenseIds: [id], details: { periodEndsAt: license.expires_at } }, to);
      });
    }
    after = page.at(-1)?.id;
    if (page.length < pageSize) break;
  }
  await moveCursor(db, cursorName, to, to);
}
