import type { Actor } from '../audit/record-audit.ts';
import type { Db } from '../db/database.ts';
import { changeLicense } from './change-license.ts';
import { getLicense } from './licenses.store.ts';

/** Gives a licence the plan back that it had, unless it has got another one since; says whether it did. In the caller's transaction. Throws NOT_FOUND. */
export async function restorePlan(db: Db, licenseId: string, { from, to, reason }: { from: string; to: string; reason: string }, by: Actor, now: number): Promise<boolean> {
  if ((await getLicense(db, licenseId)).plan_id !== from) return false;
  await changeLicense(db, licenseId, { type: 'change-plan', planId: to, reason }, by, now);
  return true;
}
