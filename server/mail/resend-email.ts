import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import { enqueueJob } from '../jobs/enqueue.ts';
import { findEmail, insertEmail } from './emails.store.ts';

/** Whether an e-mail may go to another address: not a link that signs in whoever opens it. */
export function isResendable(template: string): boolean {
  return template !== 'sign-in';
}

/** Sends an e-mail once more, to an address that may be another one, and returns the id of the new e-mail. `attempt` is an id that stays the same when the same wish comes twice. Throws NOT_FOUND and CONFLICT. */
export function resendEmail({ db, config, now }: Pick<Deps, 'db' | 'config' | 'now'>, emailId: string, { recipient, attempt }: { recipient: string; attempt: string }, by: Actor): Promise<void> {
  const at = now();
  return transact(db, async (trx) => {
    const email = await findEmail(trx, emailId);
    if (!email) throw new AppError('NOT_FOUND', 'There is no such e-mail.');
    if (!isResendable(email.template)) throw new AppError('CONFLICT', 'A sign-in link goes to its own address only.');
    const id = newId();
    const isNew = await insertEmail(trx, { ...email, id, cause: `resend:${emailId}:${attempt}`, recipient, message_id: `<${id}@${new URL(config.publicUrl).hostname}>`, status: 'queued', attempts: 0, last_error: null, created_at: at, sent_at: null });
    if (!isNew) return;
    await enqueueJob(trx, { kind: 'send-email', payload: { emailId: id }, dedupeKey: `send-email:${id}` }, at);
    await recordAudit(trx, by, { action: 'email.resent', entity: 'email', entityId: id, before: { recipient: email.recipient }, after: { recipient } }, at);
  });
}
