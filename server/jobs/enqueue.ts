import { insertedOnce, type Db } from '../db/database.ts';
import { newId } from '../ids.ts';
import { laneOf, type JobPayloads, type Lane } from './job-kinds.ts';

const defaultMaxAttempts = 14;

type JobInput<Kind extends keyof JobPayloads> = {
  kind: Kind;
  payload: JobPayloads[Kind];
  /** At most one job with this key waits or runs. */
  dedupeKey?: string;
  /** What it waits behind; that of its kind otherwise. */
  lane?: Lane;
  runAt?: number;
  maxAttempts?: number;
};

/** Puts a job into the queue, in the transaction of what causes it. False when one with the same key stands there already. */
export function enqueueJob<Kind extends keyof JobPayloads>(db: Db, { kind, payload, dedupeKey, lane = laneOf(kind), runAt, maxAttempts }: JobInput<Kind>, now: number): Promise<boolean> {
  return insertedOnce(
    db
      .insertInto('jobs')
      .values({
        id: newId(),
        kind,
        lane,
        payload: JSON.stringify(payload),
        dedupe_key: dedupeKey ?? null,
        status: 'queued',
        run_at: runAt ?? now,
        attempts: 0,
        max_attempts: maxAttempts ?? defaultMaxAttempts,
        waiting_for: null,
        locked_by: null,
        locked_until: null,
        last_error: null,
        created_at: now,
        updated_at: now,
      })
      .execute(),
  );
}

/** Asked for again: without a lease, the attempt that may be running cannot tick the job off. */
const again = { status: 'queued', locked_by: null, locked_until: null };

/** Runs the job with this key at once and from its first attempt, also when it waits, has given up or is running just now; false when there is none. */
export async function runAgain(db: Db, dedupeKey: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db.updateTable('jobs').set({ ...again, attempts: 0, run_at: now, updated_at: now }).where('dedupe_key', '=', dedupeKey).executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Runs the jobs that wait for this (WaitFor) at once: it has come. Those that look for it just now look again, those that gave up waiting begin anew. */
export async function wakeJobsWaitingFor(db: Db, what: string, now: number): Promise<void> {
  await db.updateTable('jobs').set({ ...again, run_at: now, updated_at: now }).where('waiting_for', '=', what).where('status', 'in', ['queued', 'running']).execute();
  await db.updateTable('jobs').set({ ...again, attempts: 0, run_at: now, updated_at: now }).where('waiting_for', '=', what).where('status', '=', 'dead').execute();
}
