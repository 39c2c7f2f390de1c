import path from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type RequestHandler, type Router } from 'express';
import { neverCached, pageSecurityHeaders } from '../admin/web/security-headers.ts';
import { loadViews } from '../admin/web/views.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { limitByAddress } from '../http/rate-limit.ts';
import { accountPages } from './pages/account.pages.ts';
import { ownLicensePages } from './pages/license.pages.ts';
import { signInPages } from './pages/sign-in.pages.ts';
import { ownStatementPages } from './pages/statement.pages.ts';
import { mountSitePages, type SitePage } from './web/site-page.ts';
import { loadAccountSession, siteErrorPage, type SiteShell } from './web/site-shell.ts';

const kitDirectory = path.dirname(fileURLToPath(import.meta.resolve('@tabler/core/dist/css/tabler.min.css')));
const ownDirectory = path.resolve(import.meta.dirname, '../../admin-views/assets');
const oneHourMs = 60 * 60 * 1000;
const pagesPerMinute = 300;
const formLimit = { extended: false, limit: '20kb', parameterLimit: 50 };

/** The pages for buyers on the public port, in the order in which a request passes. `more`: pages of other features in the same frame. */
export function publicSite(deps: Deps, more: SitePage[]): Router {
  const shell: SiteShell = { deps, render: loadViews() };
  const router = express.Router();
  // Files are the same for everybody and set their own: what the API says in front of us is that nothing is kept.
  const mayBeKept: RequestHandler = (_req, res, next) => {
    res.removeHeader('Cache-Control');
    next();
  };
  const files = [limitByAddress(pagesPerMinute * 10), pageSecurityHeaders(), mayBeKept];
  router.use('/assets/kit', ...files, express.static(kitDirectory, { index: false, immutable: true, maxAge: '365d' }));
  router.use('/assets', ...files, express.static(ownDirectory, { index: false, maxAge: oneHourMs }));
  const before = [limitByAddress(pagesPerMinute), pageSecurityHeaders(), neverCached, express.urlencoded(formLimit), loadAccountSession(deps)];
  mountSitePages(router, shell, [...signInPages(deps), ...accountPages(deps), ...ownLicensePages(deps), ...ownStatementPages(deps), ...more], before);
  // People see a page, also where there is none.
  router.use(['/account', '/pricing', '/thanks'], ...before, () => {
    throw new AppError('NOT_FOUND', 'There is no such page.');
  });
  router.use(siteErrorPage(shell));
  return router;
}
