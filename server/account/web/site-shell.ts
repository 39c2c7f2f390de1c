import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { readCookie } from '../../admin/web/cookies.ts';
import { localeOf, translator } from '../../admin/web/locale.ts';
import { pageFailure, problemKey } from '../../admin/web/page-failure.ts';
import type { Render } from '../../admin/web/views.ts';
import type { Deps } from '../../deps.ts';
import { version } from '../../version.ts';
import { findAccountSession } from '../account-sessions.ts';
import { clearSiteCookie, readSiteCookie } from './site-cookies.ts';
import { accountSessionOf, siteCsrfToken } from './site-csrf.ts';
import { contentPolicy, type PolicyAdditions } from './site-policy.rules.ts';

/** What every page of the public site is framed with. */
export type SiteShell = { deps: Deps; render: Render };
/** `policy`: what the page may load beyond this server's own files. */
export type SiteView = { view: string; title: string; data?: Record<string, unknown>; status?: number; policy?: PolicyAdditions };

/** Finds the session of the cookie, for everything that follows. */
export function loadAccountSession({ db, config, now }: Deps): RequestHandler {
  return async (req, res, next) => {
    const token = readSiteCookie(req, config, 'chatello_account');
    if (token !== undefined) {
      const session = await findAccountSession(db, token, now());
      if (session) res.locals['accountSession'] = session;
      else clearSiteCookie(req, res, config, 'chatello_account');
    }
    next();
  };
}

/** Renders a page within the frame of the public site. */
export function sendSitePage({ deps, render }: SiteShell, req: Request, res: Response, { view, title, data = {}, status = 200, policy }: SiteView): void {
  const locale = localeOf(req);
  const theme = readCookie(req, 'chatello_theme');
  const session = accountSessionOf(res);
  const nonce = res.locals['nonce'] as string;
  res.setHeader('Content-Security-Policy', contentPolicy(nonce, policy));
  // A payment window that the checkout opens has to find its way back.
  if (policy?.allowsPopups) res.setHeader('Cross-Origin-Opener-Policy', 'same-origin-allow-popups');
  const html = render('site', view, locale, {
    ...data,
    title,
    locale,
    otherLocale: locale === 'en' ? 'it' : 'en',
    languageHref: languageHref(req, locale === 'en' ? 'it' : 'en'),
    theme: theme === 'dark' || theme === 'light' ? theme : 'auto',
    isPublic: true,
    nonce,
    // A page without forms sets no cookie.
    csrf: session || view.startsWith('account-') ? siteCsrfToken(req, res, deps) : '',
    customer: session && { email: session.customer.email, name: session.customer.name },
    version,
  });
  res.status(status).type('html').send(html);
}

/** Shows anything thrown as a page. */
export function siteErrorPage(shell: SiteShell): ErrorRequestHandler {
  return (error, req, res, _next) => {
    const failure = pageFailure(shell.deps, error, res);
    if (!failure) return;
    const { status } = failure;
    const requestId = res.locals['requestId'] as string;
    const t = translator(localeOf(req));
    const key = problemKey(failure, 'site.');
    sendSitePage(shell, req, res, { view: 'site-error', title: t(`${key}.title`), status, data: { status, text: t(`${key}.text`), requestId } });
  };
}

function languageHref(req: Request, language: string): string {
  if (req.method !== 'GET') return `/account?lang=${language}`;
  const url = new URL(req.originalUrl, 'http://site.invalid');
  url.searchParams.set('lang', language);
  return url.pathname.replace(/^\/+/, '/') + url.search;
}
