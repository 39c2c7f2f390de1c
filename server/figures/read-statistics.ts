import type { Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { allScope, dayOf } from './facts.rules.ts';
import { monthsUntil, series, spanOf, type Period, type Span } from './periods.rules.ts';
import { findCountedAt, listStanding, sumByDay, sumHours, sumUsageByDay } from './read-figures.store.ts';
import { churnOf, conversionOf, recurringOf, seriesByLabel, sumOf } from './statistics.rules.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const expiringDays = 30;

/** Under what the figures of somebody's scope stand. A customer has none. Throws NOT_FOUND. */
export function figureScope(scope: Scope): string {
  if (scope.kind === 'customer') throw new AppError('NOT_FOUND', 'There are no figures here.');
  return scope.kind === 'all' ? allScope : scope.id;
}

export type Statistics = Awaited<ReturnType<typeof readStatistics>>;

/**
 * How the business of a scope stands, and how it went in a period: from the figures alone, so it takes as long for a million licences as for one. Amounts of
 * different currencies are never added up. Times are epoch ms, days and months UTC.
 */
export async function readStatistics(db: Db, scope: Scope, period: Period, now: number) {
  const id = figureScope(scope);
  const span = spanOf(period, now);
  const year = monthsUntil(now, 12);
  const until = dayOf(now) + dayMs;
  const standing = await listStanding(db, id, ['customers', 'licenses', 'licenses.held', 'mrr', 'paying_licenses', 'paying_customers']);
  const issued = await sumByDay(db, id, 'licenses.new', span.from, until);
  const lost = await sumByDay(db, id, 'licenses.lost', span.from, until);
  const trials = await sumByDay(db, id, 'trials', span.from, until);
  const newCustomers = await sumByDay(db, id, 'customers.new', span.from, until);
  const expiring = await sumByDay(db, id, 'licenses.expiring', dayOf(now), dayOf(now) + expiringDays * dayMs);
  const usage = await sumUsageByDay(db, id, 'provider', span.from, until);
  const lastDay = await sumHours(db, id, now - (now % hourMs) - dayMs + hourMs);
  const count = (name: string, label?: string) => sumOf(standing.filter((row) => row.name === name && (label === undefined || row.label === label)));
  const paid = (rows: typeof lost) => sumOf(rows.filter(({ label }) => label === 'paid'));
  return {
    period,
    span,
    ...(await findCountedAt(db)),
    customers: { total: count('customers'), pending: count('customers', 'pending'), issued: sumOf(newCustomers) },
    licenses: Object.fromEntries((['active', 'pending', 'suspended', 'expired', 'cancelled'] as const).map((status) => [status, count('licenses', status)])) as Record<'active' | 'pending' | 'suspended' | 'expired' | 'cancelled', number>,
    recurring: recurringOf(standing),
    churn: churnOf(count('licenses.held', 'paid'), paid(lost), paid(issued)),
    trials: conversionOf(trials),
    issued: { total: sumOf(issued), values: series(span, issued) },
    lost: { total: sumOf(lost), values: series(span, lost) },
    expiring: sumOf(expiring),
    revenue: { span: year, currencies: await readRevenue(db, id, year, until) },
    usage: seriesByLabel(span, usage.map(({ day, name, calls }) => ({ day, label: name, amount: calls }))),
    requestsOfDay: lastDay.reduce((sum, { calls }) => sum + calls, 0),
    providersOfDay: lastDay,
  };
}

/** What was paid in each bucket of a span, less what has been refunded of it since, by currency in minor units. */
export async function readRevenue(db: Db, scopeId: string, span: Span, until: number) {
  const revenue = await sumByDay(db, scopeId, 'revenue', span.from, until);
  const refunds = await sumByDay(db, scopeId, 'refunds', span.from, until);
  const orders = await sumByDay(db, scopeId, 'orders', span.from, until);
  return seriesByLabel(span, revenue).map(({ label: currency, values: gross }) => {
    const refunded = series(span, refunds.filter(({ label }) => label === currency));
    return { currency, gross, refunded, net: gross.map((amount, index) => amount - (refunded[index] ?? 0)), orders: series(span, orders.filter(({ label }) => label === currency)) };
  });
}
