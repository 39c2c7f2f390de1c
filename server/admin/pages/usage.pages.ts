import type { Deps } from '../../deps.ts';
import { dayOf } from '../../figures/facts.rules.ts';
import { marginOf } from '../../figures/margin.rules.ts';
import { monthsUntil } from '../../figures/periods.rules.ts';
import { usageGroups, type UsageMeasures } from '../../figures/read-figures.store.ts';
import { readMonthlyByPlan, readUsageFigures } from '../../figures/read-usage-figures.ts';
import { listPlans } from '../../plans/plans.store.ts';
import { monthText, parseMonth } from '../../usage/statement.rules.ts';
import { providerName } from '../actors.ts';
import { listExpiring } from '../expiring.store.ts';
import { chartView, periodSwitch } from '../figure-charts.ts';
import { addressOf, pageLinks, pageRequest } from '../paging.store.ts';
import { listTopUsers, type UsageKind, type UsageOrder } from '../usage-lists.store.ts';
import { monthName, utcDate } from '../web/format.ts';
import { page, type Answer, type Page, type SignedInContext } from '../web/page.ts';

const dayMs = 86_400_000;
const groups = ['provider', 'model', 'plan_id', 'key_source', 'day'] as const;
const expiringChoices = [7, 30, 90];
const monthsShown = 12;
const milliPerMinor = 1_000;

/** What was used, by whom, at what cost and for what price; and who runs out next. */
export function usagePages({ db, now }: Pick<Deps, 'db' | 'now'>): Page[] {
  return [
    page('get', '/usage', 'usage.read', async (context) => (context.scope.kind === 'customer' ? { redirect: '/usage/licenses' } : usagePage({ db, now }, context))),
    page('get', '/usage/customers', 'usage.read', async (context) => (context.scope.kind === 'customer' ? { redirect: '/usage/licenses' } : topPage({ db, now }, context, 'customer'))),
    page('get', '/usage/licenses', 'usage.read', async (context) => topPage({ db, now }, context, 'license')),
    page('get', '/expiring', 'licenses.read', async ({ query, t, scope }) => {
      const at = now();
      const days = expiringChoices.find((choice) => String(choice) === query['days']) ?? 30;
      const from = dayOf(at);
      const { rows, next } = await listExpiring(db, scope, from, from + days * dayMs, at, pageRequest(query));
      const switches = expiringChoices.map((choice) => ({ href: addressOf('/expiring', { days: String(choice) }), label: t('expiring.days', { days: choice }), isCurrent: choice === days }));
      const links = { newer: query['after'] === undefined ? undefined : addressOf('/expiring', { days: String(days) }), older: next && addressOf('/expiring', { days: String(days), after: next }) };
      return { view: 'expiring', title: t('expiring.title'), data: { rows, switches, links, newerText: t('expiring.first'), days } };
    }),
  ];
}

type Work = Pick<Deps, 'db' | 'now'>;

async function usagePage({ db, now }: Work, { query, t, locale, scope }: SignedInContext): Promise<Answer> {
  const group = groups.find((candidate) => candidate === query['by']) ?? 'provider';
  const plans = await listPlans(db);
  const plan = plans.find(({ code }) => code === query['plan']);
  const kept = { by: group === 'provider' ? undefined : group, provider: query['provider']?.slice(0, 64), model: query['model']?.slice(0, 120), plan: plan?.code, keys: query['keys'] === 'own' || query['keys'] === 'managed' ? query['keys'] : undefined, period: query['period'] };
  const given = Object.fromEntries(Object.entries(kept).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''));
  const { period, switches } = periodSwitch('/usage', given, t);
  const filter = { provider: given['provider'], model: given['model'], planId: plan?.id, keySource: given['keys'] };
  const found = await readUsageFigures(db, scope, period, group, filter, now());
  const monthly = group === 'plan_id' ? await readMonthlyByPlan(db, scope) : [];
  const nameOf = (name: string) => {
    if (group === 'day') return utcDate(Number(name), locale);
    if (group === 'plan_id') return plans.find(({ id }) => id === name)?.name ?? t('usage.no_plan');
    if (group === 'provider') return providerName(name, t);
    return group === 'key_source' ? t(`usage.keys.${name === 'own' ? 'own' : 'managed'}`) : name;
  };
  const narrow = (name: string) => {
    const value = group === 'plan_id' ? plans.find(({ id }) => id === name)?.code : name;
    const field = { provider: 'provider', model: 'model', plan_id: 'plan', key_source: 'keys' }[group as (typeof usageGroups)[number]];
    return field === undefined || value === undefined ? undefined : addressOf('/usage', { ...given, [field]: value, by: group === 'provider' ? 'model' : 'day' });
  };
  return {
    view: 'usage',
    title: t('nav.usage'),
    data: {
      ...found,
      switches,
      period,
      chart: chartView(t, locale, { id: 'chart-usage', title: t('overview.chart.usage'), span: found.span, series: found.series.map(({ label, values }) => ({ name: providerName(label, t), values })) }),
      tabs: groups.map((code) => ({ href: addressOf('/usage', { ...given, by: code }), label: t(`usage.by.${code}`), isCurrent: code === group })),
      filters: Object.entries({ provider: given['provider'] && providerName(given['provider'], t), model: given['model'], plan: plan?.name, keys: given['keys'] && t(`usage.keys.${given['keys']}`) }).flatMap(([field, value]) => (value === undefined ? [] : [{ label: t(`usage.by.${{ plan: 'plan_id', keys: 'key_source' }[field] ?? field}`), value, href: addressOf('/usage', { ...given, [field]: undefined }) }])),
      groupName: t(`usage.by.${group}`),
      isByPlan: group === 'plan_id',
      lines: found.rows.map((row) => ({ ...line(row), name: nameOf(row.name), href: narrow(row.name), monthly: monthly.filter(({ planId }) => planId === row.name).map(({ currency, milli }) => ({ currency, minor: Math.round(milli / milliPerMinor) })) })),
      totals: line(found.totals),
    },
  };
}

function line<Measures extends UsageMeasures>(measures: Measures): Measures & { tokens: number } {
  return { ...measures, tokens: measures.input_tokens + measures.output_tokens };
}

/** Who used most in a month, with what they pay a month and what is left of it. */
async function topPage({ db, now }: Work, { query, t, locale, scope }: SignedInContext, kind: UsageKind): Promise<Answer> {
  const path = kind === 'customer' ? '/usage/customers' : '/usage/licenses';
  const months = monthsUntil(now(), monthsShown).buckets.toReversed();
  const month = parseMonth(query['month'] ?? '') ?? months[0] ?? 0;
  const order: UsageOrder = query['order'] === 'cost' ? 'cost' : 'calls';
  const found = await listTopUsers(db, scope, kind, month, order, pageRequest(query));
  const filters = { month: monthText(month), order };
  return {
    view: 'usage-top',
    title: t(scope.kind === 'customer' ? 'usage.own.title' : `usage.top.${kind}`),
    data: {
      path,
      isCustomers: kind === 'customer',
      isOwn: scope.kind === 'customer',
      months: months.map((start) => ({ code: monthText(start), label: monthName(start, locale), isCurrent: start === month })),
      orders: (['calls', 'cost'] as const).map((code) => ({ code, label: t(`usage.order.${code}`), isCurrent: code === order })),
      rows: found.rows.map((row) => ({ ...row, margin: marginOf(row.monthly, row.cost_microcents), monthly: row.monthly.map(({ currency, milli }) => ({ currency, minor: Math.round(milli / milliPerMinor) })) })),
      links: pageLinks(path, filters, found),
    },
  };
}
