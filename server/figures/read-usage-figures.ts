import type { Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import { dayOf } from './facts.rules.ts';
import { spanOf, type Period } from './periods.rules.ts';
import { findCountedAt, listStanding, sumUsageBy, sumUsageByDay, usageMeasures, type UsageFilter, type UsageGroup, type UsageMeasures } from './read-figures.store.ts';
import { figureScope } from './read-statistics.ts';
import { seriesByLabel } from './statistics.rules.ts';

const dayMs = 86_400_000;

/** The usage of a scope in a period: by day and provider for the chart, by one thing for the table, with totals. Cost is in micro-cents of a US dollar. */
export async function readUsageFigures(db: Db, scope: Scope, period: Period, group: UsageGroup | 'day', filter: UsageFilter, now: number) {
  const id = figureScope(scope);
  const span = spanOf(period, now);
  const until = dayOf(now) + dayMs;
  const daily = await sumUsageByDay(db, id, 'provider', span.from, until, filter);
  const rows = group === 'day' ? daysOf(daily) : await sumUsageBy(db, id, group, span.from, until, filter);
  const totals = Object.fromEntries(usageMeasures.map((measure) => [measure, rows.reduce((sum, row) => sum + row[measure], 0)])) as UsageMeasures;
  return { span, rows, totals, series: seriesByLabel(span, daily.map(({ day, name, calls }) => ({ day, label: name, amount: calls }))), ...(await findCountedAt(db)) };
}

/** By day, the newest first; `name` is the first moment of the day. */
function daysOf(daily: ({ day: number; name: string } & UsageMeasures)[]): ({ name: string } & UsageMeasures)[] {
  const days = new Map<number, { name: string } & UsageMeasures>();
  for (const { day, name: _provider, ...measures } of daily) {
    const known = days.get(day);
    if (!known) days.set(day, { name: String(day), ...measures });
    else for (const measure of usageMeasures) known[measure] += measures[measure];
  }
  return [...days.values()].toReversed();
}

/** What the plans of a scope bring in a month now, in thousandths of minor units, by plan and currency. */
export async function readMonthlyByPlan(db: Db, scope: Scope): Promise<{ planId: string; currency: string; milli: number }[]> {
  return (await listStanding(db, figureScope(scope), ['mrr'])).map(({ label, detail, amount }) => ({ planId: detail, currency: label, milli: amount }));
}
