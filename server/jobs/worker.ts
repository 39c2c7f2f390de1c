import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Deps } from '../deps.ts';
import { errorText } from '../errors.ts';
import { enqueueJob } from './enqueue.ts';
import { DeadLetter, lanes, RetryLater, WaitFor, type JobPayloads, type Lane } from './job-kinds.ts';
import { withSettings } from '../settings/with-settings.ts';
import type { JobList } from './job-list.ts';
import { claimJob, deleteJob, listDueJobs, recurringPrefix, releaseJob, renewLease, reviveDeadJob, type Job } from './jobs.store.ts';

const pollMs = 200;
/** Read in advance for each lane: other processes take some of them first. */
const listed = 8;
const allLanes = Object.keys(lanes) as Lane[];
const leaseMs = 20_000;
const maxBackoffMs = 60 * 60 * 1000;
/** So often may a job's process end, beyond its attempts, before the job itself is taken for the reason. */
const endsWithoutRecord = 10;

export type Worker = {
  /** Takes no new job and waits for those that run. */
  stop(): Promise<void>;
};

/** Runs the jobs of the queue until it is stopped. Several processes may each run a worker on one database. */
export function startWorker(deps: Deps, jobs: JobList): Worker {
  const stopping = new AbortController();
  const running = new Map<Promise<void>, Lane>();
  const hasRoom = (lane: Lane) => [...running.values()].filter((other) => other === lane).length < lanes[lane];

  async function poll(): Promise<void> {
    let isScheduled = false;
    while (!stopping.signal.aborted) {
      let taken = 0;
      try {
        if (!isScheduled) await scheduleRecurring(deps, jobs);
        isScheduled = true;
        taken = await takeJobs();
      } catch (error) {
        deps.log.error({ detail: errorText(error) }, 'the queue cannot be read');
      }
      // A lane that is full goes on as soon as one of its jobs has ended; the others are looked at in between.
      if (taken === 0) await Promise.race([sleep(pollMs, undefined, { signal: stopping.signal }).catch(() => undefined), ...[...running].filter(([, lane]) => !hasRoom(lane)).map(([run]) => run)]);
    }
  }

  async function takeJobs(): Promise<number> {
    let taken = 0;
    for (const job of await listDueJobs(deps.db, deps.now(), allLanes.filter(hasRoom), listed)) {
      const lane = job.lane as Lane;
      if (stopping.signal.aborted) break;
      if (!hasRoom(lane)) continue;
      const lease = randomUUID();
      if (!(await claimJob(deps.db, job, lease, deps.now() + leaseMs, deps.now()))) continue;
      taken += 1;
      const run = runJob(deps, jobs, { ...job, attempts: job.attempts + 1 }, lease).finally(() => running.delete(run));
      running.set(run, lane);
    }
    return taken;
  }

  const polling = poll().catch((error: unknown) => deps.log.fatal({ detail: errorText(error) }, 'the worker ended'));
  return {
    async stop() {
      stopping.abort();
      await polling;
      await Promise.all(running.keys());
    },
  };
}

/** Runs every due job once, one after the other, until none is due; returns how many ran. For the command line and for tests. */
export async function runDueJobs(deps: Deps, jobs: JobList): Promise<number> {
  for (let count = 0; ; ) {
    const due = await listDueJobs(deps.db, deps.now(), allLanes, 50);
    if (due.length === 0) return count;
    for (const job of due) {
      const lease = randomUUID();
      if (!(await claimJob(deps.db, job, lease, deps.now() + leaseMs, deps.now()))) continue;
      await runJob(deps, jobs, { ...job, attempts: job.attempts + 1 }, lease);
      count += 1;
    }
  }
}

async function scheduleRecurring(deps: Deps, jobs: JobList): Promise<void> {
  for (const [kind, { everyMs }] of Object.entries(jobs)) {
    if (everyMs === undefined) continue;
    const dedupeKey = `${recurringPrefix}${kind}`;
    const isNew = await enqueueJob(deps.db, { kind: kind as 'sweep-reservations', payload: {}, dedupeKey }, deps.now());
    // A version that does not know the job has given up on it.
    if (!isNew) await reviveDeadJob(deps.db, dedupeKey, deps.now());
  }
}

/**
 * Never throws: whatever a job does ends in the queue's row and in the log. Only what the job itself throws counts as its failure; when
 * its end cannot be recorded, the lease runs out and the job, which bears repetition, runs again.
 */
async function runJob(deps: Deps, jobs: JobList, job: Job, lease: string): Promise<void> {
  const { db, log, now } = deps;
  const heartbeat = setInterval(() => {
    renewLease(db, job.id, lease, now() + leaseMs).catch((error: unknown) => log.error({ job: job.kind, job_id: job.id, detail: errorText(error) }, 'the lease of a job could not be renewed'));
  }, leaseMs / 3);
  const definition = jobs[job.kind as keyof JobPayloads];
  try {
    const outcome = await outcomeOf(deps, definition, job);
    if (!('error' in outcome)) {
      if (definition?.everyMs === undefined) await deleteJob(db, job.id, lease);
      else await releaseJob(db, job.id, lease, { status: 'queued', runAt: now() + (outcome.goOnInMs ?? definition.everyMs), attempts: 0, lastError: null, waitingFor: null }, now());
    } else {
      const { error } = outcome;
      const isDead = error instanceof DeadLetter || (job.attempts >= job.max_attempts && definition?.everyMs === undefined);
      const runAt = now() + (error instanceof RetryLater ? error.delayMs : Math.min(backoffMs(job.attempts), definition?.everyMs ?? maxBackoffMs));
      // Told first: after a crash in between the job runs, fails and tells again.
      if (isDead && definition?.onDead) await definition.onDead(await withSettings(deps), JSON.parse(job.payload) as never, errorText(error), error instanceof DeadLetter || error instanceof WaitFor ? error.reasons : []);
      await releaseJob(db, job.id, lease, { status: isDead ? 'dead' : 'queued', runAt, attempts: job.attempts, lastError: errorText(error), waitingFor: error instanceof WaitFor ? error.what : null }, now());
      log[isDead ? 'error' : 'warn']({ job: job.kind, job_id: job.id, attempt: job.attempts, detail: errorText(error) }, isDead ? 'job is a dead letter' : 'job failed and will be retried');
    }
  } catch (error) {
    log.error({ job: job.kind, job_id: job.id, detail: errorText(error) }, 'the outcome of a job could not be recorded; its lease will run out');
  } finally {
    clearInterval(heartbeat);
  }
}

/** Runs a job; returns what it throws, or when it wants to go on. */
async function outcomeOf(deps: Deps, definition: JobList[keyof JobPayloads], job: Job): Promise<{ error: unknown } | { goOnInMs?: number }> {
  try {
    if (!definition) throw new DeadLetter(`this version has no job "${job.kind}"`);
    if (definition.everyMs === undefined && job.attempts > job.max_attempts + endsWithoutRecord) throw new DeadLetter(`The server ended while it ran, ${job.attempts - 1} times. What it does may be what ends the server: see its log.`);
    return (await definition.run(await withSettings(deps), JSON.parse(job.payload) as never)) ?? {};
  } catch (error) {
    return { error };
  }
}

/** 2 s, 4 s, 8 s … an hour at most, spread by a quarter so that retries do not come in step. */
function backoffMs(attempt: number): number {
  return Math.round(Math.min(1_000 * 2 ** attempt, maxBackoffMs) * (0.75 + Math.random() / 2));
}
