const freeFailures = 5;
const firstDelayMs = 30_000;
const longestDelayMs = 60 * 60 * 1000;

/** How long an account is closed to an address after its n-th failure in a row: the fifth costs 30 seconds, each further one twice as much, an hour at most. */
export function loginDelayMs(failures: number): number {
  return failures < freeFailures ? 0 : Math.min(firstDelayMs * 2 ** (failures - freeFailures), longestDelayMs);
}
