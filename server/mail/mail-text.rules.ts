import { keptFormat } from '../kept-format.rules.ts';

const days = keptFormat((locale: string) => new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }));
const amounts = keptFormat((locale: string, currency: string) => new Intl.NumberFormat(locale, { style: 'currency', currency }));

/** A name for a greeting, or nothing: what a stranger typed as a name must not become a link or a line of its own in a mail that we send. */
export function greetingName(name: string): string {
  const text = headerText(name).slice(0, 80);
  return /[/\\@<>{}[\]|]|:|www\.|\.[a-z]{2,}/i.test(text) ? '' : text;
}

/** Text that may stand in a header: one line, no control characters. */
export function headerText(text: string): string {
  return text.toWellFormed().replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').replace(/\s+/g, ' ').trim();
}

/** A day as people write it, in UTC. */
export function localDay(ms: number, locale: string): string {
  return days(regional(locale)).format(ms);
}

/** An amount in the smallest unit of its currency, written with it. */
export function formatAmount(minor: number, currency: string, locale: string): string {
  if (!/^[A-Z]{3}$/.test(currency)) return `${minor} ${currency}`;
  const format = amounts(regional(locale), currency);
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

function regional(locale: string): string {
  return locale === 'it' ? 'it-IT' : 'en-GB';
}
