import type { Deps } from '../deps.ts';
import type { Route } from '../http/route.ts';
import { moduleRecords, planRecords, productMappingRecords, productRecords } from './catalog.records.ts';
import { customerRecords } from './customers.records.ts';
import { licenseRecords } from './licenses.records.ts';
import { importRecords } from './imports.records.ts';
import { deliveryRecords, emailRecords, webhookDeliveryRecords, webhookEndpointRecords } from './messages.records.ts';
import { orderRecords } from './orders.records.ts';
import { apiTokenRecords, auditRecords, organizationRecords, userRecords } from './people.records.ts';
import { recordRoutes } from './records.ts';
import { subscriptionRecords } from './subscriptions.records.ts';

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
    ...recordRoutes(deps, moduleRecords),
    ...recordRoutes(deps, emailRecords),
    ...recordRoutes(deps, deliveryRecords),
    ...recordRoutes(deps, webhookEndpointRecords),
    ...recordRoutes(deps, webhookDeliveryRecords),
    ...recordRoutes(deps, organizationRecords),
    ...recordRoutes(deps, userRecords),
    ...recordRoutes(deps, apiTokenRecords),
    ...recordRoutes(deps, auditRecords),
    ...recordRoutes(deps, importRecords),
  ];
}
