import type { Scope } from '../access/scope.ts';
import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { getCustomer } from '../customers/get-customer.ts';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import { enqueueJob } from '../jobs/enqueue.ts';
import { licensesLeft } from '../organizations/license-quota.ts';
import type { BatchInput } from './batch-kinds.ts';
import { insertBatch } from './batches.store.ts';
import { countTargets } from './targets.store.ts';

/**
 * Begins a change of many, in the caller's transaction: a job does it in slices, as far as `scope` reaches, and what cannot be changed is
 * counted and named. `id` stays the same when the same form comes twice. Returns the id. Throws LICENSE_QUOTA_EXHAUSTED for more new licences
 * than there is room for now.
 */
export async function startBatch(db: Db, input: BatchInput, { scope, by, id = newId() }: { scope: Scope; by: Actor; id?: string }, now: number): Promise<string> {
  const total = input.kind === 'create-licenses' ? input.count : await countTargets(db, input, scope, now);
  if (input.kind === 'create-licenses') await assertRoom(db, input);
  await insertBatch(db, {
    id, kind: input.kind, input: JSON.stringify(input), scope: JSON.stringify(scope), status: 'running', total, changed: 0, skipped: 0, position: null, problems: '[]',
    created_by: by.actor, created_at: now, updated_at: now, finished_at: null, downloaded_at: null,
  });
  await enqueueJob(db, { kind: 'run-batch', payload: { batchId: id }, dedupeKey: `run-batch:${id}` }, now);
  await recordAudit(db, by, { action: 'batch.started', entity: 'batch', entityId: id, after: { kind: input.kind, total }, reason: 'reason' in input ? input.reason : undefined }, now);
  return id;
}

async function assertRoom(db: Db, { customerId, count }: Extract<BatchInput, { kind: 'create-licenses' }>): Promise<void> {
  const left = await licensesLeft(db, (await getCustomer(db, customerId)).organization_id);
  if (left !== undefined && count > left) throw new AppError('LICENSE_QUOTA_EXHAUSTED', `count: the quota of the organisation, or of one above it, leaves ${left} licences.`, { field: 'body.count' });
}
