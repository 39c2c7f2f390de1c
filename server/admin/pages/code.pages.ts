import { z } from 'zod';
import type { Deps } from '../../deps.ts';
import { passCode } from '../../users/pass-code.ts';
import { deleteSession } from '../../users/sessions.store.ts';
import { clearCookie, setCookie } from '../web/cookies.ts';
import { utcDateTime } from '../web/format.ts';
import { page, parseForm, requiredText, type Page } from '../web/page.ts';
import { localPath } from './login.pages.ts';

const codeForm = z.object({ code: requiredText(40) });

/** The second step of signing in. */
export function codePages({ db, vault, now, log }: Deps): Page[] {
  return [
    page('get', '/login/code', 'own-account', async ({ session, query, t }) => {
      if (!session.awaitsCode) return { redirect: '/' };
      return { view: 'login-code', title: t('code.title'), data: { next: localPath(query['next']) } };
    }),

    page('post', '/login/code', 'own-account', async ({ session, form, client, res, t, locale }) => {
      const next = localPath(form['next']);
      const again = (status: number, data: Record<string, unknown>) => ({ view: 'login-code', title: t('code.title'), status, data: { next, ...data } });
      const parsed = parseForm(codeForm, form, t);
      if (!parsed.ok) return again(422, { errors: parsed.errors });
      const result = await passCode(db, vault, session, parsed.data.code, client, now());
      if (result.outcome === 'signed-in') {
        setCookie(res, 'chatello_session', result.token);
        return { redirect: next };
      }
      log.warn({ reason: result.outcome, request_id: res.locals['requestId'] }, 'code refused');
      if (result.outcome === 'refused') return again(422, { errors: { code: t('code.refused') } });
      res.setHeader('Retry-After', Math.ceil((result.until - now()) / 1000));
      return again(429, { problem: t('login.locked', { until: utcDateTime(result.until + 59_999, locale) }) });
    }),

    page('post', '/login/cancel', 'own-account', async ({ session, res }) => {
      await deleteSession(db, session.id);
      clearCookie(res, 'chatello_session');
      return { redirect: '/login' };
    }),
  ];
}
