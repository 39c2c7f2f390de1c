import type { Db } from '../db/database.ts';
import type { FigureName, OfDay, Standing } from './amounts.rules.ts';

/** Figures of no day, as they stand: a handful of rows for each plan and currency. */
export async function listStanding(db: Db, scopeId: string, names: Exclude<FigureName, 'customer_licenses' | 'customer_mrr'>[]): Promise<Standing[]> {
  const rows = await db.selectFrom('figures').select(['name', 'label', 'detail', 'amount']).where('scope_id', '=', scopeId).where('name', 'in', names).where('bucket', '=', 0).where('amount', '!=', 0).execute();
  return rows as Standing[];
}

/** A figure by day and label, from a day on and before another. */
export function sumByDay(db: Db, scopeId: string, name: FigureName, from: number, until: number): Promise<OfDay[]> {
  return db
    .selectFrom('figures')
    .select((eb) => ['bucket as day', 'label', eb.fn.sum<number>('amount').as('amount')])
    .where('scope_id', '=', scopeId)
    .where('name', '=', name)
    .where('bucket', '>=', from)
    .where('bucket', '<', until)
    .groupBy(['bucket', 'label'])
    .orderBy('bucket')
    .orderBy('label')
    .execute();
}

export const usageGroups = ['provider', 'model', 'plan_id', 'key_source'] as const;
export type UsageGroup = (typeof usageGroups)[number];
export const usageMeasures = ['calls', 'failed_calls', 'requests', 'input_tokens', 'output_tokens', 'cost_microcents'] as const;
export type UsageMeasures = Record<(typeof usageMeasures)[number], number>;
export type UsageFilter = { provider?: string | undefined; model?: string | undefined; planId?: string | undefined; keySource?: string | undefined };

/** Usage from a day on and before another, by day and one more thing. */
export function sumUsageByDay(db: Db, scopeId: string, group: UsageGroup, from: number, until: number, filter: UsageFilter = {}): Promise<({ day: number; name: string } & UsageMeasures)[]> {
  return filtered(db, scopeId, from, until, filter)
    .select((eb) => ['day', eb.ref(group).as('name'), ...usageMeasures.map((measure) => eb.fn.sum<number>(measure).as(measure))])
    .groupBy(['day', group])
    .orderBy('day')
    .orderBy(group)
    .execute();
}

/** Usage from a day on and before another, by one thing; the most expensive first, then the most asked. */
export function sumUsageBy(db: Db, scopeId: string, group: UsageGroup, from: number, until: number, filter: UsageFilter = {}): Promise<({ name: string } & UsageMeasures)[]> {
  return filtered(db, scopeId, from, until, filter)
    .select((eb) => [eb.ref(group).as('name'), ...usageMeasures.map((measure) => eb.fn.sum<number>(measure).as(measure))])
    .groupBy(group)
    .orderBy('cost_microcents', 'desc')
    .orderBy('calls', 'desc')
    .orderBy(group)
    .execute();
}

function filtered(db: Db, scopeId: string, from: number, until: number, { provider, model, planId, keySource }: UsageFilter) {
  let query = db.selectFrom('usage_days').where('scope_id', '=', scopeId).where('day', '>=', from).where('day', '<', until);
  if (provider !== undefined) query = query.where('provider', '=', provider);
  if (model !== undefined) query = query.where('model', '=', model);
  if (planId !== undefined) query = query.where('plan_id', '=', planId);
  if (keySource !== undefined) query = query.where('key_source', '=', keySource);
  return query;
}

/** Calls and failures by provider from a clock hour on. */
export function sumHours(db: Db, scopeId: string, fromHour: number): Promise<{ provider: string; calls: number; failed_calls: number }[]> {
  return db
    .selectFrom('usage_hours')
    .select((eb) => ['provider', eb.fn.sum<number>('calls').as('calls'), eb.fn.sum<number>('failed_calls').as('failed_calls')])
    .where('scope_id', '=', scopeId)
    .where('hour', '>=', fromHour)
    .groupBy('provider')
    .orderBy('provider')
    .execute();
}

export const topMeasures = { calls: 'calls', cost: 'cost_microcents' } as const;
type TopUser = { id: string; calls: number; requests: number; tokens: number; cost_microcents: number };

/** Who used most in a month (its first moment), after a place in this order. */
export async function listTopUse(db: Db, scopeId: string, kind: 'license' | 'customer', month: number, order: keyof typeof topMeasures, after: { at: number; id: string } | undefined, limit: number): Promise<TopUser[]> {
  const measure = topMeasures[order];
  let query = db.selectFrom('usage_months').select(['entity_id as id', 'calls', 'requests', 'tokens', 'cost_microcents']).where('scope_id', '=', scopeId).where('month', '=', month).where('kind', '=', kind);
  if (after) query = query.where(measure, '<=', after.at).where((eb) => eb.or([eb(measure, '<', after.at), eb('entity_id', '<', after.id)]));
  return query.orderBy(measure, 'desc').orderBy('entity_id', 'desc').limit(limit).execute();
}

/** When the figures were last up to date, and how far the ledger is counted (epoch ms); undefined before the first time. */
export async function findCountedAt(db: Db): Promise<{ countedAt: number | undefined; usageUntil: number | undefined }> {
  const rows = await db.selectFrom('figure_cursors').select(['name', 'position']).where('name', 'in', ['counted', 'usage']).execute();
  const at = (name: string) => rows.find((row) => row.name === name)?.position;
  return { countedAt: at('counted'), usageUntil: at('usage') };
}
