import { recordAudit, type Actor } from '../audit/record-audit.ts';
import type { Deps } from '../deps.ts';
import { newId } from '../ids.ts';
import { replyTo } from './brand-email.ts';
import { previewEmail, type PreviewTemplate } from './preview-email.ts';
import { deliverMail } from './transport.ts';

/** Sends a template with made-up values at once, so that the operator sees whether mail goes out. Throws MailError. */
export async function sendTestEmail({ db, config, now }: Pick<Deps, 'db' | 'config' | 'now'>, { template, locale, recipient }: { template: PreviewTemplate; locale: string; recipient: string }, by: Actor): Promise<void> {
  const at = now();
  const id = newId();
  const { subject, text, html } = previewEmail(config, template, locale, at);
  await deliverMail(config, id, { to: { name: '', address: recipient }, subject: `[Test] ${subject}`, text, html, ...replyTo(config), messageId: `<${id}@${new URL(config.publicUrl).hostname}>`, date: new Date(at), headers: { 'Auto-Submitted': 'auto-generated' } });
  await recordAudit(db, by, { action: 'email.test_sent', entity: 'email', entityId: template, after: { recipient } }, at);
}
