import { databaseHandles, isRetryable, transact, type Db } from '../db/database.ts';
import { AppError } from '../errors.ts';

type Waiting = { order: string; run: (trx: Db) => Promise<() => void>; fail: (error: unknown) => void };
type Queue = { waiting: Waiting[]; running: number; isScheduled: boolean };

/** The embedded database has one writer. On MariaDB several connections wait for the network at the same time. */
const lanes = { sqlite: { atOnce: 1, size: 256 }, mariadb: { atOnce: 4, size: 32 } };
/** The more writes share a commit, the cheaper each is; a turn of a busy event loop takes less than a commit. */
const turnsOfCompany = 3;
const queues = new WeakMap<Db, Queue>();

/**
 * Runs `work` in a transaction that it shares with others that come at the same time: one commit for all of them, which is what lets a busy
 * server meter every request. Like transact(…, 'unsynced') it may run more than once and fails alone: what breaks a shared transaction is run again by itself.
 * Those with a smaller `order` go first, so that transactions take their row locks in the same order.
 */
export function batchedWrite<Result>(db: Db, order: string, work: (trx: Db) => Promise<Result>): Promise<Result> {
  if (db.isTransaction) return work(db);
  return new Promise((resolve, reject) => {
    const queue = queues.get(db) ?? { waiting: [], running: 0, isScheduled: false };
    queues.set(db, queue);
    queue.waiting.push({
      order,
      fail: reject,
      async run(trx) {
        const result = await work(trx);
        return () => resolve(result);
      },
    });
    if (queue.isScheduled) return;
    queue.isScheduled = true;
    gather(db, queue, 0, turnsOfCompany);
  });
}

/** What is asked for in this turn of the event loop comes along, and what the next turns bring as long as each brings something. */
function gather(db: Db, queue: Queue, known: number, turns: number): void {
  setImmediate(() => {
    const { length } = queue.waiting;
    if (length > known && turns > 0) return gather(db, queue, length, turns - 1);
    queue.isScheduled = false;
    void drain(db, queue);
    return undefined;
  });
}

async function drain(db: Db, queue: Queue): Promise<void> {
  const { atOnce, size } = lanes[databaseHandles(db).engine];
  if (queue.running >= atOnce) return;
  queue.running += 1;
  while (queue.waiting.length > 0) await commit(db, queue.waiting.splice(0, size).sort((a, b) => Number(a.order > b.order) - Number(a.order < b.order)));
  queue.running -= 1;
}

async function commit(db: Db, batch: Waiting[]): Promise<void> {
  try {
    const done = await transact(db, async (trx) => {
      const answers: (() => void)[] = [];
      for (const { run } of batch) answers.push(await run(trx));
      return answers;
    }, 'unsynced');
    for (const answer of done) answer();
  } catch (error) {
    // A database that is busy is so for everybody; anything else is the fault of one.
    if (batch.length === 1 || isRetryable(error) || error instanceof AppError) for (const { fail } of batch) fail(error);
    else for (const one of batch) await commit(db, [one]);
  }
}
