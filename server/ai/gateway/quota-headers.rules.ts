import { secondsUntilReset, tightest, type Quota } from '../../usage/quota.rules.ts';
import type { Protocol } from './wire.rules.ts';

/** The rate headers of the caller's protocol: of the limit on requests that will run out first, and of that on tokens if there is one. */
export function quotaHeaders(protocol: Protocol, quota: Quota, now: number): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const unit of ['requests', 'tokens'] as const) {
    const state = tightest(quota, unit);
    if (!state) continue;
    const { limit, remaining, reset } = names[protocol][unit];
    headers[limit] = String(state.limit);
    headers[remaining] = String(state.remaining);
    headers[reset] = protocol === 'anthropic' ? rfc3339(state.resetsAt) : goDuration(secondsUntilReset(state, now));
  }
  return headers;
}

const namesOf = (nameOf: (what: string) => string) => ({ limit: nameOf('limit'), remaining: nameOf('remaining'), reset: nameOf('reset') });
const names = {
  openai: { requests: namesOf((what) => `x-ratelimit-${what}-requests`), tokens: namesOf((what) => `x-ratelimit-${what}-tokens`) },
  anthropic: { requests: namesOf((what) => `anthropic-ratelimit-requests-${what}`), tokens: namesOf((what) => `anthropic-ratelimit-tokens-${what}`) },
};

/** `6m0s`, as Go writes durations. */
export function goDuration(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds % 60}s`;
}

function rfc3339(time: number): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}
