import { keptFormat } from '../kept-format.rules.ts';

const formats = keptFormat((code: string) => new Intl.NumberFormat('en', { style: 'currency', currency: code }));

/** The code as stored: three capital letters, otherwise XXX (ISO 4217: no currency). */
export function currencyCode(code: string): string {
  const upper = code.trim().toUpperCase();
  return /^[A-Z]{3}$/.test(upper) ? upper : 'XXX';
}

/** Decimal places of a currency (ISO 4217); two when it is not known. */
export function currencyDecimals(currency: string): number {
  return formats(currencyCode(currency)).resolvedOptions().maximumFractionDigits ?? 2;
}

/** A decimal text ("49.00", "-1200") in minor units, rounded half away from zero; undefined when it is no amount that can be counted exactly. */
export function minorUnits(decimal: string, currency: string): number | undefined {
  const match = /^(-?)(\d+)(?:\.(\d*))?$/.exec(decimal.trim());
  if (!match) return undefined;
  const [, sign = '', whole = '', fraction = ''] = match;
  const decimals = currencyDecimals(currency);
  const digits = BigInt(whole + fraction.slice(0, decimals).padEnd(decimals, '0'));
  const rounded = Number(digits + (Number(fraction.charAt(decimals)) >= 5 ? 1n : 0n));
  if (!Number.isSafeInteger(rounded)) return undefined;
  return sign === '-' && rounded !== 0 ? -rounded : rounded;
}
