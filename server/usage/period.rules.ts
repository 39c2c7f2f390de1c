const hourMs = 3_600_000;
const dayMs = 86_400_000;

export const quotaWindows = ['hour', 'day', 'month'] as const;
export type QuotaWindow = (typeof quotaWindows)[number];
/** The first moment (epoch ms) of each running window. */
export type Windows = Record<QuotaWindow, number>;

/** The clock hour, the day and the calendar month, all UTC, in which a moment lies. */
export function windowsAt(now: number): Windows {
  return { hour: now - (now % hourMs), day: now - (now % dayMs), month: monthStart(now) };
}

/** The first moment of the calendar month (UTC) in which quotas are counted. */
export function monthStart(now: number): number {
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

/** The first moment after the window that begins at `start`: when its quota starts anew. */
export function windowEnd(window: QuotaWindow, start: number): number {
  if (window === 'hour') return start + hourMs;
  if (window === 'day') return start + dayMs;
  const date = new Date(start);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}
