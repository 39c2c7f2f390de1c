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

export function hourStart(now: number): number {
  return now - (now % hourMs);
}
