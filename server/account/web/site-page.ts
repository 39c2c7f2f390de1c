import type { Request, RequestHandler, Response, Router } from 'express';
import { setCookie } from '../../admin/web/cookies.ts';
import { localeOf, locales, translator, type Locale, type Translate } from '../../admin/web/locale.ts';
import type { Actor } from '../../audit/record-audit.ts';
import { customerActor, type AccountSession } from '../account-sessions.ts';
import { accountSessionOf, checkSiteCsrf } from './site-csrf.ts';
import { sendSitePage, type SiteShell, type SiteView } from './site-shell.ts';

/** What a page of the public site is given: parsed, never raw. Of repeated fields the last counts. */
export type SiteContext = { params: Record<string, string>; query: Record<string, string>; form: Record<string, string>; locale: Locale; t: Translate; req: Request; res: Response };
export type SignedInSiteContext = SiteContext & { customer: AccountSession['customer']; by: Actor };

/** A page to show, where to go, a file to keep (its name in plain ASCII), or something for a script. */
export type SiteAnswer = SiteView | { redirect: string } | { download: string; type: string; body: string } | { json: unknown };
export type SitePage = { method: 'get' | 'post'; path: string; handle: (context: SiteContext) => Promise<SiteAnswer> };

const yearMs = 365 * 24 * 60 * 60 * 1000;

/** A page for everybody. */
export function sitePage(method: SitePage['method'], path: string, handle: SitePage['handle']): SitePage {
  return { method, path, handle };
}

/** A page for a buyer who is signed in; everybody else is sent to the sign-in. */
export function accountPage(method: SitePage['method'], path: string, handle: (context: SignedInSiteContext) => Promise<SiteAnswer>): SitePage {
  return {
    method,
    path,
    handle: async (context) => {
      const session = accountSessionOf(context.res);
      if (!session) return { redirect: '/account/sign-in' };
      return handle({ ...context, customer: session.customer, by: customerActor(session.customer.id, context.res.locals['requestId'] as string) });
    },
  };
}

/** Mounts pages in order: read, render or redirect. Every form is checked for its token; `?lang=it` changes the language for good. */
export function mountSitePages(router: Router, shell: SiteShell, pages: SitePage[], before: RequestHandler[] = []): void {
  for (const { method, path, handle } of pages) {
    router[method](path, ...before, async (req, res) => {
      const chosen = locales.find((locale) => locale === req.query['lang']);
      if (method === 'get' && chosen) {
        setCookie(res, 'chatello_language', chosen, { maxAgeMs: yearMs });
        res.redirect(303, withoutLanguage(req));
        return;
      }
      if (method === 'post') checkSiteCsrf(req, res, shell.deps);
      const locale = localeOf(req);
      const answer = await handle({ params: lastValues(req.params), query: lastValues(req.query), form: lastValues((req.body ?? {}) as Record<string, unknown>), locale, t: translator(locale), req, res });
      if ('redirect' in answer) res.redirect(303, answer.redirect);
      else if ('json' in answer) res.json(answer.json);
      else if ('download' in answer) res.attachment(answer.download).type(answer.type).send(answer.body);
      else sendSitePage(shell, req, res, answer);
    });
  }
}

/** The same page without the choice of language. The path is one of ours, so it leads to no other site. */
function withoutLanguage(req: Request): string {
  const url = new URL(req.originalUrl, 'http://site.invalid');
  url.searchParams.delete('lang');
  return url.pathname.replace(/^\/+/, '/') + url.search;
}

function lastValues(input: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, String(Array.isArray(value) ? (value.at(-1) ?? '') : value)]));
}
