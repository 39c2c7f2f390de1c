import type { Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { releaseSite } from '../licenses/activate-site.ts';
import { changeLicense } from '../licenses/change-license.ts';
import { getLicense } from '../licenses/licenses.store.ts';

/** Frees the slot of a site and, when the licence is locked to that very site, the lock too: otherwise nobody could move. Throws NOT_FOUND. */
export function releaseDomain(db: Db, licenseId: string, site: string, by: Actor, now: number): Promise<void> {
  return transact(db, async (trx) => {
    const { domain_lock } = await getLicense(trx, licenseId);
    await releaseSite(trx, licenseId, site, by, now);
    if (domain_lock === site) await changeLicense(trx, licenseId, { type: 'unlock-domain' }, by, now);
  });
}
