import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { deleteDeadJob, findJob, listDeadJobIds, requeueDeadJob } from './jobs.store.ts';

/** Runs a job again that was given up, from its first attempt. Throws NOT_FOUND, and CONFLICT for one that is not given up. */
export function retryJob(db: Db, id: string, by: Actor, now: number): Promise<void> {
  return transact(db, async (trx) => {
    const job = await findJob(trx, id);
    if (!job) throw noSuchJob();
    if (!(await requeueDeadJob(trx, id, now))) throw new AppError('CONFLICT', 'Only a job that was given up can be run again.');
    await recordAudit(trx, by, { action: 'job.retried', entity: 'job', entityId: id, before: { kind: job.kind, last_error: job.last_error } }, now);
  });
}

/** So many are run again at once; the next by asking again. */
export const jobsRetriedAtOnce = 500;

/** Runs every job of a kind again that was given up, at most so many; returns how many. */
export async function retryJobs(db: Db, kind: string, limit: number, by: Actor, now: number): Promise<number> {
  const ids = await listDeadJobIds(db, kind, limit);
  for (const id of ids) await retryJob(db, id, by, now);
  return ids.length;
}

/** Forgets a job that was given up: what it should have done is not done. Throws NOT_FOUND, and CONFLICT for one that is not given up. */
export function deleteJob(db: Db, id: string, by: Actor, now: number): Promise<void> {
  return transact(db, async (trx) => {
    const job = await findJob(trx, id);
    if (!job) throw noSuchJob();
    if (!(await deleteDeadJob(trx, id))) throw new AppError('CONFLICT', 'Only a job that was given up can be deleted.');
    await recordAudit(trx, by, { action: 'job.deleted', entity: 'job', entityId: id, before: { kind: job.kind, last_error: job.last_error } }, now);
  });
}

function noSuchJob(): AppError {
  return new AppError('NOT_FOUND', 'There is no such job. It may have run meanwhile.');
}
