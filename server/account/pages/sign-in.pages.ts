import { z } from 'zod';
import { parseForm } from '../../admin/web/page.ts';
import { emailAddress } from '../../customers/customer.rules.ts';
import type { Deps } from '../../deps.ts';
import { endAccountSession, isLinkLive, linkMinutes, signInWithLink } from '../account-sessions.ts';
import { requestSignIn } from '../request-sign-in.ts';
import { clearSiteCookie, readSiteCookie, setSiteCookie } from '../web/site-cookies.ts';
import { accountSessionOf } from '../web/site-csrf.ts';
import { sitePage, type SitePage } from '../web/site-page.ts';

const emailForm = z.object({ email: z.string({ error: 'error.required' }).trim().min(1, 'error.required').pipe(z.string().refine((text) => emailAddress.safeParse(text).success, 'account.error_email')) });

/** How a buyer gets in and out. */
export function signInPages(deps: Deps): SitePage[] {
  const { db, config, now } = deps;
  return [
    sitePage('get', '/account/sign-in', async ({ query, res, t }) => {
      if (accountSessionOf(res)) return { redirect: '/account' };
      return { view: 'account-sign-in', title: t('account.sign_in'), data: { isSent: query['sent'] === '1', justSignedOut: query['done'] === 'signed-out', minutes: linkMinutes } };
    }),

    sitePage('post', '/account/sign-in', async ({ form, locale, req, t }) => {
      const parsed = parseForm(emailForm, form, t);
      if (!parsed.ok) return { view: 'account-sign-in', title: t('account.sign_in'), status: 422, data: { form: { email: form['email'] }, errors: parsed.errors, minutes: linkMinutes } };
      await requestSignIn(deps, { email: parsed.data.email, locale, ip: req.ip ?? '' });
      return { redirect: '/account/sign-in?sent=1' };
    }),

    // Programs that look into mails open links too: opening this one uses nothing up.
    sitePage('get', '/account/link/:token', async ({ params, t }) => {
      const token = params['token'] ?? '';
      const isLive = await isLinkLive(db, token, now());
      return { view: 'account-link', title: t(isLive ? 'account.link' : 'account.link_dead'), status: isLive ? 200 : 410, data: { token, isLive, minutes: linkMinutes } };
    }),

    sitePage('post', '/account/link/:token', async ({ params, req, res, t }) => {
      const session = await signInWithLink(db, params['token'] ?? '', now());
      if (session === undefined) return { view: 'account-link', title: t('account.link_dead'), status: 410, data: { isLive: false, minutes: linkMinutes } };
      const previous = readSiteCookie(req, config, 'chatello_account');
      if (previous !== undefined) await endAccountSession(db, previous);
      setSiteCookie(req, res, config, 'chatello_account', session);
      return { redirect: '/account' };
    }),

    sitePage('post', '/account/sign-out', async ({ req, res }) => {
      const token = readSiteCookie(req, config, 'chatello_account');
      if (token !== undefined) await endAccountSession(db, token);
      clearSiteCookie(req, res, config, 'chatello_account');
      return { redirect: '/account/sign-in?done=signed-out' };
    }),
  ];
}
