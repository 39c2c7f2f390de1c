import { fixedStatement, insertedOnce, runStatement, type Db } from '../db/database.ts';
import { quotaUnits, type Amounts, type QuotaScope, type QuotaUnit, type ScopeLimits } from './limits.rules.ts';
import { quotaWindows, type QuotaWindow, type Windows } from './period.rules.ts';
import type { Counted } from './quota.rules.ts';
import { sumCharges } from './usage.store.ts';

/** Which counter of a licence: the licence itself, one of its sites, or one visitor. */
export type Counter = { licenseId: string; scope: QuotaScope; /** The site or visitor; empty for the licence. */ name: string };
type CounterRow = Record<`${QuotaWindow}_${QuotaUnit | 'start'}`, number>;

const cells = quotaWindows.flatMap((window) => quotaUnits.map((unit) => ({ window, unit, column: `${window}_${unit}`, start: `${window}_start` })));
const starts = quotaWindows.map((window) => ({ window, column: `${window}_start` }));
const columns = [...starts, ...cells].map(({ column }) => column);

/** The places of the parameters that both updates have; the limits of the cells come after them. */
const place = { hour: '?1', day: '?2', month: '?3', requests: '?4', tokens: '?5', cost: '?6', now: '?7', license: '?8', scope: '?9' } as const;
const isCounter = `updated_at = ${place.now} WHERE license_id = ${place.license} AND scope = ${place.scope}`;
const firstLimit = 10;

// The counters come before the starts because MariaDB evaluates SET from left to right with the new values, SQLite with the old ones.
const countStatement = fixedStatement(
  [
    'UPDATE quota_counters SET',
    cells.map(({ window, unit, column, start }) => `${column} = CASE WHEN ${start} < ${place[window]} THEN ${place[unit]} ELSE ${column} + ${place[unit]} END,`).join(' '),
    starts.map(({ window, column }) => `${column} = CASE WHEN ${column} < ${place[window]} THEN ${place[window]} ELSE ${column} END,`).join(' '),
    isCounter,
    cells.map(({ window, unit, column, start }, index) => `AND CASE WHEN ${start} < ${place[window]} THEN 0 ELSE ${column} END + ${place[unit]} <= ?${firstLimit + index}`).join(' '),
  ].join(' '),
  columns,
);

const adjustStatement = fixedStatement(
  [
    'UPDATE quota_counters SET',
    cells.map(({ window, unit, column, start }) => `${column} = CASE WHEN ${start} = ${place[window]} THEN ${column} + ${place[unit]} ELSE ${column} END,`).join(' '),
    isCounter,
  ].join(' '),
);

const readStatement = fixedStatement(`SELECT ${columns.join(', ')} FROM quota_counters WHERE license_id = ?1 AND scope = ?2`);

/**
 * Counts these amounts in every window if every limit has room for them, beginning a window anew when its time has come. Returns the counter as it
 * stands then; undefined when nothing was changed: no room, or no counter yet. A window is only ever replaced by a later one, so a process whose
 * clock is behind counts in the newer window.
 */
export async function countAmounts(db: Db, counter: Counter, amounts: Amounts, limits: ScopeLimits, windows: Windows, now: number): Promise<Counted | undefined> {
  const { hour, day, month } = limits;
  const { rows, changed } = await runStatement<CounterRow>(db, countStatement, [
    ...shared(counter, amounts, windows, now),
    hour.requests, hour.tokens, hour.cost, day.requests, day.tokens, day.cost, month.requests, month.tokens, month.cost,
  ]);
  if (changed === 0) return undefined;
  return rows?.[0] ? countedOf(rows[0]) : findCounted(db, counter);
}

/** Adds to the windows in which a request was counted what it took more (or less) than was reserved; a window that has been replaced since stays as it is. */
export async function adjustAmounts(db: Db, counter: Counter, difference: Amounts, windows: Windows, now: number): Promise<void> {
  await runStatement(db, adjustStatement, shared(counter, difference, windows, now));
}

function shared(counter: Counter, { requests, tokens, cost }: Amounts, { hour, day, month }: Windows, now: number): (number | string)[] {
  return [hour, day, month, requests, tokens, cost, now, counter.licenseId, scopeKey(counter)];
}

export async function findCounted(db: Db, counter: Counter): Promise<Counted | undefined> {
  const { rows } = await runStatement<CounterRow>(db, readStatement, [counter.licenseId, scopeKey(counter)]);
  return rows?.[0] && countedOf(rows[0]);
}

function countedOf(row: CounterRow): Counted {
  const amounts = (window: QuotaWindow) => ({ requests: row[`${window}_requests`], tokens: row[`${window}_tokens`], cost: row[`${window}_cost`] });
  return { windows: { hour: row.hour_start, day: row.day_start, month: row.month_start }, used: { hour: amounts('hour'), day: amounts('day'), month: amounts('month') } };
}

/** Makes the counter that is missing, with what the ledger says of the running windows; false when it stands already. */
export async function insertCounter(db: Db, counter: Counter, windows: Windows, now: number): Promise<boolean> {
  const used = await sumCharges(db, counter, windows);
  const counts = Object.fromEntries(cells.map(({ window, unit, column }) => [column, used[window][unit]])) as Record<`${QuotaWindow}_${QuotaUnit}`, number>;
  return insertedOnce(
    db.insertInto('quota_counters').values({ license_id: counter.licenseId, scope: scopeKey(counter), hour_start: windows.hour, day_start: windows.day, month_start: windows.month, ...counts, updated_at: now }).execute(),
  );
}

function scopeKey({ scope, name }: Counter): string {
  return scope === 'license' ? '' : `${scope}:${name}`;
}
