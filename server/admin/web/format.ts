import { keptFormat } from '../../kept-format.rules.ts';
import type { Locale } from './locale.ts';

const dateTimes = keptFormat((locale: Locale) => new Intl.DateTimeFormat(regional(locale), { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }));
const dates = keptFormat((locale: Locale) => new Intl.DateTimeFormat(regional(locale), { dateStyle: 'medium', timeZone: 'UTC' }));
const months = keptFormat((locale: Locale) => new Intl.DateTimeFormat(regional(locale), { month: 'long', year: 'numeric', timeZone: 'UTC' }));
const relativeTimes = keptFormat((locale: Locale) => new Intl.RelativeTimeFormat(regional(locale), { numeric: 'auto' }));
const numbers = keptFormat((locale: Locale) => new Intl.NumberFormat(regional(locale), { useGrouping: 'always' }));
const money = keptFormat((locale: Locale, currency: string) => new Intl.NumberFormat(regional(locale), { style: 'currency', currency, useGrouping: 'always' }));
const dollars = keptFormat((locale: Locale, places: number, least: number) => new Intl.NumberFormat(regional(locale), { style: 'currency', currency: 'USD', minimumFractionDigits: least, maximumFractionDigits: places, useGrouping: 'always' }));
const durations = keptFormat((locale: Locale) => new Intl.NumberFormat(locale, { style: 'unit', unit: 'month', unitDisplay: 'long' }));
const shares = keptFormat((locale: Locale) => new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }));

/** `21 Nov 2026, 12:00 UTC`. */
export function utcDateTime(ms: number, locale: Locale): string {
  return `${dateTimes(locale).format(ms)} UTC`;
}

export function utcDate(ms: number, locale: Locale): string {
  return dates(locale).format(ms);
}

const units: [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [['year', 31_536_000], ['month', 2_592_000], ['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]];

/** `3 days ago`, `in 2 months`: as dashboard.js has it, so that nothing moves when it takes over. */
export function relativeTime(ms: number, now: number, locale: Locale): string {
  const seconds = Math.round((ms - now) / 1000);
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  return relativeTimes(locale).format(Math.trunc(seconds / size), unit);
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** With its thousands set apart, also where the language would leave those of four digits together: in a column they stand below others. */
export function formatNumber(value: number, locale: Locale): string {
  return numbers(locale).format(value);
}

/** An amount in the smallest unit of its currency, written with it. */
export function formatMoney(minor: number, currency: string | null, locale: Locale): string {
  if (currency === null || !/^[A-Z]{3}$/.test(currency)) return String(minor);
  const format = money(locale, currency);
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

/** US dollars with every digit that is not zero, or at most so many places and at least `least`; `amount` is decimal text, because a number would lose some. */
export function formatDollars(amount: string, locale: Locale, places = 8, least = 2): string {
  return dollars(locale, places, least).format(amount as `${number}`);
}

/** `November 2026`. */
export function monthName(ms: number, locale: Locale): string {
  return months(locale).format(ms);
}

/** `3 months`. */
export function formatMonths(count: number, locale: Locale): string {
  return durations(locale).format(count);
}

/** A share in thousandths: `12.5%`. */
export function formatShare(thousandths: number, locale: Locale): string {
  return shares(locale).format(thousandths / 1_000);
}

/** Plain `en` would put the month before the day. */
function regional(locale: Locale): string {
  return locale === 'en' ? 'en-GB' : locale;
}
