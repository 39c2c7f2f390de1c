import { dayOf } from './facts.rules.ts';

export const periods = ['7d', '30d', '90d', '12m'] as const;
export type Period = (typeof periods)[number];
/** First moments (epoch ms) of the days or months of a period, oldest first; `from` is the first of them. All in UTC, today included. */
export type Span = { unit: 'day' | 'month'; from: number; buckets: number[] };

const dayMs = 86_400_000;
const daysOf: Record<Exclude<Period, '12m'>, number> = { '7d': 7, '30d': 30, '90d': 90 };
const months = 12;

/** The days or months of a period that ends now. */
export function spanOf(period: Period, now: number): Span {
  if (period === '12m') return monthsUntil(now, months);
  const count = daysOf[period];
  const from = dayOf(now) - (count - 1) * dayMs;
  return { unit: 'day', from, buckets: Array.from({ length: count }, (_, index) => from + index * dayMs) };
}

/** This month and those before it. */
export function monthsUntil(now: number, count: number): Span {
  const date = new Date(now);
  const buckets = Array.from({ length: count }, (_, index) => Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - count + 1 + index, 1));
  return { unit: 'month', from: buckets[0] ?? 0, buckets };
}

/** The day or month of a span in which a day lies. */
export function bucketOf(span: Pick<Span, 'unit'>, day: number): number {
  if (span.unit === 'day') return day;
  const date = new Date(day);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

/** A row of numbers for the buckets of a span, from amounts by day. */
export function series(span: Span, rows: { day: number; amount: number }[]): number[] {
  const sums = new Map(span.buckets.map((bucket) => [bucket, 0]));
  for (const { day, amount } of rows) {
    const bucket = bucketOf(span, day);
    const known = sums.get(bucket);
    if (known !== undefined) sums.set(bucket, known + amount);
  }
  return [...sums.values()];
}
