import { setTimeout as sleep } from 'node:timers/promises';
import type { Deps } from '../deps.ts';
import { errorText } from '../errors.ts';
import { DeadLetter } from '../jobs/job-kinds.ts';
import { brandEmail, mailLocale, replyTo } from './brand-email.ts';
import { countAttempt, findEmail, updateEmail, type Email } from './emails.store.ts';
import { renderLicenseKey } from './license-key-email.ts';
import { renderNotice } from './notice-email.ts';
import { noticeTemplates } from './notices.rules.ts';
import { renderOperatorAlert } from './operator-alert-email.ts';
import { renderPurchase } from './purchase-email.ts';
import type { RenderedEmail } from './render-email.ts';
import { renderSignIn } from './sign-in-email.ts';
import { deliverMail, MailError } from './transport.ts';
import { renderUsageAlert } from './usage-alert-email.ts';
import { renderInvitation, renderPasswordReset } from './user-link-emails.ts';

const templates: Record<string, (deps: Deps, email: Email) => Promise<RenderedEmail> | RenderedEmail> = {
  purchase: renderPurchase,
  'usage-alert': renderUsageAlert,
  'operator-alert': renderOperatorAlert,
  'sign-in': renderSignIn,
  'license-issued': renderLicenseKey,
  'license-key': renderLicenseKey,
  invitation: renderInvitation,
  'password-reset': renderPasswordReset,
  ...Object.fromEntries(noticeTemplates.map((template) => [template, renderNotice])),
};
const recordAttempts = 10;
const longestPauseMs = 2_000;

/**
 * The job that sends one e-mail. A crash between the mail server's yes and our record of it sends it again with the same Message-ID,
 * which mail programs take for the same message; in the outbox folder it is the same file.
 */
export async function sendEmail(deps: Deps, { emailId }: { emailId: string }): Promise<void> {
  const { db, config, now } = deps;
  const email = await findEmail(db, emailId);
  if (!email) throw new DeadLetter(`There is no e-mail ${emailId}.`);
  if (email.status === 'sent') return;
  const render = templates[email.template];
  if (!render) throw new DeadLetter(`This version has no e-mail template "${email.template}".`);
  await countAttempt(db, emailId);
  const { subject, text, html } = brandEmail(config, await render(deps, { ...email, locale: mailLocale(config, email.locale) }));
  try {
    await deliverMail(config, emailId, { to: { name: '', address: email.recipient }, subject, text, html, ...replyTo(config), messageId: email.message_id, date: new Date(email.created_at), headers: { 'Auto-Submitted': 'auto-generated' } });
  } catch (error) {
    const cause = error instanceof MailError ? error.cause : error;
    await updateEmail(db, emailId, { last_error: errorText(cause).slice(0, 2_000) });
    if (error instanceof MailError && error.isRefused) throw new DeadLetter(error.message);
    throw error;
  }
  await recordSent(deps, emailId, now());
}

/** The message is out: a database that is busy just now must not make us send it again, so this does not give up at once. */
async function recordSent({ db }: Deps, emailId: string, sentAt: number): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await updateEmail(db, emailId, { status: 'sent', sent_at: sentAt, last_error: null });
      return;
    } catch (error) {
      if (attempt === recordAttempts) throw error;
      await sleep(Math.min(100 * 2 ** attempt, longestPauseMs));
    }
  }
}

/** Shows on the e-mail that it will not be sent any more. */
export async function markEmailFailed({ db }: Deps, { emailId }: { emailId: string }): Promise<void> {
  await updateEmail(db, emailId, { status: 'failed' });
}
