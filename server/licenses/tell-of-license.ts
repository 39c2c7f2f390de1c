import type { Db } from '../db/database.ts';
import { emitWebhook } from '../webhooks/emit-webhook.ts';
import type { License } from './licenses.store.ts';

/** Emits `license.issued`, in the transaction of the issue. */
export async function tellOfIssue(db: Db, license: License, plan: string, now: number): Promise<void> {
  await emitWebhook(db, { type: 'license.issued', cause: license.id, data: { ...factsOf(license), plan, key_ending: license.key_hint } }, now);
}

/** Emits what a change of a licence means to others, in its transaction: `license.suspended`, `license.revoked`, or nothing. */
export async function tellOfChange(db: Db, before: License, after: License, now: number): Promise<void> {
  if (before.suspended_at === null && after.suspended_at !== null) {
    await emitWebhook(db, { type: 'license.suspended', cause: `${after.id}:${after.suspended_at}`, data: { ...factsOf(after), reason: after.suspended_reason } }, now);
  }
  if (before.revoked_at === null && after.revoked_at !== null) {
    await emitWebhook(db, { type: 'license.revoked', cause: `${after.id}:${after.revoked_at}`, data: { ...factsOf(after), reason: after.revoked_reason } }, now);
  }
}

function factsOf({ id, customer_id, status, expires_at }: License): { license_id: string; customer_id: string; status: string; expires_at: string | null } {
  return { license_id: id, customer_id, status, expires_at: expires_at === null ? null : new Date(expires_at).toISOString() };
}
