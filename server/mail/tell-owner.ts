import type { Db } from '../db/database.ts';
import { enqueueJob } from '../jobs/enqueue.ts';
import type { Notice } from './notices.rules.ts';

/** Has an e-mail written about something, from the transaction in which it happens. One for each cause, whatever is repeated. */
export async function tellOwner(db: Db, notice: Notice, now: number): Promise<void> {
  await enqueueJob(db, { kind: 'write-notice', payload: notice }, now);
}
