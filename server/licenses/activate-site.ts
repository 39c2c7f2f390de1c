import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { newId } from '../ids.ts';
import { deleteActivation, insertActivation, listActivations, type Activation, type SiteKind } from './licenses.store.ts';

type Seats = { licenseId: string; site: string; kind: SiteKind; limit: number; version?: string | undefined };
export type ActivationOutcome = { outcome: 'activated' | 'already-active'; activation: Activation } | { outcome: 'limit-reached' };

/**
 * Gives a site the lowest free slot of its kind. The unique slot decides who gets the last one, whatever runs beside it: a loser
 * looks again and is refused only when every slot is really taken. A site that has a slot keeps it, at no cost.
 */
export function activateSite(db: Db, { licenseId, site, kind, limit, version }: Seats, by: Actor, now: number): Promise<ActivationOutcome> {
  return transact(db, async (trx) => {
    for (;;) {
      const activations = await listActivations(trx, licenseId);
      const known = activations.find((activation) => activation.site === site);
      if (known) return { outcome: 'already-active', activation: known };
      const slot = lowestFreeSlot(activations.filter((activation) => activation.kind === kind), limit);
      if (slot === undefined) return { outcome: 'limit-reached' };
      const activation: Activation = { id: newId(), license_id: licenseId, kind, slot, site, version: version ?? null, created_at: now, last_seen_at: now };
      if (await insertActivation(trx, activation)) {
        await recordAudit(trx, by, { action: 'activation.created', entity: 'license', entityId: licenseId, after: { site, kind } }, now);
        return { outcome: 'activated', activation };
      }
    }
  });
}

function lowestFreeSlot(taken: Activation[], limit: number): number | undefined {
  const slots = new Set(taken.map(({ slot }) => slot));
  for (let slot = 0; slot < limit; slot += 1) if (!slots.has(slot)) return slot;
  return undefined;
}

/** Frees the slot of a site; false when it had none. */
export function releaseSite(db: Db, licenseId: string, site: string, by: Actor, now: number): Promise<boolean> {
  return transact(db, async (trx) => {
    const activation = (await listActivations(trx, licenseId)).find((candidate) => candidate.site === site);
    if (!activation || !(await deleteActivation(trx, activation.id))) return false;
    await recordAudit(trx, by, { action: 'activation.deleted', entity: 'license', entityId: licenseId, before: { site, kind: activation.kind } }, now);
    return true;
  });
}
