import { may } from '../../access/access.rules.ts';
import { providerNames } from '../../billing/billing-events.ts';
import { providerLink } from '../../billing/provider-links.rules.ts';
import { replayOrder } from '../../billing/replay-order.ts';
import { resendKeys } from '../../billing/resend-keys.ts';
import type { Db } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { newId } from '../../ids.ts';
import { listAudit } from '../lists.store.ts';
import { findOrderDetail, findOrderIds, listOrderChoices, listOrders, type OrderFilter } from '../orders-list.store.ts';
import { addressOf, pageLinks, pageRequest } from '../paging.store.ts';
import { page, type Page } from '../web/page.ts';
import { pageNotFound } from '../web/shell.ts';

const dayMs = 24 * 60 * 60 * 1000;
const idPattern = /^[0-9a-f-]{36}$/;

/** What was bought: the list with search and filters, and each order with everything that belongs to it. */
export function orderPages(deps: Deps): Page[] {
  const { db, config, now } = deps;
  return [
    page('get', '/orders', 'orders.read', async ({ query, scope, t }) => {
      const { filter, ids, isCut, choices, kept } = await readOrderFilter(db, query);
      const found = ids?.length === 0 ? { rows: [], next: undefined, previous: undefined } : await listOrders(db, scope, filter, pageRequest(query), ids);
      return {
        view: 'orders',
        title: t('nav.orders'),
        data: {
          ...kept,
          isFiltered: Object.values(kept).some((value) => value !== undefined && value !== ''),
          isCut,
          providers: providerNames.map((code) => ({ code, isCurrent: code === kept.provider })),
          statuses: choices.statuses.map((code) => ({ code, isCurrent: code === kept.status })),
          currencies: choices.currencies.map((code) => ({ code, isCurrent: code === kept.currency })),
          canMap: scope.kind === 'all',
          ...found,
          exportHref: addressOf('/exports/orders', kept),
          links: pageLinks('/orders', kept, found),
        },
      };
    }),

    page('get', '/orders/:id', 'orders.read', async ({ params, query, scope, role, t }) => {
      const found = (await findOrderDetail(db, scope, params['id'] ?? '', now())) ?? pageNotFound();
      const { order } = found;
      const isOperator = scope.kind === 'all';
      const done = ['replayed', 'keys-sent'].find((code) => code === query['done']);
      const data = {
        ...found,
        // What came from the shop and what went out by mail are the operator's to see.
        deliveries: may(role, 'deliveries.read') ? found.deliveries : [],
        emails: may(role, 'emails.read') ? found.emails : [],
        isOperator,
        isUnseen: order.status === 'unseen',
        hasUnmapped: found.lines.some(({ state }) => state === 'unmapped'),
        link: isOperator && order.status !== 'unseen' ? providerLink(config, 'order', order.provider, order.external_id) : undefined,
        canReplay: may(role, 'deliveries.replay') && found.deliveries.length > 0,
        canResend: may(role, 'emails.resend') && found.lines.some(({ licenses }) => licenses.length > 0) && found.customer !== undefined,
        attempt: newId(),
        audit: may(role, 'audit.read') ? (await listAudit(db, { entity: 'order', entityId: order.id }, {})).rows : [],
        done: done && t(`orders.done.${done}`, { email: found.customer?.email }),
      };
      return { view: 'order', title: t('orders.title', { number: order.number }), data };
    }),

    page('post', '/orders/:id/replay', 'deliveries.replay', async ({ params, by }) => {
      const id = params['id'] ?? '';
      await replayOrder(db, id, by, now());
      return { redirect: `/orders/${id}?done=replayed` };
    }),

    page('post', '/orders/:id/resend-keys', 'emails.resend', async ({ params, form, by }) => {
      const id = params['id'] ?? '';
      const attempt = idPattern.test(form['attempt'] ?? '') ? (form['attempt'] ?? '') : newId();
      await resendKeys(deps, id, attempt, by);
      return { redirect: `/orders/${id}?done=keys-sent` };
    }),
  ];
}

/** A day as a form sends it (`2026-11-21`), in UTC. */
function dayOf(text: string | undefined): { text: string; start: number } | undefined {
  if (text === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const start = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(start) ? undefined : { text, start };
}

type OrderQuestion = { filter: OrderFilter; ids: string[] | undefined; isCut: boolean; choices: Awaited<ReturnType<typeof listOrderChoices>>; kept: Record<'q' | 'provider' | 'status' | 'currency' | 'from' | 'to', string | undefined> };

/** The filter that an address names; what is no filter is left out. `ids`: what its search has found, none without a search. */
export async function readOrderFilter(db: Db, query: Record<string, string>): Promise<OrderQuestion> {
  const q = (query['q'] ?? '').trim().slice(0, 190);
  const choices = await listOrderChoices(db);
  const provider = providerNames.find((name) => name === query['provider']);
  const status = choices.statuses.find((code) => code === query['status']);
  const currency = choices.currencies.find((code) => code === query['currency']);
  const [from, to] = [dayOf(query['from']), dayOf(query['to'])];
  const search = q === '' ? undefined : await findOrderIds(db, q);
  const kept = { q, provider, status, currency, from: from?.text, to: to?.text };
  return { filter: { provider, status, currency, from: from?.start, to: to && to.start + dayMs }, ids: search?.ids, isCut: search?.isCut ?? false, choices, kept };
}
