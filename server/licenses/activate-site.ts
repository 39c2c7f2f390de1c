import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { newId } from '../ids.ts';
import { clearDomainLock, deleteActivation, insertActivation, listActivations, moveActivation, type Activation, type SiteKind } from './licenses.store.ts';
import { freeSlot, slotsTaken } from './slots.rules.ts';
import { tellOfActivation } from './tell-of-license.ts';

type Seats = { licenseId: string; site: string; kind: SiteKind; limit: number; version?: string | undefined; /** Nobody is told of it. */ isQuiet?: boolean };
export type ActivationOutcome = { outcome: 'activated' | 'already-active'; activation: Activation } | { outcome: 'limit-reached' };

/**
 * Gives a site a free slot of its kind. The unique slot decides who gets the last one, whatever runs beside it: a loser looks again
 * and is refused only when every slot is really taken. A site that has a slot keeps it, at no cost; but one that went live on a slot
 * for copies needs a slot for shops.
 */
export function activateSite(db: Db, { licenseId, site, kind, limit, version, isQuiet = false }: Seats, by: Actor, now: number): Promise<ActivationOutcome> {
  return transact(db, async (trx) => {
    for (;;) {
      const activations = await listActivations(trx, licenseId);
      const known = activations.find((activation) => activation.site === site);
      if (known && !goesLive(known.kind, kind)) return { outcome: 'already-active', activation: known };
      const slot = freeSlot(slotsTaken(activations, kind), limit);
      if (slot === undefined) return { outcome: 'limit-reached' };
      const seat = { kind, slot, last_seen_at: now };
      const added = { id: newId(), license_id: licenseId, site, fingerprint: null, name: null, name_key: null, platform: null, version: version ?? null, created_at: now, secret_digest: null, ...seat };
      const activation: Activation = { ...(known ?? added), ...seat, is_staging: kind === 'staging' ? 1 : 0 };
      if (await (known ? moveActivation(trx, activation) : insertActivation(trx, added))) {
        const action = known ? 'activation.went_live' : 'activation.created';
        await recordAudit(trx, by, { action, entity: 'license', entityId: licenseId, after: { site, kind } }, now);
        if (!known && !isQuiet) await tellOfActivation(trx, 'activation.created', activation, now);
        return { outcome: 'activated', activation };
      }
    }
  });
}

/** Whether a site that holds a slot for copies turns out to be a shop. */
export function goesLive(held: string, kind: SiteKind): boolean {
  return held === 'staging' && kind === 'production';
}

/** Frees the slot of a site, and the licence from being locked to it; false when it had no slot. */
export function releaseSite(db: Db, licenseId: string, site: string, by: Actor, now: number): Promise<boolean> {
  return transact(db, async (trx) => {
    const activation = (await listActivations(trx, licenseId)).find((candidate) => candidate.site === site);
    const unlocked = await clearDomainLock(trx, licenseId, site, now);
    const released = activation !== undefined && (await deleteActivation(trx, activation.id));
    if (released) await tellOfActivation(trx, 'activation.deleted', activation, now);
    if (released || unlocked) {
      await recordAudit(trx, by, { action: 'activation.deleted', entity: 'license', entityId: licenseId, before: { site, kind: activation?.kind, domain_lock: unlocked ? site : undefined } }, now);
    }
    return released;
  });
}
