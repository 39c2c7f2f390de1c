import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { errorText } from '../errors.ts';
import { databaseHandles, type Db } from './database.ts';

/**
 * Writes the log of the embedded database back to its file, in a thread of its own, so that no request waits for the disk; MariaDB does that by itself. One process of
 * several is enough. Should the thread fail, it is logged, and the writer goes on alone: it does the same whenever the log has grown long (sqlite.ts).
 * To be stopped before the database is closed.
 */
export function startWriteBack(db: Db, log: Logger): { stop(): Promise<void> } {
  const handles = databaseHandles(db);
  const file = handles.engine === 'sqlite' ? handles.sqlite.writer.location() : null;
  if (file === null) return { stop: async () => undefined };
  const thread = new Worker(new URL('write-back-thread.ts', import.meta.url), { workerData: file });
  thread.unref();
  thread.on('error', (error) => log.warn({ detail: errorText(error) }, 'the thread that writes back the log of the database has ended; requests wait for it now and then'));
  return {
    async stop() {
      await thread.terminate();
    },
  };
}
