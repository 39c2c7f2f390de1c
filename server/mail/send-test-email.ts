import { recordAudit, type Actor } from '../audit/record-audit.ts';
import type { Deps } from '../deps.ts';
import { newId } from '../ids.ts';
import { replyTo } from './brand-email.ts';
import { previewEmail, type PreviewTemplate } from './preview-email.ts';
import { deliverMail } from './transport.ts';

export type TestEmail = { template: PreviewTemplate; locale: string; recipient: string };

/** Sends a template with made-up values at once, so that the operator sees whether mail goes out. Throws MailError. */
export async function sendTestEmail(deps: Pick<Deps, 'db' | 'config' | 'now'>, email: TestEmail, by: Actor): Promise<void> {
  await deliverTestEmail(deps, email);
  await recordAudit(deps.db, by, { action: 'email.test_sent', entity: 'email', entityId: email.template, after: { recipient: email.recipient } }, deps.now());
}

/** Without recording it. Throws MailError. */
export async function deliverTestEmail({ config, now }: Pick<Deps, 'config' | 'now'>, { template, locale, recipient }: TestEmail): Promise<void> {
  const at = now();
  const id = newId();
  const { subject, text, html } = previewEmail(config, template, locale, at);
  await deliverMail(config, id, { to: { name: '', address: recipient }, subject: `[Test] ${subject}`, text, html, ...replyTo(config), messageId: `<${id}@${new URL(config.publicUrl).hostname}>`, date: new Date(at), headers: { 'Auto-Submitted': 'auto-generated' } });
}
