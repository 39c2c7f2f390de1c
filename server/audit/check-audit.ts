import { othersTurn } from '../others-turn.ts';
import { z } from 'zod';
import { transact, type Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { newId } from '../ids.ts';
import { enqueueJob } from '../jobs/enqueue.ts';
import { beginning, problemKinds, type ChainProgress } from './chain.rules.ts';
import { findCheck, findHead, findNewestCheck, insertCheck, updateCheck } from './chain.store.ts';
import type { Actor } from './record-audit.ts';
import { verifySlice } from './verify-audit.ts';

const storedProgress = z.object({
  seq: z.number(), hash: z.string(), lines: z.number(), problemCount: z.number(), phase: z.enum(['seals', 'lines']), lastId: z.string(), waiting: z.number(), emptied: z.number().default(0),
  problems: z.array(z.object({ kind: z.enum(problemKinds), seq: z.number().nullable(), id: z.string().nullable() })),
});
/** A job goes no longer than this at a time: stopping the server waits for it. */
const longestRunMs = 2_000;
/** A walk that has not moved for so long is not under way any more. */
const abandonedAfterMs = 24 * 60 * 60_000;

/** A walk over the chain, as it stands or as it ended. */
export type AuditCheckState = { id: string; status: 'running' | 'intact' | 'broken'; requestedBy: string; createdAt: number; finishedAt: number | null; progress: ChainProgress };

/** Has the chain walked over in the background; returns the check that is under way already, if there is one. */
export function requestCheck(db: Db, by: Actor, now: number): Promise<string> {
  return transact(db, async (trx) => {
    const newest = await findNewestCheck(trx);
    if (newest?.status === 'running' && newest.created_at > now - abandonedAfterMs) return newest.id;
    const id = newId();
    await insertCheck(trx, { id, status: 'running', requested_by: by.actor, position: 0, progress: JSON.stringify(beginning), created_at: now, finished_at: null });
    await enqueueJob(trx, { kind: 'check-audit', payload: { checkId: id }, dedupeKey: `check-audit:${id}:0` }, now);
    return id;
  });
}

/** The newest check. */
export async function newestCheck(db: Db): Promise<AuditCheckState | undefined> {
  const row = await findNewestCheck(db);
  if (!row) return undefined;
  const status = row.status === 'intact' || row.status === 'broken' ? row.status : 'running';
  return { id: row.id, status, requestedBy: row.requested_by, createdAt: row.created_at, finishedAt: row.finished_at, progress: storedProgress.parse(JSON.parse(row.progress)) };
}

/** Where the chain ends, with its hash in hexadecimal, and its newest check. */
export async function readChain(db: Db): Promise<{ head: { seq: number; hash: string } | undefined; check: AuditCheckState | undefined }> {
  const head = await findHead(db);
  return { head: head && { seq: head.seq, hash: Buffer.from(head.hash).toString('hex') }, check: await newestCheck(db) };
}

/** A part of a check; what is left becomes a further job. */
export async function checkAudit({ db, now }: Pick<Deps, 'db' | 'now'>, { checkId }: { checkId: string }): Promise<void> {
  const row = await findCheck(db, checkId);
  if (!row || row.status !== 'running') return;
  let next: { progress: ChainProgress; isDone: boolean } = { progress: storedProgress.parse(JSON.parse(row.progress)), isDone: false };
  const endsAt = performance.now() + longestRunMs;
  while (!next.isDone && performance.now() < endsAt) {
    next = await verifySlice(db, next.progress);
    await othersTurn();
  }
  const { progress, isDone } = next;
  const position = row.position + 1;
  await transact(db, async (trx) => {
    await updateCheck(trx, checkId, { progress: JSON.stringify(progress), position, ...(isDone ? { status: progress.problemCount === 0 ? 'intact' : 'broken', finished_at: now() } : {}) });
    if (!isDone) await enqueueJob(trx, { kind: 'check-audit', payload: { checkId }, dedupeKey: `check-audit:${checkId}:${position}` }, now());
  });
}
