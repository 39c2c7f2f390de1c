import type { Locale } from './locale.ts';

const dateTimes = kept((locale) => new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }));
const dates = kept((locale) => new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' }));
const months = kept((locale) => new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric', timeZone: 'UTC' }));
const relativeTimes = kept((locale) => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }));
const numbers = kept((locale) => new Intl.NumberFormat(locale, { useGrouping: 'always' }));
const money = kept((locale, currency: string) => new Intl.NumberFormat(locale, { style: 'currency', currency, useGrouping: 'always' }));
const dollars = kept((locale, places: number, least: number) => new Intl.NumberFormat(locale, { style: 'currency', currency: 'USD', minimumFractionDigits: least, maximumFractionDigits: places, useGrouping: 'always' }));

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

/** A formatter for each locale and kind, made once: making one takes as long as writing twenty cells of a table. */
function kept<Format, Kind extends (string | number)[]>(make: (locale: string, ...kind: Kind) => Format): (locale: Locale, ...kind: Kind) => Format {
  const made = new Map<string, Format>();
  return (locale, ...kind) => {
    const name = [locale, ...kind].join(' ');
    const known = made.get(name);
    if (known) return known;
    const format = make(regional(locale), ...kind);
    made.set(name, format);
    return format;
  };
}

/** Plain `en` would put the month before the day. */
function regional(locale: Locale): string {
  return locale === 'en' ? 'en-GB' : locale;
}
