import type { Db } from '../db/database.ts';
import { aiTermsOf } from './ai-terms.ts';
import { windowsAt } from './period.rules.ts';
import { quotaOf, type Quota } from './quota.rules.ts';
import { sumCharges, sumMonth, type UsageSum } from './usage.store.ts';

type Sums = Omit<UsageSum, 'day' | 'provider'>;
export type UsageReport = { quota: Quota; byProvider: ({ provider: string } & Sums)[]; byDay: ({ day: number } & Sums)[] };

/** What a licence has used of its limits, and by provider and day in the running month, from the ledger: what is under way included. */
export async function readUsage(db: Db, licenseId: string, now: number): Promise<UsageReport> {
  const windows = windowsAt(now);
  const { terms: { limits } } = await aiTermsOf(db, licenseId);
  const used = await sumCharges(db, { licenseId, scope: 'license', name: '' }, windows);
  const rows = await sumMonth(db, licenseId, windows.month);
  return {
    quota: quotaOf('license', limits.license, { windows, used }),
    byProvider: grouped(rows, (row) => row.provider).map(([provider, sums]) => ({ provider, ...sums })),
    byDay: grouped(rows, (row) => row.day).map(([day, sums]) => ({ day, ...sums })),
  };
}

function grouped<Key>(rows: UsageSum[], keyOf: (row: UsageSum) => Key): [Key, Sums][] {
  const groups = new Map<Key, Sums>();
  for (const row of rows) {
    const sums = groups.get(keyOf(row)) ?? { requests: 0, input_tokens: 0, cached_tokens: 0, output_tokens: 0, reasoning_tokens: 0, cost_microcents: 0 };
    for (const part of Object.keys(sums) as (keyof Sums)[]) sums[part] += row[part];
    groups.set(keyOf(row), sums);
  }
  return [...groups];
}
