/** Percent of a monthly quota at which the owner is told. */
export const alertThresholds = [50, 80, 100] as const;

/** The thresholds that are reached, lowest first. None of a quota of 0: there is nothing to use up. */
export function thresholdsReached(used: number, limit: number): number[] {
  if (limit <= 0) return [];
  return alertThresholds.filter((threshold) => BigInt(used) * 100n >= BigInt(limit) * BigInt(threshold));
}
