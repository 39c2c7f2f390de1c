import { may } from '../../access/access.rules.ts';
import { providerNames } from '../../billing/billing-events.ts';
import { providerLink } from '../../billing/provider-links.rules.ts';
import type { SubscriptionItem } from '../../billing/subscription.rules.ts';
import { emailKey } from '../../customers/customer.rules.ts';
import type { Db } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { withSettings } from '../../settings/with-settings.ts';
import { listAudit } from '../lists.store.ts';
import { listDeliveriesOf, listOrdersOfSubscription } from '../orders-list.store.ts';
import { addressOf, pageLinks, pageRequest } from '../paging.store.ts';
import { findSubscriptionDetail, findSubscriptionIds, listSubscriptions, listWrittenCauses, type SubscriptionDetail, type SubscriptionFilter } from '../subscriptions-list.store.ts';
import { page, type Page } from '../web/page.ts';
import { pageNotFound } from '../web/shell.ts';

const dayMs = 24 * 60 * 60 * 1000;
const soonMs = 30 * dayMs;
const statuses = ['active', 'trialing', 'past_due', 'paused', 'cancelled'];

/** What is paid again and again: the list, and each subscription with its life, its payments and what comes next. */
export function subscriptionPages(deps: Deps): Page[] {
  const { db, now } = deps;
  return [
    page('get', '/subscriptions', 'subscriptions.read', async ({ query, scope, t }) => {
      const at = now();
      const { filter, ids, isCut, kept } = await readSubscriptionFilter(db, query, at);
      const { q, provider, show } = kept;
      const found = ids?.length === 0 ? { rows: [], next: undefined, previous: undefined } : await listSubscriptions(db, scope, filter, pageRequest(query), at, ids);
      const tabs = [undefined, 'ends_soon', ...statuses].map((code) => ({ code, href: addressOf('/subscriptions', { q, provider, show: code }), isCurrent: code === show }));
      return {
        view: 'subscriptions',
        title: t('nav.subscriptions'),
        data: { q, show, tabs, providers: providerNames.map((code) => ({ code, isCurrent: code === provider })), isFiltered: q !== '' || provider !== undefined || show !== undefined, isCut, exportHref: addressOf('/exports/subscriptions', kept), ...found, links: pageLinks('/subscriptions', kept, found) },
      };
    }),

    page('get', '/subscriptions/:id', 'subscriptions.read', async ({ params, scope, role, t }) => {
      const at = now();
      const found = (await findSubscriptionDetail(db, scope, params['id'] ?? '', at)) ?? pageNotFound();
      const { subscription } = found;
      const { provider, account, external_id: externalId } = subscription;
      const { config } = await withSettings(deps);
      const data = {
        ...found,
        items: subscription.items === null ? [] : (JSON.parse(subscription.items) as SubscriptionItem[]).map(({ productIds, quantity }) => ({ product: productIds[0] ?? '', quantity })),
        changes: found.changes.map((change) => ({ ...change, licenses: (JSON.parse(change.license_ids) as string[]).length })),
        graceDays: Math.round(Math.max(0, ...found.licenses.map(({ grace_ms: ms }) => ms)) / dayMs),
        graceSetting: config.SUBSCRIPTION_GRACE_DAYS,
        reminders: await remindersOf(deps, found, config.REMINDER_DAYS, at),
        payments: await listOrdersOfSubscription(db, { provider, account, externalId }),
        deliveries: may(role, 'deliveries.read') ? await listDeliveriesOf(db, 'subscription', provider, [externalId]) : [],
        link: scope.kind === 'all' ? providerLink(config, 'subscription', provider, externalId) : undefined,
        audit: may(role, 'audit.read') ? (await listAudit(db, { entity: 'subscription', entityId: subscription.id }, {})).rows : [],
      };
      return { view: 'subscription', title: t('subscriptions.title', { id: externalId }), data };
    }),
  ];
}

/** The reminders that come before the end of each licence, with those that were sent. */
async function remindersOf({ db }: Pick<Deps, 'db'>, { licenses, subscription }: SubscriptionDetail, days: readonly number[], now: number): Promise<{ at: number; days: number; ending: string; isSent: boolean }[]> {
  if (subscription.status === 'past_due' || subscription.status === 'paused') return [];
  const planned = licenses.slice(0, 20).flatMap((license) => {
    const end = license.expires_at;
    return end === null || end <= now || license.status !== 'active' ? [] : days.map((count) => ({ at: end - count * dayMs, days: count, ending: license.key_hint, cause: `renewal-coming:${license.id}:${end}:${count}` }));
  });
  const written = await listWrittenCauses(db, planned.map(({ cause }) => cause));
  return planned.filter(({ at, cause }) => at > now || written.has(cause)).map(({ cause, ...reminder }) => ({ ...reminder, isSent: written.has(cause) })).sort((a, b) => a.at - b.at);
}

type SubscriptionQuestion = { filter: SubscriptionFilter; ids: string[] | undefined; isCut: boolean; kept: Record<'q' | 'provider' | 'show', string | undefined> };

/** The filter that an address names; what is no filter is left out. `ids`: what its search has found, none without a search. */
export async function readSubscriptionFilter(db: Db, query: Record<string, string>, at: number): Promise<SubscriptionQuestion> {
  const q = (query['q'] ?? '').trim().slice(0, 190);
  const provider = providerNames.find((name) => name === query['provider']);
  const show = ['ends_soon', ...statuses].find((code) => code === query['show']);
  const search = q === '' ? undefined : await findSubscriptionIds(db, q, emailKey(q));
  const filter = { provider, status: show === 'ends_soon' ? undefined : show, endsBefore: show === 'ends_soon' ? at + soonMs : undefined };
  return { filter, ids: search?.ids, isCut: search?.isCut ?? false, kept: { q, provider, show } };
}
