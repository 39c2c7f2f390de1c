import { wasTouchedByOthers } from '../audit/list-audit.ts';
import { recordAudit, type Actor } from '../audit/record-audit.ts';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { countsAgainstQuota, releaseLicenses } from '../organizations/license-quota.ts';
import { deleteLicenseRows, isInUse } from './imported.store.ts';
import { getLicense } from './licenses.store.ts';

/**
 * Removes a licence that `by` has made and that nobody has used or touched since, in the caller's transaction. Returns what has become of
 * it: 'gone' when there is none, 'used' when a site or a request shows that somebody works with it, 'changed' when anybody else has done
 * something to it.
 */
export async function removeUntouchedLicense(db: Db, id: string, by: Actor, reason: string, now: number): Promise<'removed' | 'gone' | 'used' | 'changed'> {
  const license = await getLicense(db, id).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  });
  if (!license) return 'gone';
  if (await isInUse(db, id)) return 'used';
  if (await wasTouchedByOthers(db, 'license', id, by.actor)) return 'changed';
  if (!(await deleteLicenseRows(db, id))) return 'used';
  if (countsAgainstQuota(license)) await releaseLicenses(db, license.organization_id, 1);
  const before = { key_hint: license.key_hint, customer_id: license.customer_id, plan_id: license.plan_id, status: license.status, expires_at: license.expires_at };
  await recordAudit(db, by, { action: 'license.removed', entity: 'license', entityId: id, before, reason }, now);
  return 'removed';
}
