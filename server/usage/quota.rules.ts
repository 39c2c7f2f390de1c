import { quotaUnits, unlimited, type Amounts, type QuotaScope, type QuotaUnit, type ScopeLimits } from './limits.rules.ts';
import { quotaWindows, windowEnd, type QuotaWindow, type Windows } from './period.rules.ts';

/** What has been charged since the start of each window. */
export type Counted = { windows: Windows; used: Record<QuotaWindow, Amounts> };
/** One limit and how far it is used, with the moment (epoch ms) at which it starts anew. */
export type QuotaState = { scope: QuotaScope; window: QuotaWindow; unit: QuotaUnit; limit: number; used: number; remaining: number; resetsAt: number };
/** Every limit of a licence that is in force. */
export type Quota = QuotaState[];

/** The limits of one scope as its counter stands. A limit that was lowered leaves a remainder of 0, never a negative one. */
export function quotaOf(scope: QuotaScope, limits: ScopeLimits, { windows, used }: Counted): Quota {
  const quota: Quota = [];
  for (const window of quotaWindows) {
    for (const unit of quotaUnits) {
      const limit = limits[window][unit];
      const taken = used[window][unit];
      if (limit !== unlimited) quota.push({ scope, window, unit, limit, used: taken, remaining: Math.max(0, limit - taken), resetsAt: windowEnd(window, windows[window]) });
    }
  }
  return quota;
}

/** The limits that have no room for these amounts, the one that lasts longest last. */
export function exceededBy(quota: Quota, amounts: Amounts): Quota {
  return quota.filter(({ unit, limit, used }) => used + amounts[unit] > limit).sort((a, b) => a.resetsAt - b.resetsAt);
}

/** The limit on this unit that will run out first; of several that are equally close, the one that lasts longest. Undefined where there is none. */
export function tightest(quota: Quota, unit: QuotaUnit): QuotaState | undefined {
  return quota.filter((state) => state.unit === unit).sort((a, b) => a.remaining - b.remaining || b.resetsAt - a.resetsAt)[0];
}

/** The limit of the licence on the requests of a window. Undefined where there is none. */
export function requestsPer(quota: Quota, window: QuotaWindow): QuotaState | undefined {
  return quota.find((state) => state.scope === 'license' && state.window === window && state.unit === 'requests');
}

/** Whole seconds until a limit starts anew, at least 1. */
export function secondsUntilReset({ resetsAt }: Pick<QuotaState, 'resetsAt'>, now: number): number {
  return Math.max(1, Math.ceil((resetsAt - now) / 1000));
}

/** The `RateLimit-*` fields of the IETF draft for the limit on requests that will run out first. */
export function rateLimitHeaders(quota: Quota, now: number): Record<string, string> {
  const state = tightest(quota, 'requests');
  if (!state) return {};
  return {
    'RateLimit-Limit': String(state.limit),
    'RateLimit-Remaining': String(state.remaining),
    'RateLimit-Reset': String(secondsUntilReset(state, now)),
  };
}
