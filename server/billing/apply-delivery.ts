import { transact } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { DeadLetter, WaitFor } from '../jobs/job-kinds.ts';
import { reasonsText, storedReasons, type Reason } from '../reasons.rules.ts';
import { alertOperator, kindOfTrouble } from './alert-operator.ts';
import { applyBillingEvents } from './apply-billing-events.ts';
import { findDelivery, updateDelivery, updateUnhandledDelivery } from './billing.store.ts';
import type { BillingEvent } from './billing-events.ts';
import { completeEvents } from './complete-events.ts';
import { linkDelivery } from './delivery-subjects.store.ts';
import { getBillingProvider } from './providers.ts';
import { readJsonBody } from './read-body.ts';

/**
 * The job that applies one delivery. Its effects and its mark are one transaction, and what has been done already is found in the
 * tables, so that it may be killed and repeated at any point. Products that are not mapped leave the rest of the delivery applied and
 * make it a dead letter that names them.
 */
export async function applyDelivery(deps: Deps, { inboxId }: { inboxId: string }): Promise<void> {
  const { db, vault, config, now } = deps;
  const delivery = await findDelivery(db, inboxId);
  if (!delivery) throw new DeadLetter(`There is no delivery ${inboxId}.`);
  if (delivery.status === 'handled' || delivery.status === 'ignored') return;
  const adapter = getBillingProvider(deps, delivery.provider);
  const events = await completeEvents(deps, adapter, adapter.parse(readJsonBody(delivery.body)));
  const problems = await waitingVisibly(deps, inboxId, () =>
    transact(db, async (trx) => {
      const at = now();
      const context = { db: trx, vault, config, provider: adapter.name, writesBack: adapter.writeBack !== undefined, by: { actor: adapter.name }, now: at };
      const open = await applyBillingEvents(context, events);
      await linkDelivery(trx, { inboxId, provider: adapter.name }, events);
      await updateDelivery(trx, inboxId, open.length > 0 ? { status: 'dead', ...told(open), handled_at: null } : { ...outcomeOf(events), handled_at: at });
      return open;
    }),
  );
  if (problems.length > 0) throw new DeadLetter(problems);
}

type Told = { reason: string | null; reason_codes: string | null };

/** Reasons as they stand on a delivery. */
function told(reasons: Reason[]): Told {
  return { reason: reasonsText(reasons), reason_codes: storedReasons(reasons) };
}

function outcomeOf(events: BillingEvent[]): Told & { status: 'handled' | 'ignored' } {
  const reasons = events.flatMap((event) => (event.type === 'Ignored' ? [event.reason] : []));
  return reasons.length === events.length ? { status: 'ignored', ...told(reasons) } : { status: 'handled', reason: null, reason_codes: null };
}

/** Says on the delivery what it waits for. */
async function waitingVisibly<Result>({ db }: Deps, inboxId: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof WaitFor) await updateDelivery(db, inboxId, { reason: error.message, reason_codes: storedReasons(error.reasons) });
    throw error;
  }
}

/** Shows on the delivery that it has become a dead letter, and why, and tells the operator, unless another attempt has applied it. */
export async function markDeliveryDead({ db, config, now }: Deps, { inboxId }: { inboxId: string }, reason: string, reasons: Reason[]): Promise<void> {
  await updateUnhandledDelivery(db, inboxId, { status: 'dead', reason, reason_codes: storedReasons(reasons) });
  const delivery = await findDelivery(db, inboxId);
  if (delivery?.status === 'dead') await transact(db, (trx) => alertOperator(trx, config, { cause: `dead:${delivery.provider}:${kindOfTrouble(reason)}`, kind: 'delivery', provider: delivery.provider, problem: reason }, now()));
}
