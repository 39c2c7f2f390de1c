import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { enqueueJob, runAgain } from '../jobs/enqueue.ts';
import { listFailedEmails, requeueFailedEmail } from './emails.store.ts';
import { isResendable } from './resend-email.ts';

/** So many are sent again at once; the next are sent by asking again. */
export const retriedAtOnce = 500;

/** E-mails that were given up and can be sent again, oldest first: no sign-in links, which have ended meanwhile. */
export async function listRetriable({ db }: Pick<Deps, 'db'>): Promise<{ id: string; recipient: string; template: string; last_error: string | null }[]> {
  return (await listFailedEmails(db, retriedAtOnce)).filter(({ template }) => isResendable(template));
}

/** Sends e-mails that were given up once more, to the addresses that they have, and returns how many: those of `ids`, or all (at most `retriedAtOnce`). One that has been sent meanwhile is not sent again. */
export async function retryFailedEmails({ db, now }: Pick<Deps, 'db' | 'now'>, by: Actor, ids?: string[]): Promise<number> {
  const at = now();
  const failed = (await listRetriable({ db })).filter(({ id }) => ids === undefined || ids.includes(id));
  let count = 0;
  for (const { id } of failed) {
    const isQueued = await transact(db, async (trx) => {
      if (!(await requeueFailedEmail(trx, id))) return false;
      if (!(await runAgain(trx, `send-email:${id}`, at))) await enqueueJob(trx, { kind: 'send-email', payload: { emailId: id }, dedupeKey: `send-email:${id}` }, at);
      await recordAudit(trx, by, { action: 'email.retried', entity: 'email', entityId: id }, at);
      return true;
    });
    if (isQueued) count += 1;
  }
  return count;
}
