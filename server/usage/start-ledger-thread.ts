import { Worker } from 'node:worker_threads';
import { databaseHandles } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { errorText } from '../errors.ts';
import { writeLedgerBy } from './batched-writes.ts';
import { packWrites, unpackAnswers } from './ledger-wire.ts';
import type { LedgerAnswer, LedgerWrite } from './ledger-writes.ts';

export type ThreadData = { file: string; lock: SharedArrayBuffer };
type Sent = { count: number; answered: LedgerAnswer[]; resolve: (answers: LedgerAnswer[]) => void };

const manyAtOnce = 8;

/**
 * Has the ledger of an embedded database written by a thread of its own while `busyFrom` writes or more come at once, so that commits hold up nobody
 * who is being served. If the thread ends by itself, what it was writing fails and the ledger is written here again. `stop` waits for what is under
 * way. On MariaDB, where others do the work of a commit, there is no thread.
 */
export function startLedgerThread({ db, log }: Pick<Deps, 'db' | 'log'>, busyFrom = manyAtOnce): { thread: Worker | undefined; stop: () => Promise<void> } {
  const handles = databaseHandles(db);
  if (handles.engine !== 'sqlite') return { thread: undefined, stop: () => Promise.resolve() };
  const { file, lock } = handles;
  const thread = new Worker(new URL('./ledger-thread.ts', import.meta.url), { workerData: { file, lock: lock.shared } satisfies ThreadData });
  const sent: Sent[] = [];
  let isStopping = false;

  const write = (writes: LedgerWrite[]) =>
    new Promise<LedgerAnswer[]>((resolve) => {
      sent.push({ count: writes.length, answered: [], resolve });
      thread.postMessage(packWrites(writes));
    });
  writeLedgerBy(db, { write, busyFrom });
  thread.on('message', (text: string) => {
    for (const answer of unpackAnswers(text)) {
      const [oldest] = sent;
      if (!oldest) throw new Error('the ledger thread has answered what nobody asked');
      oldest.answered.push(answer);
      if (oldest.answered.length === oldest.count) sent.shift()?.resolve(oldest.answered);
    }
  });
  thread.on('error', (error) => log.error({ detail: errorText(error) }, 'the thread of the ledger has failed'));
  const ended = new Promise<void>((resolve) => {
    thread.once('exit', () => {
      writeLedgerBy(db, undefined);
      lock.freeOther();
      const failure = new Error('the thread of the ledger has ended');
      for (const { count, resolve: answer } of sent.splice(0)) answer(Array.from({ length: count }, () => ({ failure })));
      if (!isStopping) log.error({ detail: failure.message }, 'the ledger is written by the main thread from now on');
      resolve();
    });
  });
  return {
    thread,
    stop() {
      isStopping = true;
      thread.postMessage(null);
      return ended;
    },
  };
}
