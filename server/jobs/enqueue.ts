import { insertedOnce, type Db } from '../db/database.ts';
import { newId } from '../ids.ts';
import type { JobPayloads } from './job-kinds.ts';

const defaultMaxAttempts = 14;

type JobInput<Kind extends keyof JobPayloads> = {
  kind: Kind;
  payload: JobPayloads[Kind];
  /** At most one job with this key waits or runs. */
  dedupeKey?: string;
  runAt?: number;
  maxAttempts?: number;
};

/** Puts a job into the queue, in the transaction of what causes it. False when one with the same key stands there already. */
export function enqueueJob<Kind extends keyof JobPayloads>(db: Db, { kind, payload, dedupeKey, runAt, maxAttempts }: JobInput<Kind>, now: number): Promise<boolean> {
  return insertedOnce(
    db
      .insertInto('jobs')
      .values({
        id: newId(),
        kind,
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

/** Runs the jobs that wait for this (WaitFor) at once: it has come. Those that gave up waiting begin anew. */
export async function wakeJobsWaitingFor(db: Db, what: string, now: number): Promise<void> {
  await db.updateTable('jobs').set({ run_at: now, updated_at: now }).where('waiting_for', '=', what).where('status', '=', 'queued').execute();
  await db.updateTable('jobs').set({ status: 'queued', attempts: 0, run_at: now, updated_at: now }).where('waiting_for', '=', what).where('status', '=', 'dead').execute();
}
