import { fitsEmailColumns } from '../customers/customer.rules.ts';

/** Text from outside as it may be stored: no control characters, no half characters, no more than `length` characters. */
export function cleanText(text: string, length: number): string {
  const plain = text.toWellFormed().replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').replace(/ {2,}/g, ' ').trim();
  return Array.from(plain).slice(0, length).join('');
}

/** An address to which mail can be sent, or undefined: one @, no white space, no control character, nothing that ends a header or begins another address. */
export function mailAddress(text: string): string | undefined {
  const address = text.trim();
  const isAddress = address.length <= 254 && fitsEmailColumns(address) && /^[^\s@<>()[\]\\,;:"\p{Cc}]+@[^\s@<>()[\]\\,;:"\p{Cc}]+$/u.test(address) && address.isWellFormed();
  return isAddress ? address : undefined;
}

const italianCountries = new Set(['IT', 'SM', 'VA']);

/** The language in which a buyer is written to: what the order says of it, else what the country speaks. */
export function buyerLocale(language: string | undefined, country?: string): string {
  if (language !== undefined && language !== '') return /^it([-_]|$)/i.test(language) ? 'it' : 'en';
  return country !== undefined && italianCountries.has(country.toUpperCase()) ? 'it' : 'en';
}

/** As one word of a POSIX shell command. */
export function shellWord(text: string): string {
  return /^[\w.:/@-]+$/.test(text) && !text.startsWith('-') ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
