import express, { type Express } from 'express';
import { publicSite } from './account/site.ts';
import { createPortal } from './admin.ts';
import { customerRoutes } from './customers/customers.routes.ts';
import { aiRoutes } from './ai/ai.routes.ts';
import { audioRoutes } from './ai/audio/audio.routes.ts';
import { gatewayRoutes } from './ai/gateway/gateway.routes.ts';
import { accountRoutes } from './ai/own-keys/account.routes.ts';
import { providerKeyRoutes } from './ai/own-keys/provider-keys.routes.ts';
import { aiSettingsRoutes } from './ai/settings/settings.routes.ts';
import { visitorRoutes } from './ai/visitors/visitors.routes.ts';
import { batchRoutes } from './batches/batches.routes.ts';
import { webhookRoutes } from './billing/webhooks.routes.ts';
import type { Deps } from './deps.ts';
import { ledgerRoutes } from './figures/ledger.routes.ts';
import { statisticsRoutes } from './figures/statistics.routes.ts';
import { usageFigureRoutes } from './figures/usage-figures.routes.ts';
import { systemRoutes } from './system.routes.ts';
import { errorHandler, notFound } from './http/error-handler.ts';
import { importRoutes } from './imports/imports.routes.ts';
import { docsPages, openApiRoutes } from './http/openapi.ts';
import { limitByAddress, requestsPerMinute } from './http/rate-limit.ts';
import { requestContext, securityHeaders } from './http/request.ts';
import { mountRoutes, type Route } from './http/route.ts';
import { adminLicenseRoutes } from './licenses/admin-licenses.routes.ts';
import { licenseRoutes } from './licenses/licenses.routes.ts';
import { deviceRoutes } from './licenses/devices.routes.ts';
import { siteRoutes } from './licenses/sites.routes.ts';
import { customerWriteRoutes } from './people/customers-api.routes.ts';
import { licenseWriteRoutes } from './people/licenses-api.routes.ts';
import { licenseModuleRoutes } from './licenses/modules.routes.ts';
import { mappingRoutes } from './billing/mappings.routes.ts';
import { orderRoutes } from './billing/orders.routes.ts';
import { jobRoutes } from './jobs/jobs.routes.ts';
import { planRoutes } from './plans/plans.routes.ts';
import { productRoutes } from './plans/products.routes.ts';
import { settingRoutes } from './settings/settings.routes.ts';
import { organizationRoutes } from './organizations/organizations.routes.ts';
import { pricingPages } from './pricing/pricing.pages.ts';
import { aliasAndPriceRoutes } from './ai/catalog/aliases-and-prices.routes.ts';
import { providerRoutes } from './ai/catalog/providers.routes.ts';
import { tokenRoutes } from './api-tokens/tokens.routes.ts';
import { deliveryRoutes } from './billing/deliveries.routes.ts';
import { revealRoutes } from './licenses/reveal.routes.ts';
import { emailRoutes } from './mail/emails.routes.ts';
import { endpointRoutes } from './webhooks/endpoints.routes.ts';
import { auditCheckRoutes } from './audit/audit-checks.routes.ts';
import { searchRoutes } from './search/search.routes.ts';
import { exportRoutes } from './records/exports.routes.ts';
import { recordsRoutes } from './records/records.routes.ts';
import { statementRoutes } from './usage/statement.routes.ts';
import { usageRoutes } from './usage/usage.routes.ts';
import { userRoutes } from './users/users.routes.ts';

/** Every public endpoint, in the order in which it is mounted: what is asked for all the time comes first, since the router tries one after the other. */
export function apiRoutes(deps: Deps): Route[] {
  const routes = [
    ...licenseRoutes(deps),
    ...aiRoutes(deps),
    ...gatewayRoutes(deps),
    ...siteRoutes(deps),
    ...deviceRoutes(deps),
    ...adminLicenseRoutes(deps),
    ...customerRoutes(deps),
    ...customerWriteRoutes(deps),
    ...licenseWriteRoutes(deps),
    ...batchRoutes(deps),
    ...audioRoutes(deps),
    ...providerKeyRoutes(deps),
    ...accountRoutes(deps),
    ...visitorRoutes(deps),
    ...aiSettingsRoutes(deps),
    ...usageRoutes(deps),
    ...statementRoutes(deps),
    ...statisticsRoutes(deps),
    ...usageFigureRoutes(deps),
    ...ledgerRoutes(deps),
    ...webhookRoutes(deps),
    ...organizationRoutes(deps),
    ...userRoutes(deps),
    ...recordsRoutes(deps),
    ...exportRoutes(deps),
    ...searchRoutes(deps),
    ...auditCheckRoutes(deps),
    ...revealRoutes(deps),
    ...emailRoutes(deps),
    ...deliveryRoutes(deps),
    ...endpointRoutes(deps),
    ...providerRoutes(deps),
    ...aliasAndPriceRoutes(deps),
    ...tokenRoutes(deps),
    ...importRoutes(deps),
    ...planRoutes(deps),
    ...productRoutes(deps),
    ...licenseModuleRoutes(deps),
    ...mappingRoutes(deps),
    ...orderRoutes(deps),
    ...settingRoutes(deps),
    ...jobRoutes(deps),
  ];
  routes.push(...systemRoutes(deps, routes), ...openApiRoutes(deps, routes));
  return routes;
}

/** The public API. */
export function createApi(deps: Deps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', deps.config.TRUST_PROXY);
  app.set('query parser', 'simple');
  app.use(requestContext(deps));
  app.use(securityHeaders());
  mountRoutes(app, apiRoutes(deps));
  app.use('/portal', createPortal(deps));
  app.use(publicSite(deps, pricingPages(deps)));
  app.use('/docs', limitByAddress(requestsPerMinute), docsPages());
  app.use(limitByAddress(requestsPerMinute), notFound);
  app.use(errorHandler(deps));
  return app;
}
