/** `closed`: the provider is asked. `open`: it is not. `half_open`: the pause is over, and one call finds out. */
export type BreakerState = 'closed' | 'open' | 'half_open';

type Second = { second: number; calls: number; failures: number };
/** What is known of a provider's health. Times in epoch ms. */
export type Breaker = {
  /** Failures in a row, up to now or to the opening. */
  failures: number;
  /** Calls that ended lately, by second. */
  recent: readonly Second[];
  /** Undefined while it is closed. */
  opening: { openedAt: number; retryAt: number; pauseMs: number; isProbing: boolean } | undefined;
  /** The code of the last failure. */
  lastError: string | undefined;
};
/** Whether a call may be made, and whether it is the one that finds out. */
export type Admission = 'call' | 'probe' | 'refused';

export const breakerLimits = { failuresInRow: 5, windowMs: 30_000, minCalls: 10, failureShare: 0.5, firstPauseMs: 15_000, longestPauseMs: 300_000 };
const secondMs = 1_000;

export const closedBreaker: Breaker = { failures: 0, recent: [], opening: undefined, lastError: undefined };

export function stateOf({ opening }: Breaker, now: number): BreakerState {
  if (!opening) return 'closed';
  return now < opening.retryAt ? 'open' : 'half_open';
}

/** When it is asked again, if it is not asked now. While a probe is under way that may be any moment. */
export function retryAtOf({ opening }: Breaker, now: number): number | undefined {
  if (!opening || (now >= opening.retryAt && !opening.isProbing)) return undefined;
  return Math.max(now, opening.retryAt);
}

/** Lets a call through, or not. After the pause one call goes through as the probe, and no other until it has ended. */
export function admit(breaker: Breaker, now: number): { admission: Admission; breaker: Breaker } {
  const { opening } = breaker;
  if (!opening) return { admission: 'call', breaker };
  if (now < opening.retryAt || opening.isProbing) return { admission: 'refused', breaker };
  return { admission: 'probe', breaker: { ...breaker, opening: { ...opening, isProbing: true } } };
}

/** A call has ended well, or the probe has made progress. What began before the opening says nothing about now. */
export function succeeded(breaker: Breaker, isProbe: boolean, now: number): Breaker {
  if (isProbe) return { ...closedBreaker, lastError: breaker.lastError };
  if (breaker.opening) return breaker;
  return { ...breaker, failures: 0, recent: counted(breaker.recent, false, now) };
}

/** A call has failed by the fault of the provider. Opens after too many in a row, or too large a share; a probe that fails doubles the pause. */
export function failed(breaker: Breaker, isProbe: boolean, code: string, now: number): Breaker {
  const { opening } = breaker;
  if (opening) return isProbe ? opened({ ...breaker, failures: breaker.failures + 1, lastError: code }, opening.openedAt, Math.min(opening.pauseMs * 2, breakerLimits.longestPauseMs), now) : breaker;
  const next: Breaker = { ...breaker, failures: breaker.failures + 1, recent: counted(breaker.recent, true, now), lastError: code };
  return isTooMuch(next) ? opened(next, now, breakerLimits.firstPauseMs, now) : next;
}

/** A probe has ended without a finding: its client left. The next call is the probe. */
export function abandoned(breaker: Breaker, isProbe: boolean): Breaker {
  return isProbe && breaker.opening ? { ...breaker, opening: { ...breaker.opening, isProbing: false } } : breaker;
}

function opened(breaker: Breaker, openedAt: number, pauseMs: number, now: number): Breaker {
  return { ...breaker, recent: [], opening: { openedAt, retryAt: now + pauseMs, pauseMs, isProbing: false } };
}

function isTooMuch({ failures, recent }: Breaker): boolean {
  if (failures >= breakerLimits.failuresInRow) return true;
  const calls = recent.reduce((sum, second) => sum + second.calls, 0);
  return calls >= breakerLimits.minCalls && recent.reduce((sum, second) => sum + second.failures, 0) >= calls * breakerLimits.failureShare;
}

function counted(recent: readonly Second[], isFailure: boolean, now: number): Second[] {
  const second = Math.floor(now / secondMs);
  const kept = recent.filter((each) => each.second > second - breakerLimits.windowMs / secondMs && each.second !== second);
  const { calls, failures } = recent.find((each) => each.second === second) ?? { calls: 0, failures: 0 };
  return [...kept, { second, calls: calls + 1, failures: failures + (isFailure ? 1 : 0) }];
}
