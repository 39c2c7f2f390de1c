import type { Db } from '../db/database.ts';
import { hourStart, monthStart } from './period.rules.ts';
import { quotaOf, type Limits, type Quota } from './quota.rules.ts';
import { sumMonth, type UsageSum } from './usage.store.ts';

type Sums = Pick<UsageSum, 'requests' | 'input_tokens' | 'cached_tokens' | 'output_tokens' | 'reasoning_tokens'>;
export type UsageReport = { quota: Quota; byProvider: ({ provider: string } & Sums)[]; byDay: ({ day: number } & Sums)[] };

/** What a licence has used in the running month and hour, from the ledger: charged requests, those under way included, and tokens. */
export async function readUsage(db: Db, license: { id: string } & Limits, now: number): Promise<UsageReport> {
  const windows = { month: monthStart(now), hour: hourStart(now) };
  const rows = await sumMonth(db, license.id, windows);
  const total = (pick: (row: UsageSum) => number) => rows.reduce((sum, row) => sum + pick(row), 0);
  const counted = { month_start: windows.month, month_requests: total((row) => row.requests), hour_start: windows.hour, hour_requests: total((row) => row.requests_this_hour) };
  return {
    quota: quotaOf(license, counted),
    byProvider: grouped(rows, (row) => row.provider).map(([provider, sums]) => ({ provider, ...sums })),
    byDay: grouped(rows, (row) => row.day).map(([day, sums]) => ({ day, ...sums })),
  };
}

function grouped<Key>(rows: UsageSum[], keyOf: (row: UsageSum) => Key): [Key, Sums][] {
  const groups = new Map<Key, Sums>();
  for (const row of rows) {
    const sums = groups.get(keyOf(row)) ?? { requests: 0, input_tokens: 0, cached_tokens: 0, output_tokens: 0, reasoning_tokens: 0 };
    for (const part of Object.keys(sums) as (keyof Sums)[]) sums[part] += row[part];
    groups.set(keyOf(row), sums);
  }
  return [...groups];
}
