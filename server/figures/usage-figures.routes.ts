import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { adminRead } from '../http/admin-route.ts';
import type { Route } from '../http/route.ts';
import { dollarText } from '../usage/dollars.rules.ts';
import { dayText, parseMonth } from '../usage/statement.rules.ts';
import { monthsUntil, periods } from './periods.rules.ts';
import { listTopUse, topMeasures, usageGroups, type UsageGroup, type UsageMeasures } from './read-figures.store.ts';
import { figureScope } from './read-statistics.ts';
import { readUsageFigures } from './read-usage-figures.ts';

const count = z.int();
const cost = z.string().meta({ description: 'At the provider, in US dollars with eight places.', example: '0.00012300' });
const groups = [...usageGroups, 'day', 'license', 'customer'] as const;
const largestPage = 200;
const line = z
  .object({ name: z.string().meta({ description: 'A provider, model, source of the key or day; the id of a plan, licence or customer.', example: 'openai' }), calls: count, requests: count.meta({ description: 'Charged to quotas.' }), tokens: count, failed_calls: count.nullable().meta({ description: 'Null by licence and customer.' }), cost_usd: cost })
  .meta({ id: 'UsageFigure' });

/** The figures of usage, for programs that hold an API token. The single requests are at /api/v1/usage-records. */
export function usageFigureRoutes(deps: Deps): Route[] {
  const { db, now } = deps;
  const read = adminRead(
    deps,
    {
      path: '/api/v1/usage', operationId: 'readUsageFigures', tag: 'AI', scope: 'usage.read',
      summary: 'What was used, added up',
      description: 'All AI requests that have ended, about a minute behind. By licence and customer it is that of a calendar month, page by page, who used most first; by anything else that of a period, whole, the most expensive first.',
      query: z.strictObject({
        group: z.enum(groups, `must be one of ${groups.join(', ')}`).default('provider'),
        period: z.enum(periods, `must be one of ${periods.join(', ')}`).default('30d'),
        month: z.string().optional().meta({ description: 'By licence and customer; the running one without it.', example: '2026-11' }),
        order: z.enum(['calls', 'cost'], 'must be calls or cost').default('calls').meta({ description: 'By licence and customer.' }),
        provider: z.string().max(64).optional(), model: z.string().max(120).optional(), plan_id: z.string().max(36).optional(), key_source: z.enum(['managed', 'own'], 'must be managed or own').optional(),
        limit: z.coerce.number('must be a whole number').int().min(1).max(largestPage).default(50), cursor: z.string().max(60).optional().meta({ description: '`next_cursor` of the page before.' }),
      }),
      answer: z.object({ data: z.array(line), next_cursor: z.string().nullable() }),
    },
    async ({ query, caller: { scope } }) => {
      const { group, provider, model, plan_id: planId, key_source: keySource } = query;
      if (group === 'license' || group === 'customer') return topUse(query.cursor, { group, month: monthOf(query.month, now()), order: query.order, limit: query.limit, scopeId: figureScope(scope) });
      const { rows } = await readUsageFigures(db, scope, query.period, group satisfies UsageGroup | 'day', { provider, model, planId, keySource }, now());
      return { data: rows.map((row) => figure(group === 'day' ? dayText(Number(row.name)) : row.name, row)), next_cursor: null };
    },
  );

  async function topUse(cursor: string | undefined, { group, month, order, limit, scopeId }: { group: 'license' | 'customer'; month: number; order: keyof typeof topMeasures; limit: number; scopeId: string }) {
    const rows = await listTopUse(db, scopeId, group, month, order, cursor === undefined ? undefined : placeOf(cursor), limit + 1);
    const data = rows.slice(0, limit);
    const last = rows.length > limit ? data.at(-1) : undefined;
    return {
      data: data.map(({ id, calls, requests, tokens, cost_microcents: microcents }) => ({ name: id, calls, requests, tokens, failed_calls: null, cost_usd: dollarText(microcents) })),
      next_cursor: last === undefined ? null : `${last[topMeasures[order]]}.${last.id}`,
    };
  }
  return [read];
}

function figure(name: string, { calls, failed_calls, requests, input_tokens: input, output_tokens: output, cost_microcents: microcents }: UsageMeasures): z.input<typeof line> {
  return { name, calls, requests, tokens: input + output, failed_calls, cost_usd: dollarText(microcents) };
}

function monthOf(text: string | undefined, now: number): number {
  if (text === undefined) return monthsUntil(now, 1).from;
  const month = parseMonth(text);
  if (month === undefined) throw new AppError('INVALID_REQUEST', 'query.month: must be a month such as 2026-11', { field: 'query.month' });
  return month;
}

function placeOf(cursor: string): { at: number; id: string } {
  const match = /^(\d{1,15})\.([\w-]{1,36})$/.exec(cursor);
  if (!match?.[1] || !match[2]) throw new AppError('INVALID_REQUEST', 'query.cursor: must be the next_cursor of a page', { field: 'query.cursor' });
  return { at: Number(match[1]), id: match[2] };
}
