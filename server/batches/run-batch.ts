import { othersTurn } from '../others-turn.ts';
import type { Scope } from '../access/scope.ts';
import type { Actor } from '../audit/record-audit.ts';
import { inSavepoint, transact, type Db } from '../db/database.ts';
import type { Place } from '../db/keyset.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { issueLicense, manualTerm } from '../licenses/issue-license.ts';
import { currentScope } from '../organizations/current-scope.ts';
import { getPlanById } from '../plans/get-plan.ts';
import { applyChange } from './apply-change.ts';
import { batchInput, batchProblems, batchScope, problemsKept, type BatchInput } from './batch-kinds.ts';
import { endBatch, findBatch, insertBatchLicense, takeBatch, updateBatch, type Batch } from './batches.store.ts';
import { nextTargets } from './targets.store.ts';

/** So many are changed in one transaction: others wait for no longer than that. */
const sliceSize = 25;

/** The job behind startBatch. What a slice has done and how far it came is one transaction: broken off anywhere, it goes on where it was. */
export async function runBatch(deps: Deps, { batchId }: { batchId: string }): Promise<void> {
  let size = sliceSize;
  for (let isMore = true; isMore; await othersTurn()) {
    try {
      isMore = await transact(deps.db, (trx) => runSlice({ ...deps, db: trx }, batchId, size));
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'LICENSE_QUOTA_EXHAUSTED')) throw error;
      // The slice has left nothing behind: one by one, until the last that there is room for.
      if (size === 1) isMore = await transact(deps.db, (trx) => endWithoutRoom(trx, batchId, deps.now()));
      size = 1;
    }
  }
}

/** The rest of the licences cannot be made: others have taken the room since the batch began. */
async function endWithoutRoom(db: Db, batchId: string, at: number): Promise<false> {
  await takeBatch(db, batchId, at);
  const batch = await findBatch(db, batchId);
  if (batch?.status === 'running') await advance(db, batchId, { skipped: batch.total - batch.changed, problems: JSON.stringify([{ id: batchId, code: 'LICENSE_QUOTA_EXHAUSTED' }]) }, false, at);
  return false;
}

/** The job has given up: so has the batch. */
export async function markBatchFailed({ db, now }: Deps, { batchId }: { batchId: string }): Promise<void> {
  await endBatch(db, batchId, 'failed', now());
}

/** True while there is more to do. */
async function runSlice(deps: Deps, batchId: string, size: number): Promise<boolean> {
  const { db, now } = deps;
  const at = now();
  await takeBatch(db, batchId, at);
  const batch = await findBatch(db, batchId);
  if (batch?.status !== 'running') return false;
  const input = batchInput.parse(JSON.parse(batch.input));
  const by: Actor = { actor: batch.created_by };
  return input.kind === 'create-licenses' ? createSlice(deps, batch, input, { by, size }, at) : changeSlice(deps, batch, input, by, at);
}

async function changeSlice(deps: Deps, batch: Batch, stored: Exclude<BatchInput, { kind: 'create-licenses' }>, by: Actor, at: number): Promise<boolean> {
  // Organisations may have been moved meanwhile, also between two slices.
  const scope = await currentScope(deps.db, batchScope.parse(JSON.parse(batch.scope)));
  const { within } = stored.target;
  const input = within === undefined ? stored : withTarget(stored, await currentScope(deps.db, within));
  const places = await nextTargets(deps.db, input, scope, { after: readPlace(batch.position), begunAt: batch.created_at, limit: sliceSize, now: batch.created_at });
  const problems = batchProblems.parse(JSON.parse(batch.problems));
  let { changed, skipped } = batch;
  for (const { id } of places) {
    try {
      await inSavepoint(deps.db, () => applyChange(deps, input, id, { scope, by, batchId: batch.id }, at));
      changed += 1;
    } catch (error) {
      if (!(error instanceof AppError) || error.status >= 500) throw error;
      skipped += 1;
      if (problems.length < problemsKept) problems.push({ id, code: error.code });
    }
  }
  const last = places.at(-1);
  return advance(deps.db, batch.id, { changed, skipped, problems: JSON.stringify(problems), ...(last ? { position: `${last.at}.${last.id}` } : {}) }, places.length === sliceSize, at);
}

function withTarget<Input extends Exclude<BatchInput, { kind: 'create-licenses' }>>(input: Input, within: Scope): Input {
  return { ...input, target: { ...input.target, within } };
}

async function createSlice({ db, vault }: Deps, batch: Batch, input: Extract<BatchInput, { kind: 'create-licenses' }>, { by, size }: { by: Actor; size: number }, at: number): Promise<boolean> {
  const plan = await getPlanById(db, input.planId);
  const end = Math.min(input.count, batch.changed + size);
  for (let number = batch.changed + 1; number <= end; number += 1) {
    const { license } = await issueLicense(db, vault, { customerId: input.customerId, plan, productId: input.productId, term: manualTerm(input.months, at) }, by, at);
    await insertBatchLicense(db, { batch_id: batch.id, number, license_id: license.id });
  }
  return advance(db, batch.id, { changed: end }, end < input.count, at);
}

async function advance(db: Db, id: string, progress: Partial<Batch>, hasMore: boolean, at: number): Promise<boolean> {
  await updateBatch(db, id, { ...progress, updated_at: at, ...(hasMore ? {} : { status: 'done', finished_at: at }) });
  return hasMore;
}

function readPlace(position: string | null): Place | undefined {
  const [, at = '', id = ''] = /^(\d+)\.(.+)$/.exec(position ?? '') ?? [];
  return id === '' ? undefined : { at: Number(at), id };
}
