import { z } from 'zod';
import { emailAddress } from '../../customers/customer.rules.ts';
import type { Deps } from '../../deps.ts';
import { newId } from '../../ids.ts';
import { previewEmail, previewTemplates, type PreviewTemplate } from '../../mail/preview-email.ts';
import { mailLanguages } from '../../mail/render-email.ts';
import { isResendable, resendEmail } from '../../mail/resend-email.ts';
import { listRetriable, retriedAtOnce, retryFailedEmails } from '../../mail/retry-failed.ts';
import { sendTestEmail } from '../../mail/send-test-email.ts';
import { MailError } from '../../mail/transport.ts';
import { withSettings } from '../../settings/with-settings.ts';
import { findEmailDetail } from '../lists.store.ts';
import { page, parseForm, type Answer, type Page, type SignedInContext } from '../web/page.ts';
import { pageNotFound } from '../web/shell.ts';

const addressForm = z.object({ email: z.string({ error: 'error.required' }).trim().refine((text) => emailAddress.safeParse(text).success, 'account.error_email') });
const retryShown = 20;
const attemptPattern = /^[0-9a-f-]{36}$/;
/** For the message in its frame: it may show itself and do nothing. */
const framePolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox";

/** One e-mail with a second try to a corrected address, and what every template looks like. */
export function emailPages(deps: Deps): Page[] {
  const { now } = deps;
  return [
    page('get', '/emails/templates', 'emails.read', async ({ t }) => ({ view: 'email-templates', title: t('email.templates'), data: { templates: previewTemplates.map((template) => ({ template, languages: mailLanguages })) } })),

    page('get', '/emails/templates/:template/:language', 'emails.read', async (context) => previewPage(deps, context)),

    page('get', '/emails/templates/:template/:language/html', 'emails.read', async ({ params }) => {
      const { template, language } = templateOf(params);
      const { config } = await withSettings(deps);
      return { document: previewEmail(config, template, language, now()).html, policy: framePolicy };
    }),

    page('post', '/emails/templates/:template/:language', 'emails.resend', async (context) => {
      const { params, form, by, t } = context;
      const { template, language } = templateOf(params);
      const parsed = parseForm(addressForm, form, t);
      if (!parsed.ok) return { ...(await previewPage(deps, context, { form, errors: parsed.errors })), status: 422 };
      try {
        await sendTestEmail(await withSettings(deps), { template, locale: language, recipient: parsed.data.email }, by);
      } catch (error) {
        if (!(error instanceof MailError)) throw error;
        return { ...(await previewPage(deps, context, { form, problem: t('email.test_failed', { reason: error.message }) })), status: 502 };
      }
      return { redirect: `/emails/templates/${template}/${language}?done=test` };
    }),

    page('get', '/emails/retry', 'emails.resend', async ({ t }) => {
      const rows = await listRetriable(deps);
      return { view: 'emails-retry', title: t('emails.retry_title'), data: { count: rows.length, isMore: rows.length >= retriedAtOnce, rows: rows.slice(0, retryShown) } };
    }),

    page('post', '/emails/retry', 'emails.resend', async ({ by }) => ({ redirect: `/emails?retried=${await retryFailedEmails(deps, by)}` })),

    page('get', '/emails/:id', 'emails.read', async (context) => emailPage(deps, context)),

    page('post', '/emails/:id/resend', 'emails.resend', async (context) => {
      const { params, form, by, t } = context;
      const id = params['id'] ?? '';
      const parsed = parseForm(addressForm, form, t);
      if (!parsed.ok) return { ...(await emailPage(deps, context, { form, errors: parsed.errors })), status: 422 };
      const attempt = attemptPattern.test(form['attempt'] ?? '') ? (form['attempt'] ?? '') : newId();
      await resendEmail(deps, id, { recipient: parsed.data.email, attempt }, by);
      return { redirect: `/emails/${id}?done=resent` };
    }),
  ];
}

type View = Extract<Answer, { view: string }>;

async function emailPage({ db }: Deps, { params, query, t }: SignedInContext, again: Record<string, unknown> = {}): Promise<View> {
  const email = (await findEmailDetail(db, params['id'] ?? '')) ?? pageNotFound();
  const data = { email, canResend: isResendable(email.template), attempt: newId(), form: { email: email.recipient }, done: query['done'] === 'resent' ? t('email.resent') : undefined, ...again };
  return { view: 'email', title: t(`template.${email.template}`), data };
}

async function previewPage(deps: Deps, { params, query, session, res, t }: SignedInContext, again: Record<string, unknown> = {}): Promise<View> {
  const { config, now } = await withSettings(deps);
  const { template, language } = templateOf(params);
  const { subject, preheader, text } = previewEmail(config, template, language, now());
  res.setHeader('Content-Security-Policy', `${String(res.getHeader('Content-Security-Policy'))};frame-src 'self'`);
  const data = {
    template, language, subject, preheader, text,
    languages: mailLanguages.map((code) => ({ code, isCurrent: code === language })),
    form: { email: session.user.email.endsWith('@localhost') ? '' : session.user.email },
    isOutbox: config.SMTP_URL === undefined,
    done: query['done'] === 'test' ? t('email.test_sent') : undefined,
    ...again,
  };
  return { view: 'email-template', title: t(`template.${template}`), data };
}

function templateOf(params: Record<string, string>): { template: PreviewTemplate; language: string } {
  const template = previewTemplates.find((candidate) => candidate === params['template']);
  const language = mailLanguages.find((candidate) => candidate === params['language']);
  return template && language ? { template, language } : pageNotFound();
}
