/** A paid or granted stretch of a licence. `months` null: for ever. `periodEndsAt`: the end that the provider names, if it does. */
export type Term = { transactionId: string; months: number | null; periodEndsAt: number | null; paidAt: number; voidedAt: number | null };

const lapseMs = 14 * 24 * 3600 * 1000;

/**
 * How far a licence is paid for: null means for ever, undefined means that nothing is left that counts. It depends on the set of terms
 * alone, so it comes out the same in whatever order they were learnt. A term begins where the one before it ended, however early it
 * was paid, and, when it was paid more than two weeks after that end, at its payment: nobody pays for days that are past.
 */
export function paidThrough(terms: Term[]): number | null | undefined {
  const counted = terms.filter(({ voidedAt }) => voidedAt === null).sort((a, b) => a.paidAt - b.paidAt || (a.transactionId < b.transactionId ? -1 : 1));
  let end: number | null | undefined;
  let anchorDay = 0;
  for (const { months, periodEndsAt, paidAt } of counted) {
    if (end === null || (months === null && periodEndsAt === null)) return null;
    const continues = end !== undefined && paidAt <= end + lapseMs;
    const start: number = continues && end !== undefined ? end : paidAt;
    if (!continues) anchorDay = new Date(paidAt).getUTCDate();
    const byMonths: number = months === null ? start : addMonths(start, months, anchorDay);
    // The first period ends when the provider says; a later one never before its full length.
    end = periodEndsAt !== null && (!continues || periodEndsAt > byMonths) ? periodEndsAt : byMonths;
    if (periodEndsAt === end) anchorDay = new Date(end).getUTCDate();
  }
  return end;
}

/** Calendar months later at the same time of day (UTC). The day is `anchorDay` where the month has it, otherwise its last. */
export function addMonths(from: number, months: number, anchorDay = new Date(from).getUTCDate()): number {
  const date = new Date(from);
  const monthIndex = date.getUTCFullYear() * 12 + date.getUTCMonth() + months;
  const year = Math.floor(monthIndex / 12);
  const month = monthIndex - year * 12;
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(anchorDay, lastDay), date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds(), date.getUTCMilliseconds());
}
