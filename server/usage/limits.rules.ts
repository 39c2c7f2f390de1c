import { z } from 'zod';
import { quotaWindows, type QuotaWindow } from './period.rules.ts';

export const quotaScopes = ['license', 'site', 'visitor'] as const;
/** Whose use is limited: all of the licence, one site of it, or one visitor of a site. */
export type QuotaScope = (typeof quotaScopes)[number];
export const quotaUnits = ['requests', 'tokens', 'cost'] as const;
export type QuotaUnit = (typeof quotaUnits)[number];
/** Requests, tokens (input and output) and cost in micro-cents of a US dollar. */
export type Amounts = Record<QuotaUnit, number>;

export const noAmounts: Amounts = { requests: 0, tokens: 0, cost: 0 };
/** As large as a limit can be: none. */
export const unlimited = Number.MAX_SAFE_INTEGER;

/** What one scope may use in each window; `unlimited` where nothing is said. */
export type ScopeLimits = Record<QuotaWindow, Amounts>;
export type Limits = Record<QuotaScope, ScopeLimits>;

const amount = z.int().min(0).max(unlimited);
const scopeQuotas = z.partialRecord(z.enum(quotaWindows), z.partialRecord(z.enum(quotaUnits), amount));
/** The limits of a plan or of a licence as they are stored: scope -> window -> unit -> amount. */
export const quotasSchema = z.partialRecord(z.enum(quotaScopes), scopeQuotas);
export type Quotas = z.output<typeof quotasSchema>;

/** What the columns of a plan, of a licence and of its owner's settings say of limits. */
export type LimitColumns = { monthly_requests: number; hourly_requests: number; plan_quotas: string | null; license_quotas: string | null; monthly_budget_microcents: number | null };

/**
 * The limits of a licence: those of its plan, each replaced by the licence's own where it has one. The owner's budget can only lower
 * the cost of a month, never raise it.
 */
export function limitsOf({ monthly_requests, hourly_requests, plan_quotas, license_quotas, monthly_budget_microcents }: LimitColumns): Limits {
  const stored = [{ license: { month: { requests: monthly_requests }, hour: { requests: hourly_requests } } }, parseQuotas(plan_quotas), parseQuotas(license_quotas)];
  const limits = Object.fromEntries(quotaScopes.map((scope) => [scope, scopeLimits(stored.map((quotas) => quotas[scope]))])) as Limits;
  const { month } = limits.license;
  if (monthly_budget_microcents !== null) month.cost = Math.min(month.cost, monthly_budget_microcents);
  return limits;
}

/** No limits at all: for requests that do not count. */
export const noLimits: Limits = limitsOf({ monthly_requests: unlimited, hourly_requests: unlimited, plan_quotas: null, license_quotas: null, monthly_budget_microcents: null });

const limitedUnits = new WeakMap<Limits, Record<QuotaUnit, boolean>>();

/** Whether any scope limits this unit. Where nothing does, nothing has to be reserved of it. Limits must not change once they are asked about. */
export function limitsUnit(limits: Limits, unit: QuotaUnit): boolean {
  let limited = limitedUnits.get(limits);
  if (!limited) {
    limited = Object.fromEntries(quotaUnits.map((of) => [of, quotaScopes.some((scope) => quotaWindows.some((window) => limits[scope][window][of] < unlimited))])) as Record<QuotaUnit, boolean>;
    limitedUnits.set(limits, limited);
  }
  return limited[unit];
}

function scopeLimits(layers: (Quotas[QuotaScope] | undefined)[]): ScopeLimits {
  const limitOf = (window: QuotaWindow, unit: QuotaUnit) => layers.findLast((layer) => layer?.[window]?.[unit] !== undefined)?.[window]?.[unit] ?? unlimited;
  return Object.fromEntries(quotaWindows.map((window) => [window, Object.fromEntries(quotaUnits.map((unit) => [unit, limitOf(window, unit)]))])) as ScopeLimits;
}

/** Throws for a text that is no such JSON. */
function parseQuotas(text: string | null): Quotas {
  return text === null ? {} : quotasSchema.parse(JSON.parse(text));
}
