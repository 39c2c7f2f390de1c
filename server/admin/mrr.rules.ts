/** A stretch that was paid for, not voided, of a licence that is active. */
export type PaidTerm = { license_id: string; months: number | null; amount_minor: number; currency: string | null; paid_at: number };

/** Adds to `sums` (minor units a month, by currency) what each licence brings in: its latest paid term, spread over its months. What was paid once for ever recurs never. */
export function addRecurringRevenue(sums: Map<string, number>, terms: PaidTerm[]): void {
  const latest = new Map<string, PaidTerm>();
  for (const term of terms) {
    const known = latest.get(term.license_id);
    if (!known || term.paid_at > known.paid_at) latest.set(term.license_id, term);
  }
  for (const { months, amount_minor, currency } of latest.values()) {
    if (currency !== null && months !== null && months > 0) sums.set(currency, (sums.get(currency) ?? 0) + amount_minor / months);
  }
}
