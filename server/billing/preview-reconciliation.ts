import type { Deps } from '../deps.ts';
import { transact } from '../db/database.ts';
import { errorText } from '../errors.ts';
import type { BillingAdapter } from './adapter.ts';
import { applyBillingEvents } from './apply-billing-events.ts';
import { listAuditSince } from '../audit/list-audit.ts';
import { reasonsText } from '../reasons.rules.ts';
import { completeEvents } from './complete-events.ts';
import { readJsonBody } from './read-body.ts';
import { listMissing, reconcileStart } from './reconcile.ts';

/** What reconciling would change: `action` and `entity` are those of the audit log. */
export type Difference = { topic: string; id: string; effects: string[] };

class RolledBack extends Error {
  override name = 'RolledBack';
}

/**
 * What reconciliation would do, without doing it: the changes that are not here are applied in a transaction that is rolled back, so
 * what is shown is what would happen and not a guess. A server that writes at the same time waits for it.
 */
export async function previewReconciliation(deps: Pick<Deps, 'db' | 'vault' | 'config' | 'now'>, adapter: BillingAdapter, since?: number): Promise<{ since: number; seen: number; differences: Difference[] }> {
  const { db, vault, config, now } = deps;
  const from = since ?? (await reconcileStart(db, adapter, now()));
  const changes: { topic: string; id: string; events: Awaited<ReturnType<typeof completeEvents>> | undefined; problem: string | undefined }[] = [];
  const { seen, changes: missing } = await listMissing(db, adapter, from);
  for (const { identity: { topic, eventId: id }, body } of missing) {
    try {
      const events = adapter.parse(readJsonBody(body));
      // What cannot be asked for now may be among the changes themselves.
      changes.push({ topic, id, events: await completeEvents(deps, adapter, events).catch(() => events), problem: undefined });
    } catch (error) {
      changes.push({ topic, id, events: undefined, problem: errorText(error) });
    }
  }
  let differences: Difference[] = [];
  try {
    await transact(db, async (trx) => {
      differences = [];
      const at = now();
      let known = new Set((await listAuditSince(trx, at)).map(({ id }) => id));
      for (const { topic, id, events, problem } of changes) {
        const effects: string[] = problem === undefined ? [] : [problem];
        try {
          const open = events ? await applyBillingEvents({ db: trx, vault, config, provider: adapter.name, writesBack: false, by: { actor: adapter.name }, now: at }, events) : [];
          effects.push(...open.map((one) => reasonsText([one])));
        } catch (error) {
          effects.push(errorText(error));
        }
        const rows = await listAuditSince(trx, at);
        effects.push(...rows.filter((row) => !known.has(row.id)).map(({ action, entity, entity_id: entityId }) => `${action} (${entity} ${entityId})`));
        known = new Set(rows.map((row) => row.id));
        if (effects.length > 0) differences.push({ topic, id, effects });
      }
      throw new RolledBack();
    }, 'unsynced');
  } catch (error) {
    if (!(error instanceof RolledBack)) throw error;
  }
  return { since: from, seen, differences };
}
