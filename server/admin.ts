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
import { subscriptionPages } from './admin/pages/subscriptions.pages.ts';
import { systemPages } from './admin/pages/system.pages.ts';
import { tokenPages } from './admin/pages/tokens.pages.ts';
import { webhookPages } from './admin/pages/webhooks.pages.ts';
import { checkHost } from './admin/web/host-check.ts';
import { mountPages } from './admin/web/page.ts';
import { neverCached, pageSecurityHeaders } from './admin/web/security-headers.ts';
import { loadSession, requireOwnPassword, requireSession } from './admin/web/session-of.ts';
import { errorPage, pageNotFound, type Shell } from './admin/web/shell.ts';
import { loadViews } from './admin/web/views.ts';
import type { Deps } from './deps.ts';
import { limitByAddress } from './http/rate-limit.ts';
import { requestContext } from './http/request.ts';

const kitDirectory = path.dirname(fileURLToPath(import.meta.resolve('@tabler/core/dist/css/tabler.min.css')));
const ownDirectory = path.resolve(import.meta.dirname, '../admin-views/assets');
const oneHourMs = 60 * 60 * 1000;
const requestsPerMinute = 1_200;
const loginsPerMinute = 60;
/** A whole price table in one field. */
const tableLimit = { extended: false, limit: '1mb', parameterLimit: 20 };
const formLimit = { extended: false, limit: '50kb', parameterLimit: 100 };

/** The operator's dashboard, in the order in which a request passes. It is for the loopback address alone; whoever reaches it still has to sign in. */
export function createAdmin(deps: Deps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  const shell: Shell = { deps, render: loadViews() };

  app.use(requestContext(deps));
  app.use(pageSecurityHeaders());
  app.use(checkHost);
  app.use(limitByAddress(requestsPerMinute));
  app.use('/assets/kit', express.static(kitDirectory, { index: false, immutable: true, maxAge: '365d' }));
  app.use('/assets', express.static(ownDirectory, { index: false, maxAge: oneHourMs }));
  app.use(neverCached);
  app.use(loadSession(deps));
  app.post('/prices/new', requireSession, express.urlencoded(tableLimit));
  app.use(express.urlencoded(formLimit));

  app.post('/login', limitByAddress(loginsPerMinute));
  mountPages(app, deps, shell, loginPages(deps));
  app.use(requireSession);
  mountPages(app, deps, shell, accountPages(deps));
  app.use(requireOwnPassword);
  mountPages(app, deps, shell, [
    ...overviewPages(deps),
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
    ...auditPages(deps),
    ...tokenPages(deps),
  ]);

  app.use(pageNotFound);
  app.use(errorPage(shell));
  return app;
}
