import type { Selectable, SelectQueryBuilder } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

/** Begins the key of the one job that stands for each recurring kind. */
export const recurringPrefix = 'every:';

const errorLength = 10_000;

export type Job = Selectable<Schema['jobs']>;

/** Jobs that may run now, at most `limit` of each lane: due ones, and those whose process has stopped renewing its lease. The oldest first. */
export async function listDueJobs(db: Db, now: number, lanes: string[], limit: number): Promise<Job[]> {
  const [first, ...others] = lanes.map((lane, index) => oldestOf(db.selectFrom('jobs').selectAll().where('lane', '=', lane).where('status', '=', 'queued').where('run_at', '<=', now), limit, db, `due_${index}`));
  if (!first) return [];
  const abandoned = oldestOf(db.selectFrom('jobs').selectAll().where('lane', 'in', lanes).where('status', '=', 'running').where('locked_until', '<', now), limit, db, 'abandoned');
  const jobs = await [...others, abandoned].reduce((query, other) => query.unionAll(other), first).execute();
  return jobs.sort((a, b) => a.run_at - b.run_at);
}

type JobQuery = SelectQueryBuilder<Schema, 'jobs', Job>;

/** In brackets of its own, so that each part of the union has its order and its limit. */
function oldestOf(query: JobQuery, limit: number, db: Db, name: string): SelectQueryBuilder<Schema, never, Job> {
  return db.selectFrom(query.orderBy('run_at').limit(limit).as(name)).selectAll();
}

/** Takes a job under a lease of its own; false when another worker was quicker. The guard repeats what listDueJobs saw. */
export async function claimJob(db: Db, job: Job, lease: string, lockedUntil: number, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('jobs')
    .set({ status: 'running', locked_by: lease, locked_until: lockedUntil, attempts: job.attempts + 1, updated_at: now })
    .where('id', '=', job.id)
    .where('status', '=', job.status)
    .where('attempts', '=', job.attempts)
    .where('run_at', '=', job.run_at)
    .where('locked_until', job.locked_until === null ? 'is' : '=', job.locked_until)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Keeps a long job; false when the lease was lost. */
export async function renewLease(db: Db, id: string, lease: string, lockedUntil: number): Promise<boolean> {
  const { numUpdatedRows } = await db.updateTable('jobs').set({ locked_until: lockedUntil }).where('id', '=', id).where('locked_by', '=', lease).executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Ticks a job off, unless it was asked for again while it ran (runAgain). */
export async function deleteJob(db: Db, id: string, lease: string): Promise<void> {
  await db.deleteFrom('jobs').where('id', '=', id).where('locked_by', '=', lease).execute();
}

/** Gives a job back: to be run again at `runAt`, or dead. */
export async function releaseJob(db: Db, id: string, lease: string, outcome: { status: 'queued' | 'dead'; runAt: number; attempts: number; lastError: string | null; waitingFor: string | null }, now: number): Promise<void> {
  await db
    .updateTable('jobs')
    .set({ status: outcome.status, run_at: outcome.runAt, attempts: outcome.attempts, last_error: outcome.lastError?.slice(0, errorLength) ?? null, waiting_for: outcome.waitingFor, locked_by: null, locked_until: null, updated_at: now })
    .where('id', '=', id)
    .where('locked_by', '=', lease)
    .execute();
}

/** Lets a recurring job run again that was given up on. */
export async function reviveDeadJob(db: Db, dedupeKey: string, now: number): Promise<void> {
  await db.updateTable('jobs').set({ status: 'queued', attempts: 0, run_at: now, updated_at: now }).where('dedupe_key', '=', dedupeKey).where('status', '=', 'dead').execute();
}

/** Jobs by status, without the recurring ones. */
export async function countJobsByStatus(db: Db): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('jobs')
    .select(['status', (eb) => eb.fn.countAll<number>().as('count')])
    .where((eb) => eb.or([eb('dedupe_key', 'is', null), eb('dedupe_key', 'not like', `${recurringPrefix}%`)]))
    .groupBy('status')
    .execute();
  return new Map(rows.map(({ status, count }) => [status, count]));
}

export function findJob(db: Db, id: string): Promise<Job | undefined> {
  return db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function listDeadJobIds(db: Db, kind: string, limit: number): Promise<string[]> {
  const rows = await db.selectFrom('jobs').select('id').where('status', '=', 'dead').where('kind', '=', kind).orderBy('run_at').limit(limit).execute();
  return rows.map(({ id }) => id);
}

/** False when the job is not dead. */
export async function requeueDeadJob(db: Db, id: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db.updateTable('jobs').set({ status: 'queued', attempts: 0, run_at: now, locked_by: null, locked_until: null, updated_at: now }).where('id', '=', id).where('status', '=', 'dead').executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** False when the job is not dead. */
export async function deleteDeadJob(db: Db, id: string): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('jobs').where('id', '=', id).where('status', '=', 'dead').executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Jobs that were given up, the newest first. */
export function listDeadJobs(db: Db, limit: number): Promise<Pick<Job, 'id' | 'kind' | 'attempts' | 'last_error' | 'updated_at' | 'payload'>[]> {
  return db.selectFrom('jobs').select(['id', 'kind', 'attempts', 'last_error', 'updated_at', 'payload']).where('status', '=', 'dead').orderBy('run_at', 'desc').limit(limit).execute();
}
