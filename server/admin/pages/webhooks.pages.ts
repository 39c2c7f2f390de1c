import { z } from 'zod';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { checkPublicUrl } from '../../http/public-address.ts';
import type { AllowedHost } from '../../http/public-address.rules.ts';
import { newId } from '../../ids.ts';
import { sendWebhookKey } from '../../webhooks/emit-webhook.ts';
import { addEndpoint, changeEndpoint, deleteEndpoint, disableEndpoint, enableEndpoint, redeliverWebhook, rotateSecret, sendTestEvent, type EndpointInput } from '../../webhooks/manage-endpoints.ts';
import { allTypes, parseEvents, webhookTypes } from '../../webhooks/webhook-types.rules.ts';
import { pageLinks, pageRequest } from '../paging.store.ts';
import { findEndpointRow, findWebhookDelivery, listEndpoints, listWebhookDeliveries, type EndpointRow } from '../webhook-lists.store.ts';
import { page, parseForm, textField, type Answer, type Page, type SignedInContext } from '../web/page.ts';
import { pageNotFound } from '../web/shell.ts';

const formIdPattern = /^[0-9a-f-]{36}$/;
const urlLength = 500;
const descriptionLength = 200;
const typePrefix = 'type.';
const doneTexts = ['saved', 'enabled', 'disabled', 'deleted', 'exists'] as const;
const deliveryDoneTexts = ['tested', 'redelivered'] as const;

/** Endpoints of outgoing webhooks, and the log of what was sent to them. */
export function webhookPages(deps: Deps): Page[] {
  const { db, vault, config, now } = deps;
  return [
    page('get', '/webhooks', 'webhooks.write', async ({ query, t }) => {
      const found = await listWebhookDeliveries(db, undefined, pageRequest(query));
      const endpoints = (await listEndpoints(db)).map(readable);
      return { view: 'webhooks', title: t('nav.webhooks'), data: { endpoints, ...found, links: pageLinks('/webhooks', {}, found), done: doneText(query, doneTexts, t) } };
    }),

    page('get', '/webhooks/new', 'webhooks.write', async ({ t }) => formPage(t('webhooks.new'), '/webhooks/new', { 'type.*': 'on', form_id: newId() })),

    page('post', '/webhooks/new', 'webhooks.write', async ({ form, by, t }) => {
      const id = formIdPattern.test(form['form_id'] ?? '') ? (form['form_id'] ?? '') : newId();
      const parsed = parseForm(endpointForm(config.ALLOWED_PRIVATE_HOSTS), form, t);
      if (!parsed.ok) return { ...formPage(t('webhooks.new'), '/webhooks/new', { ...form, form_id: id }, parsed.errors), status: 422 };
      const secret = await addEndpoint(db, vault, id, parsed.data, by, now());
      return secret === undefined ? { redirect: `/webhooks/${id}?done=exists` } : secretPage(t('webhooks.added'), id, parsed.data.url, secret);
    }),

    page('get', '/webhooks/deliveries/:delivery', 'webhooks.write', async ({ params, query, t }) => {
      const id = params['delivery'] ?? '';
      const { delivery, nextAttemptAt } = (await findWebhookDelivery(db, id, sendWebhookKey(id))) ?? pageNotFound();
      const payload = JSON.stringify(JSON.parse(delivery.payload), null, 2);
      return { view: 'webhook-delivery', title: t('webhook_delivery.title', { type: delivery.type }), data: { delivery, payload, nextAttemptAt, isDisabled: delivery.is_disabled === 1, done: doneText(query, deliveryDoneTexts, t) } };
    }),

    page('post', '/webhooks/deliveries/:delivery/redeliver', 'webhooks.write', async ({ params, by }) => {
      const id = params['delivery'] ?? '';
      await redeliverWebhook(db, id, by, now());
      return { redirect: `/webhooks/deliveries/${id}?done=redelivered` };
    }),

    page('get', '/webhooks/:id', 'webhooks.write', async ({ params, query, t }) => {
      const endpoint = (await findEndpointRow(db, params['id'] ?? '')) ?? pageNotFound();
      const found = await listWebhookDeliveries(db, endpoint.id, pageRequest(query));
      const done = doneText(query, doneTexts, t);
      return { view: 'webhook', title: t('webhooks.endpoint'), data: { endpoint: readable(endpoint), ...found, links: pageLinks(`/webhooks/${endpoint.id}`, {}, found), hideEndpoint: true, done } };
    }),

    page('get', '/webhooks/:id/edit', 'webhooks.write', async ({ params, t }) => {
      const endpoint = (await findEndpointRow(db, params['id'] ?? '')) ?? pageNotFound();
      const types = Object.fromEntries(parseEvents(endpoint.events).map((type) => [typePrefix + type, 'on']));
      return formPage(t('webhooks.edit_title'), `/webhooks/${endpoint.id}/edit`, { url: endpoint.url, description: endpoint.description ?? '', ...types });
    }),

    page('post', '/webhooks/:id/edit', 'webhooks.write', async ({ params, form, by, t }) => {
      const { id } = (await findEndpointRow(db, params['id'] ?? '')) ?? pageNotFound();
      const parsed = parseForm(endpointForm(config.ALLOWED_PRIVATE_HOSTS), form, t);
      if (!parsed.ok) return { ...formPage(t('webhooks.edit_title'), `/webhooks/${id}/edit`, form, parsed.errors), status: 422 };
      await changeEndpoint(db, id, parsed.data, by, now());
      return { redirect: `/webhooks/${id}?done=saved` };
    }),

    page('post', '/webhooks/:id/rotate', 'webhooks.write', async ({ params, by, t }) => {
      const { id, url } = (await findEndpointRow(db, params['id'] ?? '')) ?? pageNotFound();
      return secretPage(t('webhooks.rotated'), id, url, await rotateSecret(db, vault, id, by, now()), true);
    }),

    page('get', '/webhooks/:id/delete', 'webhooks.write', async ({ params, t }) => {
      const endpoint = (await findEndpointRow(db, params['id'] ?? '')) ?? pageNotFound();
      return { view: 'webhook-delete', title: t('webhooks.delete_title'), data: { endpoint: readable(endpoint) } };
    }),

    ...actionPages(deps),
  ];
}

/** What one button does. */
function actionPages({ db, now }: Deps): Page[] {
  const action = (name: string, run: (id: string, context: SignedInContext) => Promise<string>) =>
    page('post', `/webhooks/:id/${name}`, 'webhooks.write', async (context) => ({ redirect: await run(context.params['id'] ?? '', context) }));
  return [
    action('enable', async (id, { by }) => {
      await enableEndpoint(db, id, by, now());
      return `/webhooks/${id}?done=enabled`;
    }),
    action('disable', async (id, { by }) => {
      await disableEndpoint(db, id, by, now());
      return `/webhooks/${id}?done=disabled`;
    }),
    action('test', async (id, { by }) => `/webhooks/deliveries/${await sendTestEvent(db, id, by, now())}?done=tested`),
    action('delete', async (id, { by }) => {
      await deleteEndpoint(db, id, by, now());
      return '/webhooks?done=deleted';
    }),
  ];
}

/** The form of an endpoint: its types are one checkbox each, `type.*` for all. */
function endpointForm(allowed: readonly AllowedHost[]): z.ZodType<EndpointInput> {
  const known: string[] = [allTypes, ...webhookTypes];
  return z
    .looseObject({ url: textField(urlLength).transform((text, ctx) => publicUrl(text, allowed, ctx)), description: textField(descriptionLength).optional() })
    .transform(({ url, description = '', ...fields }, ctx) => {
      const chosen = known.filter((type) => `${typePrefix}${type}` in fields);
      if (chosen.length === 0) ctx.addIssue({ code: 'custom', path: ['events'], message: 'error.webhook_events' });
      return { url, description: description === '' ? null : description, events: chosen.includes(allTypes) ? [allTypes] : chosen };
    });
}

function publicUrl(text: string, allowed: readonly AllowedHost[], ctx: z.RefinementCtx): string {
  try {
    const { href } = checkPublicUrl(text, 'url', allowed);
    if (href.length <= urlLength) return href;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
  }
  ctx.addIssue({ code: 'custom', message: 'error.webhook_url' });
  return z.NEVER;
}

function formPage(title: string, action: string, form: Record<string, string>, errors: Record<string, string> = {}): Extract<Answer, { view: string }> {
  const types = webhookTypes.map((type) => ({ type, name: typePrefix + type, isChosen: `${typePrefix}${type}` in form }));
  return { view: 'webhook-form', title, data: { action, back: action.replace(/\/(?:new|edit)$/, ''), form, errors, types, isAll: `${typePrefix}${allTypes}` in form, urlLength, descriptionLength } };
}

/** The one page that shows a secret. */
function secretPage(title: string, id: string, url: string, secret: string, isRotated = false): Answer {
  return { view: 'webhook-secret', title, data: { id, url, key: secret, isRotated } };
}

function readable({ events, ...endpoint }: EndpointRow): Omit<EndpointRow, 'events'> & { types: string[]; isAll: boolean; status: string } {
  const types = parseEvents(events);
  return { ...endpoint, types, isAll: types.includes(allTypes), status: endpoint.disabled_at === null ? 'enabled' : 'disabled' };
}

function doneText(query: Record<string, string>, codes: readonly string[], t: SignedInContext['t']): string | undefined {
  const code = codes.find((candidate) => candidate === query['done']);
  return code && t(`done.webhook_${code}`);
}
