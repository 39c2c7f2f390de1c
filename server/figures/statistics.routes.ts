import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { adminRead } from '../http/admin-route.ts';
import type { Route } from '../http/route.ts';
import { dollarText } from '../usage/dollars.rules.ts';
import { dayText, monthText } from '../usage/statement.rules.ts';
import { periods } from './periods.rules.ts';
import { usageGroups, type UsageMeasures } from './read-figures.store.ts';
import { readStatistics } from './read-statistics.ts';
import { readUsageFigures } from './read-usage-figures.ts';

const count = z.int();
const share = z.number().nullable().meta({ description: 'Between 0 and 1; null where there is nothing to share.', example: 0.125 });
const currency = z.string().regex(/^[A-Z]{3}$/, 'must be a currency such as EUR').meta({ example: 'EUR' });
const bucket = z.string().meta({ description: 'A day (2026-11-21) or a month (2026-11), UTC.', example: '2026-11-21' });
const minor = z.int().meta({ description: 'In the smallest unit of the currency.', example: 2_900 });

const usageLine = z.object({
  name: z.string().meta({ description: 'A provider, model, id of a plan, source of the key, or a day.' }),
  calls: count, failed_calls: count, requests: count.meta({ description: 'Charged to quotas.' }), input_tokens: count, output_tokens: count, cost_usd: z.string().meta({ description: 'At the provider, in US dollars with eight places.', example: '0.00012300' }),
});

const statistics = z
  .object({
    period: z.enum(periods),
    from: bucket,
    counted_at: z.iso.datetime().nullable().meta({ description: 'The figures are those of this moment; null: they have not been counted yet.' }),
    customers: z.object({ total: count, pending: count, new: count }),
    licenses: z.object({ active: count, pending: count, suspended: count, expired: count, cancelled: count, new: count, lost: count, expiring_30_days: count }),
    recurring: z.array(z.object({ currency, mrr_minor: minor, paying_customers: count, paying_licenses: count, arpu_minor: minor.nullable() })).meta({ description: 'Monthly recurring revenue of the active licences; never added up across currencies.' }),
    churn: z.object({ lost: count, base: count, share }).meta({ description: 'Paid licences that were held when the period began, and how many of them were lost in it.' }),
    trials: z.object({ started: count, converted: count, running: count, share }).meta({ description: 'Trials that began in the period; the share is that of those which are over.' }),
    by_time: z.array(z.object({ start: bucket, new_licenses: count, lost_licenses: count })),
    revenue: z.array(z.object({ currency, months: z.array(z.object({ month: bucket, gross_minor: minor, refunded_minor: minor, net_minor: minor, orders: count })) })).meta({ description: 'The last twelve months: what was paid in each, and what of it has been refunded since.' }),
    requests_24h: count,
    usage: z.array(usageLine),
  })
  .meta({ id: 'Statistics' });

/** The figures of the dashboard, for programs that hold the API token. */
export function statisticsRoutes(deps: Deps): Route[] {
  const { db, now } = deps;
  const read = adminRead(
    deps,
    {
      path: '/api/v1/statistics', operationId: 'readStatistics', tag: 'Administration', scope: 'statistics.read',
      summary: 'How the business stands',
      description: 'From the same figures as the overview of the dashboard, counted by the server at most a few seconds after a change. Days and months are UTC, today included.',
      query: z.strictObject({
        period: z.enum(periods, `must be one of ${periods.join(', ')}`).default('30d').meta({ description: 'Days, or twelve calendar months.' }),
        currency: currency.optional().meta({ description: 'Only amounts of this currency.' }),
        group: z.enum([...usageGroups, 'day'], `must be one of ${[...usageGroups, 'day'].join(', ')}`).default('provider').meta({ description: 'What `usage` is added up by.' }),
      }),
      answer: statistics,
    },
    async ({ query, caller: { scope } }) => {
      const at = now();
      const found = await readStatistics(db, scope, query.period, at);
      const usage = await readUsageFigures(db, scope, query.period, query.group, {}, at);
      const isWanted = (row: { currency: string }) => query.currency === undefined || row.currency === query.currency;
      const text = (start: number) => (found.span.unit === 'month' ? monthText(start) : dayText(start));
      return {
        period: query.period,
        from: text(found.span.from),
        counted_at: found.countedAt === undefined ? null : new Date(found.countedAt).toISOString(),
        customers: { total: found.customers.total, pending: found.customers.pending, new: found.customers.issued },
        licenses: { ...found.licenses, new: found.issued.total, lost: found.lost.total, expiring_30_days: found.expiring },
        recurring: found.recurring.filter(isWanted).map((row) => ({ currency: row.currency, mrr_minor: row.minor, paying_customers: row.payingCustomers, paying_licenses: row.payingLicenses, arpu_minor: row.perCustomerMinor ?? null })),
        churn: { ...found.churn, share: fraction(found.churn.share) },
        trials: { ...found.trials, share: fraction(found.trials.share) },
        by_time: found.span.buckets.map((start, index) => ({ start: text(start), new_licenses: found.issued.values[index] ?? 0, lost_licenses: found.lost.values[index] ?? 0 })),
        revenue: found.revenue.currencies.filter(isWanted).map((row) => ({
          currency: row.currency,
          months: found.revenue.span.buckets.map((start, index) => ({ month: monthText(start), gross_minor: row.gross[index] ?? 0, refunded_minor: row.refunded[index] ?? 0, net_minor: row.net[index] ?? 0, orders: row.orders[index] ?? 0 })),
        })),
        requests_24h: found.requestsOfDay,
        usage: usage.rows.map((row) => usageBody(query.group === 'day' ? dayText(Number(row.name)) : row.name, row)),
      };
    },
  );
  return [read];
}

function fraction(thousandths: number | undefined): number | null {
  return thousandths === undefined ? null : thousandths / 1_000;
}

function usageBody(name: string, { calls, failed_calls, requests, input_tokens, output_tokens, cost_microcents }: UsageMeasures): z.input<typeof usageLine> {
  return { name, calls, failed_calls, requests, input_tokens, output_tokens, cost_usd: dollarText(cost_microcents) };
}
