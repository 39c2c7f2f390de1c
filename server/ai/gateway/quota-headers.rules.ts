import { secondsUntilReset, tightest, type Quota, type QuotaState } from '../../usage/quota.rules.ts';
import type { Protocol } from './wire.rules.ts';

/** The rate headers of the caller's protocol: of the limit on requests that will run out first, and of that on tokens if there is one. */
export function quotaHeaders(protocol: Protocol, quota: Quota, now: number): Record<string, string> {
  return Object.fromEntries(
    (['requests', 'tokens'] as const).flatMap((unit) => {
      const state = tightest(quota, unit);
      return state ? Object.entries(headersOf(protocol, unit, state, now)) : [];
    }),
  );
}

function headersOf(protocol: Protocol, unit: 'requests' | 'tokens', state: QuotaState, now: number): Record<string, string> {
  const limit = String(state.limit);
  const remaining = String(state.remaining);
  return protocol === 'anthropic'
    ? { [`anthropic-ratelimit-${unit}-limit`]: limit, [`anthropic-ratelimit-${unit}-remaining`]: remaining, [`anthropic-ratelimit-${unit}-reset`]: rfc3339(state.resetsAt) }
    : { [`x-ratelimit-limit-${unit}`]: limit, [`x-ratelimit-remaining-${unit}`]: remaining, [`x-ratelimit-reset-${unit}`]: goDuration(secondsUntilReset(state, now)) };
}

/** `6m0s`, as Go writes durations. */
export function goDuration(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds % 60}s`;
}

function rfc3339(time: number): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}
