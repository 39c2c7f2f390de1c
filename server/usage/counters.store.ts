import { insertedOnce, runStatement, type Db } from '../db/database.ts';
import { quotaUnits, type Amounts, type QuotaScope, type ScopeLimits } from './limits.rules.ts';
import { quotaWindows, type Windows } from './period.rules.ts';
import type { Counted } from './quota.rules.ts';
import { sumCharges } from './usage.store.ts';

/** Which counter of a licence: the licence itself, one of its sites, or one visitor. */
export type Counter = { licenseId: string; scope: QuotaScope; /** The site or visitor; empty for the licence. */ name: string };
type CounterRow = { [column: string]: number };

const cells = quotaWindows.flatMap((window) => quotaUnits.map((unit) => ({ window, unit, column: `${window}_${unit}`, start: `${window}_start` })));
const starts = quotaWindows.map((window) => ({ window, column: `${window}_start` }));

// The counters come before the starts because MariaDB evaluates SET from left to right with the new values, SQLite with the old ones.
const countText = [
  'UPDATE quota_counters SET',
  cells.map(({ column, start }) => `${column} = CASE WHEN ${start} < ? THEN ? ELSE ${column} + ? END,`).join(' '),
  starts.map(({ column }) => `${column} = CASE WHEN ${column} < ? THEN ? ELSE ${column} END,`).join(' '),
  'updated_at = ? WHERE license_id = ? AND scope = ?',
  cells.map(({ column, start }) => `AND CASE WHEN ${start} < ? THEN 0 ELSE ${column} END + ? <= ?`).join(' '),
].join(' ');

const adjustText = [
  'UPDATE quota_counters SET',
  cells.map(({ column, start }) => `${column} = CASE WHEN ${start} = ? THEN ${column} + ? ELSE ${column} END,`).join(' '),
  'updated_at = ? WHERE license_id = ? AND scope = ?',
].join(' ');

const readText = `SELECT ${[...starts, ...cells].map(({ column }) => column).join(', ')} FROM quota_counters WHERE license_id = ? AND scope = ?`;

/**
 * Counts these amounts in every window if every limit has room for them, beginning a window anew when its time has come. False when it
 * changed nothing: no room, or no counter yet. A window is only ever replaced by a later one, so a process whose clock is behind counts in the newer window.
 */
export async function countAmounts(db: Db, counter: Counter, amounts: Amounts, limits: ScopeLimits, windows: Windows, now: number): Promise<boolean> {
  const { changed } = await runStatement(db, countText, [
    ...cells.flatMap(({ window, unit }) => [windows[window], amounts[unit], amounts[unit]]),
    ...starts.flatMap(({ window }) => [windows[window], windows[window]]),
    now, counter.licenseId, scopeKey(counter),
    ...cells.flatMap(({ window, unit }) => [windows[window], amounts[unit], limits[window][unit]]),
  ]);
  return changed > 0;
}

/** Adds to the windows in which a request was counted what it took more (or less) than was reserved; a window that has been replaced since stays as it is. */
export async function adjustAmounts(db: Db, counter: Counter, difference: Amounts, windows: Windows, now: number): Promise<void> {
  await runStatement(db, adjustText, [...cells.flatMap(({ window, unit }) => [windows[window], difference[unit]]), now, counter.licenseId, scopeKey(counter)]);
}

export async function findCounted(db: Db, counter: Counter): Promise<Counted | undefined> {
  const { rows } = await runStatement<CounterRow>(db, readText, [counter.licenseId, scopeKey(counter)]);
  const [row] = rows;
  if (!row) return undefined;
  const pick = (column: string) => row[column] ?? 0;
  const used = Object.fromEntries(quotaWindows.map((window) => [window, Object.fromEntries(quotaUnits.map((unit) => [unit, pick(`${window}_${unit}`)]))])) as Counted['used'];
  return { windows: { hour: pick('hour_start'), day: pick('day_start'), month: pick('month_start') }, used };
}

/** Makes the counter that is missing, with what the ledger says of the running windows; false when it stands already. */
export async function insertCounter(db: Db, counter: Counter, windows: Windows, now: number): Promise<boolean> {
  const used = await sumCharges(db, counter, windows);
  const counts = Object.fromEntries(cells.map(({ window, unit, column }) => [column, used[window][unit]])) as Record<`${'hour' | 'day' | 'month'}_${'requests' | 'tokens' | 'cost'}`, number>;
  return insertedOnce(
    db.insertInto('quota_counters').values({ license_id: counter.licenseId, scope: scopeKey(counter), hour_start: windows.hour, day_start: windows.day, month_start: windows.month, ...counts, updated_at: now }).execute(),
  );
}

function scopeKey({ scope, name }: Counter): string {
  return scope === 'license' ? '' : `${scope}:${name}`;
}
