const hourMs = 3_600_000;

/** The first moment of the calendar month (UTC) in which quotas are counted. */
export function monthStart(now: number): number {
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

/** The first moment of the next calendar month (UTC): when the monthly quota starts anew. */
export function nextMonthStart(now: number): number {
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

/** The first moment of the clock hour (UTC) in which the hourly limit is counted. */
export function hourStart(now: number): number {
  return now - (now % hourMs);
}

/** The first moment of the next clock hour (UTC): when the hourly limit starts anew. */
export function nextHourStart(now: number): number {
  return hourStart(now) + hourMs;
}
