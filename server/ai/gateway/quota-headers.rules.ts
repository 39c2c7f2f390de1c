import { secondsUntilReset, tightestWindow, type Quota } from '../../usage/quota.rules.ts';
import type { Protocol } from './wire.rules.ts';

/** The rate headers of the caller's protocol for the window, hour or month, that will run out first. */
export function quotaHeaders(protocol: Protocol, quota: Quota, now: number): Record<string, string> {
  const window = tightestWindow(quota);
  const limit = String(window.limit);
  const remaining = String(window.remaining);
  return protocol === 'anthropic'
    ? { 'anthropic-ratelimit-requests-limit': limit, 'anthropic-ratelimit-requests-remaining': remaining, 'anthropic-ratelimit-requests-reset': rfc3339(window.resetsAt) }
    : { 'x-ratelimit-limit-requests': limit, 'x-ratelimit-remaining-requests': remaining, 'x-ratelimit-reset-requests': goDuration(secondsUntilReset(window, now)) };
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
