import type { Actor } from '../audit/record-audit.ts';
import type { Notice } from '../mail/notices.rules.ts';
import { reasonsText, type Reason } from '../reasons.rules.ts';

/** Every kind of job with what it is given. The handlers are in job-list.ts. */
export type JobPayloads = {
  'apply-delivery': { inboxId: string };
  'send-email': { emailId: string };
  'send-sign-in-link': { requestId: string; email: string; locale: string; requestedAt: number };
  'send-password-reset': { requestId: string; email: string; locale: string; door: 'dashboard' | 'portal'; requestedAt: number };
  'write-notice': Notice;
  'remind-owners': Record<string, never>;
  'write-back-order': { orderId: string };
  'send-webhook': { deliveryId: string };
  'sweep-reservations': Record<string, never>;
  'send-usage-alerts': Record<string, never>;
  'watch-lapses': Record<string, never>;
  'reconcile-providers': Record<string, never>;
  'work-on-import': { importId: string };
  'settle-customer-licenses': { customerId: string; by: Actor; sendKeys: boolean };
  'erase-customer': { customerId: string; emails: string[]; users: { id: string; email: string }[] };
  'run-batch': { batchId: string };
  'seal-audit': Record<string, never>;
  'check-audit': { checkId: string };
  'count-figures': Record<string, never>;
  'recount-organization': { organizationId: string };
  'prune-expired': Record<string, never>;
};

/**
 * Jobs of one lane wait for each other, those of different lanes never: whatever somebody else's server does to e-mails and webhooks, a
 * purchase is applied at once, and no round of reminders stands before the e-mail with a key. How many run at a time, in each process.
 */
export const lanes = { main: 4, mail: 4, reminders: 2, outgoing: 4 } as const;
export type Lane = keyof typeof lanes;

const lanesOfKinds: { [Kind in keyof JobPayloads]?: Lane } = { 'send-email': 'mail', 'send-webhook': 'outgoing', 'write-back-order': 'outgoing' };

/** The lane of a kind of job where none is asked for. */
export function laneOf(kind: keyof JobPayloads): Lane {
  return lanesOfKinds[kind] ?? 'main';
}

/** Thrown by a job that cannot succeed by being repeated: it becomes a dead letter at once, with the message as the reason. */
export class DeadLetter extends Error {
  override name = 'DeadLetter';
  /** The same to be told in other languages, where it was thrown so. */
  readonly reasons: Reason[];
  constructor(why: string | Reason | Reason[]) {
    super(textOf(why));
    this.reasons = reasonsOf(why);
  }
}

/** Thrown by a job that needs something that has not come yet. It is retried with backoff, and at once when `what` comes (wakeJobsWaitingFor). */
export class WaitFor extends Error {
  override name = 'WaitFor';
  readonly what: string;
  readonly reasons: Reason[];
  constructor(what: string, why: string | Reason) {
    super(textOf(why));
    this.what = what;
    this.reasons = reasonsOf(why);
  }
}

function reasonsOf(why: string | Reason | Reason[]): Reason[] {
  return typeof why === 'string' ? [] : [why].flat();
}

function textOf(why: string | Reason | Reason[]): string {
  return typeof why === 'string' ? why : reasonsText(reasonsOf(why));
}

/** Thrown by a job that has a rhythm of its own for its next attempt, instead of the queue's backoff. */
export class RetryLater extends Error {
  override name = 'RetryLater';
  readonly delayMs: number;
  constructor(message: string, delayMs: number) {
    super(message);
    this.delayMs = delayMs;
  }
}
