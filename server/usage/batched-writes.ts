import { databaseHandles, type Db } from '../db/database.ts';
import { applyWrite, commitWrites, type LedgerAnswer, type LedgerResult, type LedgerResults, type LedgerWrite } from './ledger-writes.ts';

type Waiting = { write: LedgerWrite; resolve: (result: LedgerResult) => void; reject: (error: unknown) => void };
type Queue = { waiting: Waiting[]; running: number; isScheduled: boolean; /** How many writes come in one turn of the event loop, of late. */ atOnce: number };
/** Does the writes elsewhere, and answers in their order. While fewer than `busyFrom` come at once, the way there costs more than the commit. */
export type LedgerWriter = { write: (writes: LedgerWrite[]) => Promise<LedgerAnswer[]>; busyFrom: number };

/** The embedded database has one writer at a time; its thread gets the next batch while it writes one. On MariaDB several connections wait for the network at the same time. */
const lanes = { thread: { atOnce: 2, size: 64 }, sqlite: { atOnce: 1, size: 256 }, mariadb: { atOnce: 4, size: 32 } };
const turnsLookedAt = 16;
const queues = new WeakMap<Db, Queue>();
const writers = new WeakMap<Db, LedgerWriter>();

/** From now on `writer` writes the ledger of this database when there is much to write; without one it is always written here. */
export function writeLedgerBy(db: Db, writer: LedgerWriter | undefined): void {
  if (writer) writers.set(db, writer);
  else writers.delete(db);
}

/**
 * Writes to the ledger in a transaction that is shared with what comes at the same time: one commit for all of them, which is what lets a busy
 * server meter every request. It may be tried more than once, takes effect once, and fails alone. In a transaction it belongs to that one.
 */
export function writeLedger<Write extends LedgerWrite>(db: Db, write: Write): Promise<LedgerResults[Write['kind']]> {
  type Result = LedgerResults[Write['kind']];
  if (db.isTransaction) return applyWrite(db, write) as Promise<Result>;
  return new Promise<LedgerResult>((resolve, reject) => {
    const queue = queues.get(db) ?? { waiting: [], running: 0, isScheduled: false, atOnce: 0 };
    queues.set(db, queue);
    queue.waiting.push({ write, resolve, reject });
    // What is asked for in this turn of the event loop comes along.
    if (queue.isScheduled) return;
    queue.isScheduled = true;
    setImmediate(() => {
      queue.isScheduled = false;
      void drain(db, queue);
    });
  }) as Promise<Result>;
}

async function drain(db: Db, queue: Queue): Promise<void> {
  queue.atOnce += (queue.waiting.length - queue.atOnce) / turnsLookedAt;
  const { atOnce } = lanes[writerOf(db, queue) ? 'thread' : databaseHandles(db).engine];
  if (queue.running >= atOnce) return;
  queue.running += 1;
  while (queue.waiting.length > 0) {
    const write = writerOf(db, queue);
    const batch = queue.waiting.splice(0, lanes[write ? 'thread' : databaseHandles(db).engine].size);
    const writes = batch.map((waiting) => waiting.write);
    tell(batch, await (write ? write(writes) : commitWrites(db, writes)));
  }
  queue.running -= 1;
}

function writerOf(db: Db, queue: Queue): LedgerWriter['write'] | undefined {
  const writer = writers.get(db);
  return writer && queue.atOnce >= writer.busyFrom ? writer.write : undefined;
}

function tell(batch: Waiting[], answers: LedgerAnswer[]): void {
  batch.forEach(({ resolve, reject }, index) => {
    const answer = answers[index];
    if (answer && 'result' in answer) resolve(answer.result);
    else reject(answer?.failure);
  });
}
