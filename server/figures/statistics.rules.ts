import type { FigureName, OfDay, Standing } from './amounts.rules.ts';
import { series, type Span } from './periods.rules.ts';

/** A share in thousandths (125 is 12.5 %); undefined where there is nothing to share. */
export type Share = number | undefined;

export function shareOf(part: number, whole: number): Share {
  return whole > 0 ? Math.round((part * 1_000) / whole) : undefined;
}

export function sumOf(rows: { amount: number }[]): number {
  return rows.reduce((sum, { amount }) => sum + amount, 0);
}

function byCurrency(standing: Standing[], name: FigureName): Map<string, number> {
  const sums = new Map<string, number>();
  for (const row of standing) if (row.name === name) sums.set(row.label, (sums.get(row.label) ?? 0) + row.amount);
  return sums;
}

/** Monthly recurring revenue by currency in minor units, and what a paying customer brings in of it. */
export function recurringOf(standing: Standing[]): { currency: string; minor: number; payingCustomers: number; payingLicenses: number; perCustomerMinor: number | undefined }[] {
  const [mrr, customers, licenses] = [byCurrency(standing, 'mrr'), byCurrency(standing, 'paying_customers'), byCurrency(standing, 'paying_licenses')];
  return [...mrr].sort(([a], [b]) => (a < b ? -1 : 1)).map(([currency, milli]) => {
    const payingCustomers = customers.get(currency) ?? 0;
    return { currency, minor: Math.round(milli / 1_000), payingCustomers, payingLicenses: licenses.get(currency) ?? 0, perCustomerMinor: payingCustomers > 0 ? Math.round(milli / 1_000 / payingCustomers) : undefined };
  });
}

/**
 * Churn: of the paid licences that were held when the period began, the share that was lost in it. What was held then is what is held now (active and
 * suspended) and what was lost since, without what was issued since.
 */
export function churnOf(heldPaid: number, lostPaid: number, newPaid: number): { lost: number; base: number; share: Share } {
  const base = Math.max(heldPaid + lostPaid - newPaid, 0);
  return { lost: lostPaid, base, share: shareOf(Math.min(lostPaid, base), base) };
}

/** Of the trials that began in a period and are over, the share that was paid for. */
export function conversionOf(trials: OfDay[]): { started: number; converted: number; running: number; share: Share } {
  const count = (label: string) => sumOf(trials.filter((row) => row.label === label));
  const [converted, running, ended] = [count('converted'), count('running'), count('ended')];
  return { started: converted + running + ended, converted, running, share: shareOf(converted, converted + ended) };
}

/** One row of numbers for each label that occurs, in the order of their sums. */
export function seriesByLabel(span: Span, rows: OfDay[]): { label: string; values: number[] }[] {
  const labels = [...new Set(rows.map(({ label }) => label))];
  return labels
    .map((label) => ({ label, values: series(span, rows.filter((row) => row.label === label)) }))
    .sort((a, b) => total(b.values) - total(a.values) || (a.label < b.label ? -1 : 1));
}

export function total(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
