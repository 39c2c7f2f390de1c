const minute = 60_000;
const hour = 60 * minute;

/** Pauses before the second and each further attempt: about 75 hours in all. */
const pausesMs = [5_000, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour];
const longestWishMs = 24 * hour;
const spread = 0.1;

/** How often a message is sent to an endpoint that does not take it, before it counts as failed. */
export const maxAttempts = pausesMs.length + 1;

/**
 * Milliseconds until the next attempt, or undefined after the last one. `random` (0 to 1) spreads the attempts by a tenth, so that a
 * receiver that comes back is not overrun. A receiver that asks for a longer pause (Retry-After) gets it, up to a day.
 */
export function pauseAfter(attempt: number, retryAfterMs: number | undefined, random: number): number | undefined {
  const pause = pausesMs[attempt - 1];
  if (pause === undefined) return undefined;
  return Math.max(Math.round(pause * (1 - spread + 2 * spread * random)), Math.min(retryAfterMs ?? 0, longestWishMs));
}

/** What a Retry-After header asks for, in milliseconds: a number of seconds or a date. Undefined for anything else. */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1_000;
  // Date.parse takes a lot more for a date than HTTP does.
  const date = header.endsWith('GMT') ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
