import { DatabaseSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';

/** The thread of write-back.ts. `workerData` is the file of the database. */
const busyMs = 50;
const idleMs = 1_000;
const manyPages = 1_000;

const database = new DatabaseSync(workerData as string);
const checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');
let writtenBack = 0;

/** Writes back what the log holds so far, without holding up whoever writes: the more has come, the sooner it looks again. */
function writeBack(): void {
  const { log, checkpointed } = checkpoint.get() as { log: number; checkpointed: number };
  // A log that was written back whole begins anew.
  const pages = log < writtenBack ? log : log - writtenBack;
  writtenBack = checkpointed;
  setTimeout(writeBack, pages > manyPages ? busyMs : idleMs);
}

writeBack();
