import type { Deps } from '../deps.ts';
import { reminderDue } from './notices.rules.ts';
import { listEnding, listKnownCauses } from './owners.store.ts';
import { writeNotice } from './write-notice.ts';

const dayMs = 24 * 60 * 60_000;
const furthestMs = 30 * dayMs;
const batch = 200;

/**
 * The job that tells owners (REMINDER_DAYS: 30, 7 and 1 days) before a licence ends, or renews by itself. It looks at what is due now, so a day on which
 * the server stood still is made up for, with the days that are really left.
 */
export async function remindOwners(deps: Pick<Deps, 'db' | 'config' | 'now'>): Promise<void> {
  const { db, config, now } = deps;
  const at = now();
  for (let afterId = ''; ; ) {
    const ending = await listEnding(db, { from: at, to: at + furthestMs, afterId, limit: batch });
    const due = ending.flatMap((license) => {
      const days = reminderDue(license.expires_at, license.paid_at, at, config.REMINDER_DAYS);
      return days === undefined ? [] : [{ license, cause: `renewal-coming:${license.id}:${license.expires_at}:${days}` }];
    });
    const known = await listKnownCauses(db, due.map(({ cause }) => cause));
    for (const { license, cause } of due) {
      if (known.has(cause)) continue;
      const { id, expires_at: expiresAt, subscription_status: status, cancel_at: cancelAt } = license;
      // Who pays late is told of the payment, not of the end.
      if (status === 'past_due' || status === 'paused') continue;
      const renews = (status === 'active' || status === 'trialing') && cancelAt === null;
      await writeNotice(deps, { template: 'renewal-coming', cause, licenseIds: [id], facts: { expiresAt, days: Math.max(1, Math.ceil((expiresAt - at) / dayMs)), renews } });
    }
    if (ending.length < batch) return;
    afterId = ending.at(-1)?.id ?? '';
  }
}
