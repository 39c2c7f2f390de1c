import { sendSignInLink } from '../account/request-sign-in.ts';
import { markBatchFailed, runBatch } from '../batches/run-batch.ts';
import { checkAudit } from '../audit/check-audit.ts';
import { sealAudit } from '../audit/seal-audit.ts';
import { applyDelivery, markDeliveryDead } from '../billing/apply-delivery.ts';
import { reconcileProviders } from '../billing/reconcile.ts';
import { watchLapses } from '../billing/watch-lapses.ts';
import { writeBackOrder } from '../billing/write-back-order.ts';
import type { Deps } from '../deps.ts';
import { countFigures } from '../figures/count-figures.ts';
import { recountOrganization } from '../figures/recount-organization.ts';
import { markImportStopped, workOnImport } from '../imports/work-on-import.ts';
import { remindOwners } from '../mail/remind-owners.ts';
import { markEmailFailed, sendEmail } from '../mail/send-email.ts';
import { writeNotice } from '../mail/write-notice.ts';
import { eraseTraces } from '../people/erase-job.ts';
import { continueSettling } from '../people/settle-customer-licenses.ts';
import type { Reason } from '../reasons.rules.ts';
import type { JobPayloads } from './job-kinds.ts';
import { sendUsageAlerts } from '../usage/send-usage-alerts.ts';
import { sweepReservations } from '../usage/sweep-reservations.ts';
import { sendPasswordReset } from '../users/request-password-reset.ts';
import { markWebhookFailed, sendWebhook } from '../webhooks/send-webhook.ts';
import { pruneExpired } from './prune-expired.ts';

type GoOn = { goOnInMs: number };
type JobDefinition<Payload> = {
  /** A recurring job that has more to do than one run should take says when it wants to go on. */
  run: (deps: Deps, payload: Payload) => Promise<void | GoOn>;
  /** Runs again this long after each run; otherwise the job runs when it is enqueued. */
  everyMs?: number;
  /** Told when a job has become a dead letter, to say so where people look; `reasons` is empty where it is no more than a text. */
  onDead?: (deps: Deps, payload: Payload, reason: string, reasons: Reason[]) => Promise<void>;
};

export type JobList = { [Kind in keyof JobPayloads]?: JobDefinition<JobPayloads[Kind]> };

const minute = 60_000;

/** Everything that runs in the background, and how often. */
export const jobList: JobList = {
  'sweep-reservations': { run: sweepReservations, everyMs: minute },
  'send-usage-alerts': { run: sendUsageAlerts, everyMs: minute },
  'apply-delivery': { run: applyDelivery, onDead: markDeliveryDead },
  'send-email': { run: sendEmail, onDead: markEmailFailed },
  'send-sign-in-link': { run: sendSignInLink },
  'send-password-reset': { run: sendPasswordReset },
  'write-notice': { run: writeNotice },
  'remind-owners': { run: remindOwners, everyMs: 6 * 60 * minute },
  'write-back-order': { run: writeBackOrder },
  'send-webhook': { run: sendWebhook, onDead: markWebhookFailed },
  'watch-lapses': { run: watchLapses, everyMs: minute },
  'reconcile-providers': { run: reconcileProviders, everyMs: 5 * minute },
  'work-on-import': { run: workOnImport, onDead: markImportStopped },
  'settle-customer-licenses': { run: continueSettling },
  'run-batch': { run: runBatch, onDead: markBatchFailed },
  'erase-customer': { run: eraseTraces },
  'seal-audit': { run: sealAudit, everyMs: minute / 6 },
  'check-audit': { run: checkAudit },
  'count-figures': { run: countFigures, everyMs: minute / 4 },
  'recount-organization': { run: recountOrganization },
  'prune-expired': { run: pruneExpired, everyMs: 60 * minute },
};
