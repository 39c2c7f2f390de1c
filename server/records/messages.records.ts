import { z } from 'zod';
import { ofLicensesWithin } from '../access/scope.ts';
import { createdFilters } from '../http/list-query.rules.ts';
import { parseEvents } from '../webhooks/webhook-types.rules.ts';
import { between, having } from './conditions.store.ts';
import { count, countOrNull, idFilter, idShape, iso, isoOrNull, nullableId, providerShape, text, textOrNull, time, timeOrNull } from './record.rules.ts';
import type { Records } from './records.ts';

const emailFilters = { status: z.enum(['queued', 'sent', 'failed']).optional(), license_id: idFilter('licence'), ...createdFilters };
const emailItem = z
  .object({ id: idShape, template: text.meta({ example: 'license-key' }), recipient: text, locale: text, license_id: nullableId, order_id: nullableId, status: text.meta({ example: 'sent' }), attempts: count, last_error: textOrNull, created_at: time, sent_at: timeOrNull })
  .meta({ id: 'EmailRecord' });

/** The outbox, without what the messages say. */
export const emailRecords: Records<'emails', typeof emailFilters, typeof emailItem> = {
  table: 'emails', name: 'emails', what: 'e-mail', operations: { list: 'listEmails', read: 'readEmail' }, tag: 'Messages', scope: 'emails.read',
  item: emailItem, filters: emailFilters, sorts: { created_at: 'emails.created_at' },
  select: (db, { status, license_id, created_from, created_to }, { scope }) =>
    between(having(having(db.selectFrom('emails').where(ofLicensesWithin(scope, 'emails.license_id')), 'emails.status', status), 'emails.license_id', license_id), 'emails.created_at', { from: created_from, to: created_to }),
  load: async (db, ids) =>
    (await db.selectFrom('emails').select(['id', 'template', 'recipient', 'locale', 'license_id', 'order_id', 'status', 'attempts', 'last_error', 'created_at', 'sent_at']).where('id', 'in', ids).execute()).map(({ created_at, sent_at, ...row }) => ({ ...row, created_at: iso(created_at), sent_at: isoOrNull(sent_at) })),
};

const deliveryFilters = { status: z.enum(['received', 'handled', 'ignored', 'dead']).optional(), received_from: createdFilters.created_from, received_to: createdFilters.created_to };
const deliveryItem = z
  .object({ id: idShape, provider: providerShape, account: text, event_id: text, topic: text, status: text.meta({ example: 'handled' }), reason: textOrNull, deliveries: count.meta({ description: 'How often the shop has sent it.' }), occurred_at: timeOrNull, received_at: time, handled_at: timeOrNull })
  .meta({ id: 'DeliveryRecord' });

/** What the shops have sent, without the bodies. */
export const deliveryRecords: Records<'inbox', typeof deliveryFilters, typeof deliveryItem> = {
  table: 'inbox', name: 'deliveries', what: 'delivery', operations: { list: 'listDeliveries', read: 'readDelivery' }, tag: 'Messages', scope: 'deliveries.read',
  item: deliveryItem, filters: deliveryFilters, sorts: { received_at: 'inbox.received_at' },
  select: (db, { status, received_from, received_to }) => between(having(db.selectFrom('inbox'), 'inbox.status', status), 'inbox.received_at', { from: received_from, to: received_to }),
  load: async (db, ids) =>
    (await db.selectFrom('inbox').select(['id', 'provider', 'account', 'event_id', 'topic', 'status', 'reason', 'deliveries', 'occurred_at', 'received_at', 'handled_at']).where('id', 'in', ids).execute()).map(({ occurred_at, received_at, handled_at, ...row }) => ({
      ...row, occurred_at: isoOrNull(occurred_at), received_at: iso(received_at), handled_at: isoOrNull(handled_at),
    })),
};

const noFilters = {};
const endpointItem = z
  .object({ id: idShape, url: text, description: textOrNull, events: z.array(text).meta({ description: '`*`: every type.', example: ['license.issued'] }), is_enabled: z.boolean(), disabled_at: timeOrNull, disabled_reason: textOrNull, created_at: time, updated_at: time })
  .meta({ id: 'WebhookEndpointRecord' });

/** Where events are sent, without the secrets. */
export const webhookEndpointRecords: Records<'webhook_endpoints', typeof noFilters, typeof endpointItem> = {
  table: 'webhook_endpoints', name: 'webhook-endpoints', what: 'webhook endpoint', operations: { list: 'listWebhookEndpoints', read: 'readWebhookEndpoint' }, tag: 'Messages', scope: 'webhooks.read',
  item: endpointItem, filters: noFilters, sorts: { created_at: 'webhook_endpoints.created_at' },
  select: (db) => db.selectFrom('webhook_endpoints'),
  load: async (db, ids) =>
    (await db.selectFrom('webhook_endpoints').select(['id', 'url', 'description', 'events', 'disabled_at', 'disabled_reason', 'created_at', 'updated_at']).where('id', 'in', ids).execute()).map(({ events, disabled_at, created_at, updated_at, ...row }) => ({
      ...row, events: parseEvents(events), is_enabled: disabled_at === null, disabled_at: isoOrNull(disabled_at), created_at: iso(created_at), updated_at: iso(updated_at),
    })),
};

const webhookFilters = { endpoint_id: idFilter('endpoint'), ...createdFilters };
const webhookItem = z
  .object({ id: idShape, message_id: idShape, endpoint_id: idShape, type: text.meta({ example: 'license.issued' }), status: text.meta({ example: 'delivered' }), attempts: count, last_status: countOrNull, last_error: textOrNull, created_at: time, updated_at: time, delivered_at: timeOrNull })
  .meta({ id: 'WebhookDeliveryRecord' });

/** What was sent to the endpoints, and what they answered. */
export const webhookDeliveryRecords: Records<'webhook_deliveries', typeof webhookFilters, typeof webhookItem> = {
  table: 'webhook_deliveries', name: 'webhook-deliveries', what: 'webhook delivery', operations: { list: 'listWebhookDeliveries', read: 'readWebhookDelivery' }, tag: 'Messages', scope: 'webhooks.read',
  item: webhookItem, filters: webhookFilters, sorts: { created_at: 'webhook_deliveries.created_at' },
  select: (db, { endpoint_id, created_from, created_to }) => between(having(db.selectFrom('webhook_deliveries'), 'webhook_deliveries.endpoint_id', endpoint_id), 'webhook_deliveries.created_at', { from: created_from, to: created_to }),
  load: async (db, ids) =>
    (await db.selectFrom('webhook_deliveries').innerJoin('webhook_messages', 'webhook_messages.id', 'webhook_deliveries.message_id').selectAll('webhook_deliveries').select('webhook_messages.type').where('webhook_deliveries.id', 'in', ids).execute()).map(
      ({ created_at, updated_at, delivered_at, reason_codes: _codes, ...row }) => ({ ...row, created_at: iso(created_at), updated_at: iso(updated_at), delivered_at: isoOrNull(delivered_at) }),
    ),
};
