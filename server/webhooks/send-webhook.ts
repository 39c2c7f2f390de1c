import { recordAudit } from '../audit/record-audit.ts';
import { transact } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { RetryLater } from '../jobs/job-kinds.ts';
import { reason, reasonsText, storedReasons, type Reason } from '../reasons.rules.ts';
import { signingSecrets } from './endpoint-secrets.ts';
import { postWebhook, type WebhookAnswer } from './post-webhook.ts';
import { maxAttempts, parseRetryAfter, pauseAfter } from './retry.rules.ts';
import { signedHeaders } from './webhook-signature.ts';
import { countAttempt, disableEnabledEndpoint, failDelivery, findDeliveryToSend, recordAttempt } from './webhooks.store.ts';

const gone = 410;
const problemLength = 500;

/**
 * The job that makes one attempt to deliver a message. Any 2xx delivers it; 410 disables the endpoint; everything else is tried again
 * (RetryLater) until the attempts are used up, and the delivery has failed. A crash after the receiver's yes sends the message again with
 * the same webhook-id, by which receivers know it.
 */
export async function sendWebhook(deps: Deps, { deliveryId }: { deliveryId: string }): Promise<void> {
  const { db, vault, config, now } = deps;
  const found = await findDeliveryToSend(db, deliveryId);
  // The endpoint was deleted, or an earlier run has ended what this one was to do.
  if (found?.delivery.status !== 'queued') return;
  const { delivery, message, endpoint } = found;
  if (endpoint.disabled_at !== null) return failDelivery(db, deliveryId, told([reason('endpoint_disabled')]), now());
  if (!(await countAttempt(db, delivery, now()))) return;
  const attempt = delivery.attempts + 1;
  const headers = signedHeaders(signingSecrets(vault, endpoint, now()), message.id, message.payload, now());
  const answer = await postWebhook(config, endpoint.url, headers, message.payload);
  const at = now();
  const outcome = { last_status: answer.status ?? null, updated_at: at };
  if (answer.status !== undefined && answer.status >= 200 && answer.status < 300) {
    return recordAttempt(db, deliveryId, attempt, { ...outcome, status: 'delivered', last_error: null, reason_codes: null, delivered_at: at });
  }
  const problem = told(problemsOf(answer));
  if (answer.status === gone) {
    return transact(db, async (trx) => {
      await recordAttempt(trx, deliveryId, attempt, { ...outcome, status: 'failed', ...problem });
      const isDisabled = await disableEnabledEndpoint(trx, endpoint.id, 'gone', at);
      if (isDisabled) await recordAudit(trx, { actor: 'system' }, { action: 'webhook.disabled', entity: 'webhook', entityId: endpoint.id, reason: 'The receiver answered 410 Gone.' }, at);
    });
  }
  const pause = pauseAfter(attempt, answer.status === undefined ? undefined : parseRetryAfter(answer.retryAfter, at), Math.random());
  await recordAttempt(db, deliveryId, attempt, { ...outcome, status: pause === undefined ? 'failed' : 'queued', ...problem });
  if (pause !== undefined) throw new RetryLater(`attempt ${attempt} of ${maxAttempts} was not taken`, pause);
}

/** Shows on the delivery that it will not be sent any more. */
export async function markWebhookFailed({ db, now }: Deps, { deliveryId }: { deliveryId: string }, text: string, reasons: Reason[]): Promise<void> {
  await failDelivery(db, deliveryId, { last_error: text.slice(0, problemLength), reason_codes: storedReasons(reasons) }, now());
}

function problemsOf(answer: WebhookAnswer): Reason[] {
  if (answer.status === undefined) return [answer.problem];
  const { status, said } = answer;
  const isRedirect = status >= 300 && status < 400;
  return [...(isRedirect ? [reason('redirect_not_followed')] : []), said === '' ? reason('receiver_said_nothing', { status }) : reason('receiver_answered', { status, said })];
}

/** As it stands on a delivery. */
function told(reasons: Reason[]): { last_error: string; reason_codes: string | null } {
  return { last_error: reasonsText(reasons).slice(0, problemLength), reason_codes: storedReasons(reasons) };
}
