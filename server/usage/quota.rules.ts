import { nextHourStart, nextMonthStart } from './period.rules.ts';

/** One counting window of a licence: requests allowed and charged, and the moment (epoch ms) at which it starts anew. */
export type QuotaWindow = { limit: number; used: number; remaining: number; resetsAt: number };
export type Quota = { month: QuotaWindow; hour: QuotaWindow };
export type Limits = { monthly_requests: number; hourly_requests: number };
/** What the counter of a licence says: requests charged since the start of each window. */
export type Counted = { month_start: number; month_requests: number; hour_start: number; hour_requests: number };

/** The quota as the counter stands. A plan that was made smaller leaves a remainder of 0, never a negative one. */
export function quotaOf(limits: Limits, counted: Counted): Quota {
  return {
    month: quotaWindow(limits.monthly_requests, counted.month_requests, nextMonthStart(counted.month_start)),
    hour: quotaWindow(limits.hourly_requests, counted.hour_requests, nextHourStart(counted.hour_start)),
  };
}

function quotaWindow(limit: number, used: number, resetsAt: number): QuotaWindow {
  return { limit, used, remaining: Math.max(0, limit - used), resetsAt };
}

/** The window that will run out first; when both are empty, the month, which lasts longer. */
export function tightestWindow({ month, hour }: Quota): QuotaWindow {
  return month.remaining <= hour.remaining ? month : hour;
}

/** Whole seconds until a window starts anew, at least 1. */
export function secondsUntilReset({ resetsAt }: QuotaWindow, now: number): number {
  return Math.max(1, Math.ceil((resetsAt - now) / 1000));
}

/** The `RateLimit-*` fields of the IETF draft for the window that will run out first. */
export function rateLimitHeaders(quota: Quota, now: number): Record<string, string> {
  const window = tightestWindow(quota);
  return {
    'RateLimit-Limit': String(window.limit),
    'RateLimit-Remaining': String(window.remaining),
    'RateLimit-Reset': String(secondsUntilReset(window, now)),
  };
}
