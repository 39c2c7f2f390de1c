import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { idParams } from '../http/admin-route.ts';
import { adminWrite } from '../http/admin-write.ts';
import { checkPublicUrl } from '../http/public-address.ts';
import type { AllowedHost } from '../http/public-address.rules.ts';
import type { Route } from '../http/route.ts';
import { newId } from '../ids.ts';
import { webhookDeliveryRecords, webhookEndpointRecords } from '../records/messages.records.ts';
import { currentRecord, readRecord } from '../records/records.ts';
import { addEndpoint, changeEndpoint, deleteEndpoint, disableEndpoint, enableEndpoint, redeliverWebhook, rotateSecret, sendTestEvent } from './manage-endpoints.ts';
import { allTypes, webhookTypes } from './webhook-types.rules.ts';

const tag = 'Messages';
const scope = 'webhooks.write';
const params = idParams('webhook endpoint');
const longestUrl = 500;
const endpoint = z.object({
  url: z.string().max(longestUrl).meta({ example: 'https://hooks.example.com/chatello' }),
  description: z.string().trim().max(200).regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must be one line of text').nullable().default(null).meta({ example: 'Bookkeeping' }),
  events: z.array(z.enum([allTypes, ...webhookTypes])).min(1).max(webhookTypes.length + 1).meta({ description: '`*`: every type, those of later versions too.', example: ['license.issued'] }),
});
const secret = z.string().meta({ description: 'For checking the signatures (Standard Webhooks). It stands here this once.', example: 'whsec_…' });

/** Endpoints of outgoing webhooks and what was sent to them. Reading is in records/. */
export function endpointRoutes(deps: Deps): Route[] {
  const { vault, config } = deps;
  const current = currentRecord(deps, webhookEndpointRecords);
  const answer = { 200: { description: 'The endpoint as it is now.', schema: webhookEndpointRecords.item } };
  const inputOf = ({ url, description, events }: z.output<typeof endpoint>) => ({ url: addressOf(url, config.ALLOWED_PRIVATE_HOSTS), description: description === '' ? null : description, events: events.includes(allTypes) ? [allTypes] : [...new Set(events)] });

  const create = adminWrite(
    deps,
    { method: 'post', path: '/api/v1/webhook-endpoints', operationId: 'createWebhookEndpoint', tag, scope, summary: 'Add a webhook endpoint', body: endpoint, responses: { 201: { description: 'The endpoint with its secret.', schema: webhookEndpointRecords.item.extend({ secret }) } } },
    async ({ body, caller, trx, at }) => {
      const id = newId();
      const made = await addEndpoint(trx, vault, id, inputOf(body), caller.by, at);
      return { status: 201, body: { ...(await current.read(trx, { id }, caller)), secret: made } };
    },
  );

  const change = adminWrite(
    deps,
    { method: 'put', path: '/api/v1/webhook-endpoints/:id', operationId: 'changeWebhookEndpoint', tag, scope, summary: 'Change a webhook endpoint', params, body: endpoint, responses: answer, current },
    async ({ params: { id }, body, caller, trx, at }) => {
      await changeEndpoint(trx, id, inputOf(body), caller.by, at);
      return { body: await current.read(trx, { id }, caller) };
    },
  );

  const remove = adminWrite(
    deps,
    { method: 'delete', path: '/api/v1/webhook-endpoints/:id', operationId: 'deleteWebhookEndpoint', tag, scope, summary: 'Delete a webhook endpoint with its log', params, responses: { 200: { description: 'Deleted.', schema: z.object({ id: z.string(), deleted: z.literal(true) }) } }, current },
    async ({ params: { id }, caller, trx, deps: inside, at }) => {
      await readRecord(inside, webhookEndpointRecords, id, caller);
      await deleteEndpoint(trx, id, caller.by, at);
      return { body: { id, deleted: true } };
    },
  );

  const switched = (action: 'enable' | 'disable') =>
    adminWrite(deps, { method: 'post', path: `/api/v1/webhook-endpoints/:id/${action}`, operationId: `${action}WebhookEndpoint`, tag, scope, summary: action === 'enable' ? 'Let an endpoint be told of events again' : 'End that an endpoint is told of events', params, responses: answer }, async ({ params: { id }, caller, trx, at }) => {
      await current.read(trx, { id }, caller);
      await (action === 'enable' ? enableEndpoint : disableEndpoint)(trx, id, caller.by, at);
      return { body: await current.read(trx, { id }, caller) };
    });

  const rotate = adminWrite(
    deps,
    { method: 'post', path: '/api/v1/webhook-endpoints/:id/rotate-secret', operationId: 'rotateWebhookSecret', tag, scope, summary: 'Give an endpoint a new secret', description: 'The old one signs beside it for a day.', params, responses: { 200: { description: 'The endpoint with its new secret.', schema: webhookEndpointRecords.item.extend({ secret }) } } },
    async ({ params: { id }, caller, trx, at }) => {
      const made = await rotateSecret(trx, vault, id, caller.by, at);
      return { body: { ...(await current.read(trx, { id }, caller)), secret: made } };
    },
  );

  const delivery = { 202: { description: 'It waits to be sent.', schema: webhookDeliveryRecords.item } };
  const test = adminWrite(
    deps,
    { method: 'post', path: '/api/v1/webhook-endpoints/:id/test', operationId: 'testWebhookEndpoint', tag, scope, summary: 'Send the test event to an endpoint', params, responses: delivery, errors: ['CONFLICT'] },
    async ({ params: { id }, caller, trx, deps: inside, at }) => {
      await current.read(trx, { id }, caller);
      return { status: 202, body: await readRecord(inside, webhookDeliveryRecords, await sendTestEvent(trx, id, caller.by, at), caller) };
    },
  );

  const redeliver = adminWrite(
    deps,
    { method: 'post', path: '/api/v1/webhook-deliveries/:id/redeliver', operationId: 'redeliverWebhook', tag, scope, summary: 'Deliver a webhook once more', params: idParams('webhook delivery'), responses: delivery, errors: ['CONFLICT'] },
    async ({ params: { id }, caller, trx, deps: inside, at }) => {
      await redeliverWebhook(trx, id, caller.by, at);
      return { status: 202, body: await readRecord(inside, webhookDeliveryRecords, id, caller) };
    },
  );
  return [create, change, remove, switched('enable'), switched('disable'), rotate, test, redeliver];
}

/** The address as it is stored. It may become longer than it was: what is not ASCII is escaped. */
function addressOf(url: string, allowed: readonly AllowedHost[]): string {
  const { href } = checkPublicUrl(url, 'body.url', allowed);
  if (href.length > longestUrl) throw new AppError('INVALID_REQUEST', `body.url: must be at most ${longestUrl} characters long`, { field: 'body.url' });
  return href;
}
