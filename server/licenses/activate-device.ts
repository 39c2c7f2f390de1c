import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { newId } from '../ids.ts';
import type { ActivationOutcome } from './activate-site.ts';
import { deviceNameKey, type Device } from './device.rules.ts';
import { updateDevice } from './devices.store.ts';
import { deleteActivation, insertActivation, listActivations } from './licenses.store.ts';
import { freeSlot, slotsTaken } from './slots.rules.ts';
import { tellOfActivation } from './tell-of-license.ts';

type Place = { licenseId: string; device: Device; limit: number; version?: string | undefined };

/**
 * Gives a device one of the free slots that it shares with the sites that are no copies. As for a site, the unique slot decides who gets the
 * last one. A device that has a slot keeps it, at no cost; what it says of itself now is kept.
 */
export function activateDevice(db: Db, { licenseId, device, limit, version }: Place, by: Actor, now: number): Promise<ActivationOutcome> {
  const { fingerprint, name, platform } = device;
  const said = { ...(name === undefined ? {} : { name, name_key: deviceNameKey(name) }), ...(platform === undefined ? {} : { platform }), ...(version === undefined ? {} : { version }) };
  return transact(db, async (trx) => {
    for (;;) {
      const activations = await listActivations(trx, licenseId);
      const known = activations.find((activation) => activation.fingerprint === fingerprint);
      if (known) {
        await updateDevice(trx, known.id, { ...said, last_seen_at: now });
        return { outcome: 'already-active', activation: { ...known, ...said, last_seen_at: now } };
      }
      const slot = freeSlot(slotsTaken(activations, 'device'), limit);
      if (slot === undefined) return { outcome: 'limit-reached' };
      const activation = { id: newId(), license_id: licenseId, kind: 'device', slot, site: null, fingerprint, name: null, name_key: null, platform: null, version: null, ...said, created_at: now, last_seen_at: now, secret_digest: null };
      if (await insertActivation(trx, activation)) {
        await recordAudit(trx, by, { action: 'activation.created', entity: 'license', entityId: licenseId, after: { device: fingerprint, name, platform, kind: 'device' } }, now);
        await tellOfActivation(trx, 'activation.created', activation, now);
        return { outcome: 'activated', activation: { ...activation, is_staging: 0 } };
      }
    }
  });
}

/** Frees the slot of a device; false when it had none. */
export function releaseDevice(db: Db, licenseId: string, fingerprint: string, by: Actor, now: number): Promise<boolean> {
  return transact(db, async (trx) => {
    const activation = (await listActivations(trx, licenseId)).find((candidate) => candidate.fingerprint === fingerprint);
    if (!activation || !(await deleteActivation(trx, activation.id))) return false;
    await tellOfActivation(trx, 'activation.deleted', activation, now);
    const before = { device: fingerprint, name: activation.name ?? undefined, platform: activation.platform ?? undefined, kind: activation.kind };
    await recordAudit(trx, by, { action: 'activation.deleted', entity: 'license', entityId: licenseId, before }, now);
    return true;
  });
}
