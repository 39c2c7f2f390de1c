import type { Actor } from '../audit/record-audit.ts';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { changeLicense } from './change-license.ts';
import { manualTerm } from './issue-license.ts';
import { getLicense, type License } from './licenses.store.ts';

/** By calendar months from its end, up to a moment (epoch ms), or for ever. */
export type Extension = { months: number } | { until: number } | { isPerpetual: true };

/**
 * Gives a licence more time without payment, as a term of its own, in the caller's transaction. A licence that ended more than two weeks
 * ago begins anew today. Throws NOT_FOUND, and CONFLICT when it never ends or would not end later.
 */
export async function extendLicense(db: Db, id: string, extension: Extension, reason: string, by: Actor, now: number): Promise<License> {
  const license = await getLicense(db, id);
  if (license.expires_at === null) throw new AppError('CONFLICT', 'This licence never ends.');
  if ('until' in extension && extension.until <= Math.max(license.expires_at, now)) throw new AppError('CONFLICT', 'The new end must lie after the present one and in the future.', { field: 'body.until' });
  const months = 'months' in extension ? extension.months : null;
  const term = { ...manualTerm(months, now), periodEndsAt: 'until' in extension ? extension.until : null };
  return changeLicense(db, id, { type: 'renew', term, reason }, by, now);
}
