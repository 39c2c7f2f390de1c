import { z } from 'zod';
import type { Deps } from '../../deps.ts';
import { logIn } from '../../users/log-in.ts';
import { endSession } from '../../users/sessions.ts';
import { clearCookie, readCookie, setCookie } from '../web/cookies.ts';
import { utcDateTime } from '../web/format.ts';
import { locales } from '../web/locale.ts';
import { openPage, parseForm, requiredText, type Page } from '../web/page.ts';
import { mountOf } from '../web/mount.ts';
import { sessionOf } from '../web/session-of.ts';
import { addressOf } from '../paging.store.ts';

const yearMs = 365 * 24 * 60 * 60 * 1000;
const credentials = z.object({ email: requiredText(320), password: z.string({ error: 'error.required' }).min(1, 'error.required').max(1_000, 'error.too_long') });

/** What is open to everybody: the login, and the choice of language and colours. */
export function loginPages({ db, now, log }: Deps): Page[] {
  return [
    openPage('get', '/login', async ({ query, res, t }) => {
      if (sessionOf(res)) return { redirect: '/' };
      const { door } = mountOf(res);
      return { view: 'login', title: t('login.title'), data: { next: localPath(query['next']), justSignedOut: query['done'] === 'signed-out', isPortal: door === 'portal' } };
    }),

    openPage('post', '/login', async ({ form, client, req, res, t, locale }) => {
      const next = localPath(form['next']);
      const again = (status: number, data: Record<string, unknown>) => ({ view: 'login', title: t('login.title'), status, data: { next, form: { email: form['email'] }, isPortal: mountOf(res).door === 'portal', ...data } });
      const parsed = parseForm(credentials, form, t);
      if (!parsed.ok) return again(422, { errors: parsed.errors });
      const result = await logIn(db, parsed.data, client, mountOf(res).door, now());
      if (result.outcome === 'signed-in') {
        const previous = readCookie(req, 'chatello_session');
        if (previous !== undefined) await endSession(db, previous);
        setCookie(res, 'chatello_session', result.token);
        if (result.awaitsCode) return { redirect: addressOf('/login/code', { next: next === '/' ? undefined : next }) };
        return { redirect: result.user.must_change_password === 1 ? '/password' : next };
      }
      log.warn({ reason: result.outcome, request_id: res.locals['requestId'] }, 'sign-in refused');
      if (result.outcome === 'refused') return again(422, { problem: t('login.refused') });
      res.setHeader('Retry-After', Math.ceil((result.until - now()) / 1000));
      return again(429, { problem: t('login.locked', { until: utcDateTime(result.until + 59_999, locale) }) });
    }),

    openPage('post', '/preferences', async ({ form, res }) => {
      const { theme = '', language } = form;
      const chosen = locales.find((locale) => locale === language);
      if (chosen) setCookie(res, 'chatello_language', chosen, { maxAgeMs: yearMs });
      if (theme === 'light' || theme === 'dark') setCookie(res, 'chatello_theme', theme, { maxAgeMs: yearMs, readableByScript: true });
      if (theme === 'auto') clearCookie(res, 'chatello_theme');
      return { redirect: localPath(form['next']) };
    }),
  ];
}

/** A path of these pages, or the overview: never another site. */
export function localPath(text: string | undefined): string {
  const url = text?.startsWith('/') ? URL.parse(text, 'http://dashboard.invalid') : null;
  return url?.host === 'dashboard.invalid' && url.pathname !== '/login' && !url.pathname.startsWith('//') ? url.pathname + url.search : '/';
}
