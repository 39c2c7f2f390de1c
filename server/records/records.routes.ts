import type { Deps } from '../deps.ts';
import type { Route } from '../http/route.ts';
import { planRecords, productMappingRecords, productRecords } from './catalog.store.ts';
import { customerRecords } from './customers.store.ts';
import { licenseRecords } from './licenses.store.ts';
import { deliveryRecords, emailRecords, webhookDeliveryRecords, webhookEndpointRecords } from './messages.store.ts';
import { orderRecords } from './orders.store.ts';
import { apiTokenRecords, auditRecords, organizationRecords, userRecords } from './people.store.ts';
import { recordRoutes } from './records.ts';
import { subscriptionRecords } from './subscriptions.store.ts';
import { usageRecords } from './usage.store.ts';

/** Reading under /api/v1: the list and the single record of everything that the dashboard shows. */
export function recordsRoutes(deps: Deps): Route[] {
  return [
    ...recordRoutes(deps, customerRecords),
    ...recordRoutes(deps, licenseRecords),
    ...recordRoutes(deps, orderRecords),
    ...recordRoutes(deps, subscriptionRecords),
    ...recordRoutes(deps, productRecords),
    ...recordRoutes(deps, productMappingRecords),
    ...recordRoutes(deps, planRecords),
    ...recordRoutes(deps, usageRecords),
    ...recordRoutes(deps, emailRecords),
    ...recordRoutes(deps, deliveryRecords),
    ...recordRoutes(deps, webhookEndpointRecords),
    ...recordRoutes(deps, webhookDeliveryRecords),
    ...recordRoutes(deps, organizationRecords),
    ...recordRoutes(deps, userRecords),
    ...recordRoutes(deps, apiTokenRecords),
    ...recordRoutes(deps, auditRecords),
  ];
}
