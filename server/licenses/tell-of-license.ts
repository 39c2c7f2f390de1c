import { customerErased, customerSuspended } from '../customers/customer-status.rules.ts';
import type { Db } from '../db/database.ts';
import { tellOwner } from '../mail/tell-owner.ts';
import { emitWebhook } from '../webhooks/emit-webhook.ts';
import type { Activation, License } from './licenses.store.ts';

/** Emits `license.issued`, in the transaction of the issue. */
export async function tellOfIssue(db: Db, license: License, plan: string, now: number): Promise<void> {
  await emitWebhook(db, { type: 'license.issued', cause: license.id, data: { ...factsOf(license), plan, key_ending: license.key_hint } }, now);
}

/**
 * Emits what a change of a licence means to others, in its transaction: `license.suspended`, `.revoked`, `.renewed`, or nothing. The owner
 * is told of what was done by hand; what a subscription or a refund does to it is told there.
 */
export async function tellOfChange(db: Db, before: License, after: License, change: string, now: number): Promise<void> {
  if (before.suspended_at === null && after.suspended_at !== null) {
    await emitWebhook(db, { type: 'license.suspended', cause: `${after.id}:${after.suspended_at}`, data: { ...factsOf(after), reason: after.suspended_reason } }, now);
    // A customer who was suspended is told once, not of each licence.
    if (after.suspended_reason !== customerSuspended) await tellOwner(db, { template: 'suspended', cause: `suspended:${after.id}:${after.suspended_at}`, licenseIds: [after.id], facts: {} }, now);
  } else if (before.status !== 'suspended' && after.status === 'suspended') {
    const reason = after.subscription_status === 'past_due' ? 'The subscription is unpaid and its grace has passed.' : 'The subscription is paused.';
    await emitWebhook(db, { type: 'license.suspended', cause: `${after.id}:${now}`, data: { ...factsOf(after), reason } }, now);
  }
  if (before.cancelled_at === null && after.cancelled_at !== null && after.cancelled_reason !== customerErased) await tellOwner(db, { template: 'cancelled', cause: `cancelled:${after.id}:${after.cancelled_at}`, licenseIds: [after.id], facts: {} }, now);
  if (before.revoked_at === null && after.revoked_at !== null) {
    await emitWebhook(db, { type: 'license.revoked', cause: `${after.id}:${after.revoked_at}`, data: { ...factsOf(after), reason: after.revoked_reason } }, now);
  } else if (before.subscription_status !== 'cancelled' && after.subscription_status === 'cancelled' && before.status !== 'cancelled') {
    await emitWebhook(db, { type: 'license.revoked', cause: `${after.id}:${now}`, data: { ...factsOf(after), reason: 'The subscription was cancelled.' } }, now);
  }
  if (change === 'renew') await emitWebhook(db, { type: 'license.renewed', cause: `${after.id}:${after.expires_at ?? 'ever'}:${now}`, data: factsOf(after) }, now);
}

/** Emits `license.expired`, once for each end that a licence comes to. */
export async function tellOfExpiry(db: Db, license: License, now: number): Promise<void> {
  await emitWebhook(db, { type: 'license.expired', cause: `${license.id}:${license.expires_at ?? ''}`, data: { ...factsOf(license), status: 'expired' } }, now);
}

/** Emits `activation.created` or `activation.deleted`. */
export async function tellOfActivation(db: Db, type: 'activation.created' | 'activation.deleted', { id, license_id, site, kind, fingerprint, name, platform }: Pick<Activation, 'id' | 'license_id' | 'site' | 'kind' | 'fingerprint' | 'name' | 'platform'>, now: number): Promise<void> {
  await emitWebhook(db, { type, cause: id, data: { activation_id: id, license_id, site, device: fingerprint === null ? null : { fingerprint, name, platform }, kind } }, now);
}

function factsOf({ id, customer_id, status, expires_at }: License): { license_id: string; customer_id: string; status: string; expires_at: string | null } {
  return { license_id: id, customer_id, status, expires_at: expires_at === null ? null : new Date(expires_at).toISOString() };
}
