import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { closeDatabase, openFile } from '../db/database.ts';
import { writeLock } from '../db/write-lock.ts';
import { errorText } from '../errors.ts';
import { commitWrites } from './ledger-writes.ts';
import { packAnswers, unpackWrites } from './ledger-wire.ts';
import type { ThreadData } from './start-ledger-thread.ts';

/** The thread that keeps the ledger of an embedded database. A message is a batch of writes as JSON, null the wish to end; the answers go back in their order. */
const port = parentPort;
if (!port) throw new Error('this is started by startLedgerThread');
const { file, lock } = workerData as ThreadData;
const db = openFile(file, writeLock('ledger', lock));
const batches: (string | null)[] = [];
let isWorking = false;

port.on('message', (message: string | null) => {
  batches.push(message);
  if (!isWorking) void work();
});

async function work(): Promise<void> {
  isWorking = true;
  for (let texts = waiting(); texts.length > 0; texts = waiting()) {
    const writes = texts.flatMap((text) => (text === null ? [] : unpackWrites(text)));
    if (writes.length > 0) port?.postMessage(packAnswers(await commitWrites(db, writes), errorText));
    if (texts.includes(null)) {
      await closeDatabase(db);
      port?.close();
    }
  }
  isWorking = false;
}

/** What has come while the last transaction was under way. */
function waiting(): (string | null)[] {
  for (let next = port && receiveMessageOnPort(port); next; next = port && receiveMessageOnPort(port)) batches.push(next.message as string | null);
  return batches.splice(0);
}
