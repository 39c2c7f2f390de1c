import type { Deps } from '../../deps.ts';
import { customerRecords } from '../../records/customers.records.ts';
import { idsByPlace } from '../../records/export-records.ts';
import { licenseRecords } from '../../records/licenses.records.ts';
import { deliveryRecords, emailRecords, webhookDeliveryRecords } from '../../records/messages.records.ts';
import { orderRecords } from '../../records/orders.records.ts';
import { subscriptionRecords } from '../../records/subscriptions.records.ts';
import { listCustomerPlaces } from '../customers-list.store.ts';
import { exportPage, listedIds } from '../export-page.ts';
import { readLicenseFilter } from '../license-filter.ts';
import { listLicensePlaces } from '../licenses-list.store.ts';
import { listDeliveries, listEmails } from '../lists.store.ts';
import { listOrders } from '../orders-list.store.ts';
import { pageRequest } from '../paging.store.ts';
import { listSubscriptions } from '../subscriptions-list.store.ts';
import type { Page } from '../web/page.ts';
import { listWebhookDeliveries } from '../webhook-lists.store.ts';
import { readCustomerFilter } from './customers.pages.ts';
import { readOrderFilter } from './orders.pages.ts';
import { deliveryStatusOf, emailStatusOf } from './records.pages.ts';
import { readSubscriptionFilter } from './subscriptions.pages.ts';

const nothing = { rows: [], next: undefined, previous: undefined };

/** The lists as files, as they are filtered and ordered. That of the audit log is with its page. */
export function exportPages(deps: Deps): Page[] {
  const { db, now } = deps;
  return [
    exportPage(deps, '/exports/customers', 'customers.read', customerRecords, async ({ query, scope }) => {
      const { filter } = await readCustomerFilter(db, scope, query);
      return idsByPlace((after, limit) => listCustomerPlaces(db, filter, after, limit));
    }),
    exportPage(deps, '/exports/licenses', 'licenses.read', licenseRecords, async ({ query, scope }) => {
      const { filter } = await readLicenseFilter(deps, scope, query);
      return idsByPlace((after, limit) => listLicensePlaces(db, filter, after, limit, now()));
    }),
    exportPage(deps, '/exports/deliveries', 'deliveries.read', deliveryRecords, ({ query }) => listedIds((place) => listDeliveries(db, deliveryStatusOf(query), pageRequest(place)))),
    exportPage(deps, '/exports/emails', 'emails.read', emailRecords, ({ query }) => listedIds((place) => listEmails(db, pageRequest(place), emailStatusOf(query)))),
    exportPage(deps, '/exports/orders', 'orders.read', orderRecords, async ({ query, scope }) => {
      const { filter, ids } = await readOrderFilter(db, query);
      return listedIds(async (place) => (ids?.length === 0 ? nothing : listOrders(db, scope, filter, pageRequest(place), ids)));
    }),
    exportPage(deps, '/exports/subscriptions', 'subscriptions.read', subscriptionRecords, async ({ query, scope }) => {
      const { filter, ids } = await readSubscriptionFilter(db, query, now());
      return listedIds(async (place) => (ids?.length === 0 ? nothing : listSubscriptions(db, scope, filter, pageRequest(place), now(), ids)));
    }),
    exportPage(deps, '/exports/webhooks', 'webhooks.write', webhookDeliveryRecords, ({ query }) => listedIds((place) => listWebhookDeliveries(db, query['endpoint'], pageRequest(place)))),
  ];
}
