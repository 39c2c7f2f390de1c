import path from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type Express } from 'express';
import { accountPages } from './admin/pages/account.pages.ts';
import { auditPages } from './admin/pages/audit.pages.ts';
import { aliasPages } from './admin/pages/aliases.pages.ts';
import { batchPages } from './admin/pages/batches.pages.ts';
import { bulkPages } from './admin/pages/bulk.pages.ts';
import { createLicensePages } from './admin/pages/create-license.pages.ts';
import { customerActionPages } from './admin/pages/customer-actions.pages.ts';
import { customerFormPages } from './admin/pages/customer-forms.pages.ts';
import { customerPages } from './admin/pages/customers.pages.ts';
import { emailPages } from './admin/pages/emails.pages.ts';
import { exportPages } from './admin/pages/exports.pages.ts';
import { importPages } from './admin/pages/imports.pages.ts';
import { importSteps } from './admin/pages/import-steps.pages.ts';
import { licenseActionPages } from './admin/pages/license-actions.pages.ts';
import { licenseChangePages } from './admin/pages/license-changes.pages.ts';
import { licenseModulePages } from './admin/pages/license-modules.pages.ts';
import { licensePages } from './admin/pages/licenses.pages.ts';
import { loginPages } from './admin/pages/login.pages.ts';
import { overviewPages } from './admin/pages/overview.pages.ts';
import { mappingPages } from './admin/pages/mappings.pages.ts';
import { orderPages } from './admin/pages/orders.pages.ts';
import { planEditPages } from './admin/pages/plan-edit.pages.ts';
import { planPages } from './admin/pages/plans.pages.ts';
import { pricePages } from './admin/pages/prices.pages.ts';
import { productPages } from './admin/pages/products.pages.ts';
import { providerPages } from './admin/pages/providers.pages.ts';
import { recordPages } from './admin/pages/records.pages.ts';
import { settingsPages } from './admin/pages/settings.pages.ts';
import { statementPages } from './admin/pages/statement.pages.ts';
import { tokenPages } from './admin/pages/tokens.pages.ts';
import { subscriptionPages } from './admin/pages/subscriptions.pages.ts';
import { systemPages } from './admin/pages/system.pages.ts';
import { searchPages } from './admin/pages/search.pages.ts';
import { usagePages } from './admin/pages/usage.pages.ts';
import { webhookPages } from './admin/pages/webhooks.pages.ts';
import { checkHost } from './admin/web/host-check.ts';
import { mountedAt, type Mount } from './admin/web/mount.ts';
import { mountPages, type Page } from './admin/web/page.ts';
import { neverCached, pageSecurityHeaders } from './admin/web/security-headers.ts';
import { loadSession, requireBeyond, requireSession, startPage } from './admin/web/session-of.ts';
import { errorPage, pageNotFound, type Shell } from './admin/web/shell.ts';
import { takeUpload } from './admin/web/upload.ts';
import { loadViews } from './admin/web/views.ts';
import { isOperator, may, roles } from './access/access.rules.ts';
import { codePages } from './admin/pages/code.pages.ts';
import { organizationMovePages } from './admin/pages/organization-move.pages.ts';
import { organizationPages } from './admin/pages/organizations.pages.ts';
import { passwordLinkPages } from './admin/pages/password-links.pages.ts';
import { twoFactorPages } from './admin/pages/two-factor.pages.ts';
import { userPages } from './admin/pages/users.pages.ts';
import type { Deps } from './deps.ts';
import { limitByAddress } from './http/rate-limit.ts';
import { requestContext } from './http/request.ts';

const kitDirectory = path.dirname(fileURLToPath(import.meta.resolve('@tabler/core/dist/css/tabler.min.css')));
const ownDirectory = path.resolve(import.meta.dirname, '../admin-views/assets');
const oneHourMs = 60 * 60 * 1000;
const requestsPerMinute = 1_200;
const loginsPerMinute = 60;
/** On the internet, for each address. */
const portalRequestsPerMinute = 300;
const portalLoginsPerMinute = 20;
/** Where passwords, codes and links can be tried. */
const guessed = ['/login', '/login/code', '/reset-password', '/reset-password/:token', '/invitation/:token'];
/** A whole price table in one field. */
const tableLimit = { extended: false, limit: '1mb', parameterLimit: 20 };
const formLimit = { extended: false, limit: '50kb', parameterLimit: 300 };

/** Every page, by what has to be done before it opens: `open` nothing, `code` the password, `own` the code as well, `whole` an own password and, where it is required, an authenticator app. */
export function dashboardPages(deps: Deps): { open: Page[]; code: Page[]; password: Page[]; twoFactor: Page[]; whole: Page[] } {
  return {
    open: [...loginPages(deps), ...passwordLinkPages(deps)],
    code: codePages(deps),
    password: accountPages(deps),
    twoFactor: twoFactorPages(deps),
    whole: [
      ...overviewPages(deps),
      ...searchPages(deps),
      ...usagePages(deps),
      ...bulkPages(deps),
      ...batchPages(deps),
      ...customerPages(deps),
      ...customerFormPages(deps),
      ...customerActionPages(deps),
      ...licensePages(deps),
      ...statementPages(deps),
      ...licenseActionPages(deps),
      ...licenseChangePages(deps),
      ...createLicensePages(deps),
      ...providerPages(deps),
      ...aliasPages(deps),
      ...pricePages(deps),
      ...licenseModulePages(deps),
      ...planEditPages(deps),
      ...planPages(deps),
      ...productPages(deps),
      ...mappingPages(deps),
      ...orderPages(deps),
      ...subscriptionPages(deps),
      ...settingsPages(deps),
      ...systemPages(deps),
      ...recordPages(deps),
      ...emailPages(deps),
      ...webhookPages(deps),
      ...importPages(deps),
      ...importSteps(deps),
      ...organizationPages(deps),
      ...organizationMovePages(deps),
      ...userPages(deps),
      ...auditPages(deps),
      ...exportPages(deps),
      ...tokenPages(deps),
    ],
  };
}

/** The operator's dashboard, in the order in which a request passes. It is for the loopback address alone; whoever reaches it still has to sign in. */
export function createAdmin(deps: Deps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(requestContext(deps));
  app.use(pageSecurityHeaders());
  app.use(checkHost);
  app.use(limitByAddress(requestsPerMinute));
  app.use('/assets/kit', express.static(kitDirectory, { index: false, immutable: true, maxAge: '365d' }));
  app.use('/assets', express.static(ownDirectory, { index: false, maxAge: oneHourMs }));
  const { whole, ...before } = dashboardPages(deps);
  mountDashboard(app, deps, { door: 'dashboard', base: '', isSecure: false }, { ...before, whole }, loginsPerMinute);
  return app;
}

/** The portal, to be mounted under /portal of the public port: the same pages, of which those are left out that nobody but operators may open. */
export function createPortal(deps: Deps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(limitByAddress(portalRequestsPerMinute));
  app.use(pageSecurityHeaders());
  const { whole, ...before } = dashboardPages(deps);
  const isForOthers = ({ permission }: Page) => permission !== undefined && roles.some((role) => !isOperator(role) && may(role, permission));
  mountDashboard(app, deps, { door: 'portal', base: '/portal', isSecure: deps.config.publicUrl.startsWith('https:') }, { ...before, whole: whole.filter(isForOthers) }, portalLoginsPerMinute);
  return app;
}

function mountDashboard(app: Express, deps: Deps, mount: Mount, pages: ReturnType<typeof dashboardPages>, logins: number): void {
  const all = Object.values(pages).flat();
  const permissions = new Map(all.filter(({ method }) => method === 'get').map(({ path: address, permission }) => [address, permission]));
  const shell: Shell = { deps, render: loadViews(), permissions };
  app.use(mountedAt(mount));
  app.use(neverCached);
  app.use(loadSession(deps));
  if (mount.door === 'dashboard') {
    app.post('/prices/new', requireSession, express.urlencoded(tableLimit));
    app.post('/imports', requireSession, takeUpload);
  }
  app.use(express.urlencoded(formLimit));

  const guesses = limitByAddress(logins);
  for (const address of guessed) app.post(address, guesses);
  mountPages(app, deps, shell, pages.open);
  app.use(requireSession);
  mountPages(app, deps, shell, pages.code);
  app.use(requireBeyond('code'));
  mountPages(app, deps, shell, pages.password);
  app.use(requireBeyond('password'));
  mountPages(app, deps, shell, pages.twoFactor);
  app.use(requireBeyond('two-factor'));
  app.get('/', startPage);
  mountPages(app, deps, shell, pages.whole);

  app.use(pageNotFound);
  app.use(errorPage(shell));
}
