import type { Config } from '../config.ts';
import type { Db } from '../db/database.ts';
import { newId } from '../ids.ts';
import { enqueueJob } from '../jobs/enqueue.ts';
import { insertEmail } from './emails.store.ts';
import type { NoticeFacts, NoticeTemplate } from './notices.rules.ts';

export type EmailInput = {
  /** Why it is written: there is one e-mail for each cause, whatever is repeated. */
  cause: string;
  recipient: string;
  locale: string;
  licenseId: string | null;
  orderId: string | null;
} & EmailContent;
/** `data` holds names, ids and figures only. Licence keys are read when the e-mail is sent, so that none rests here. */
type EmailContent =
  | { template: 'purchase'; data: PurchaseData }
  | { template: 'usage-alert'; data: UsageAlertData }
  | { template: 'operator-alert'; data: OperatorAlertData }
  | { template: 'sign-in'; data: SignInData }
  | { template: 'license-key' | 'license-issued'; data: LicenseKeyData }
  | { template: 'invitation'; data: InvitationData }
  | { template: 'password-reset'; data: PasswordResetData }
  | { template: NoticeTemplate; data: NoticeFacts & { name: string } };
/** A delivery that was given up, a webhook that the shop had disabled, a disputed payment, a provider that does not answer. */
export const operatorAlertKinds = ['delivery', 'webhook', 'dispute', 'silent'] as const;
export type OperatorAlertKind = (typeof operatorAlertKinds)[number];
export type OperatorAlertData = { provider: string; problem: string; kind: OperatorAlertKind };
export type PurchaseData = { name: string; order: string; licenses: string[] };
/** `used` and `limit` are requests, tokens, or micro-cents of a US dollar. */
export type UsageAlertData = { name: string; plan: string; keyEnding: string; unit: 'requests' | 'tokens' | 'cost'; threshold: number; used: number; limit: number; resetsAt: number };
export type SignInData = { customerId: string; requestedAt: number };
export type InvitationData = { userId: string };
export type PasswordResetData = { userId: string; requestedAt: number };
export type LicenseKeyData = { name: string };

/** Written to many at a time, and in no hurry: they let an e-mail with a key pass. */
const comesInRounds = new Set<EmailContent['template']>(['renewal-coming', 'usage-alert']);

/** Puts an e-mail and the job that sends it into the caller's transaction. False when the cause has its e-mail already. */
export async function queueEmail(db: Db, config: Pick<Config, 'publicUrl'>, input: EmailInput, now: number): Promise<boolean> {
  const id = newId();
  const isNew = await insertEmail(db, {
    id,
    cause: input.cause,
    template: input.template,
    recipient: input.recipient,
    locale: input.locale,
    data: JSON.stringify(input.data),
    license_id: input.licenseId,
    order_id: input.orderId,
    message_id: `<${id}@${new URL(config.publicUrl).hostname}>`,
    status: 'queued',
    attempts: 0,
    last_error: null,
    created_at: now,
    sent_at: null,
  });
  if (isNew) await enqueueJob(db, { kind: 'send-email', payload: { emailId: id }, dedupeKey: `send-email:${id}`, lane: comesInRounds.has(input.template) ? 'reminders' : 'mail' }, now);
  return isNew;
}
