import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '../../server/db/database.ts';

export type LedgerFindings = { rows: number; byStatus: Record<string, number>; unsettled: number; /** What the counter says and the ledger does not. */ differences: string[] };

const units = { requests: 'charged_requests', tokens: 'charged_tokens', cost: 'charged_cost_microcents' } as const;

/** Waits until nothing is under way any more, at most this long, and holds the counter of the licence against its ledger. */
export async function verifyLedger(db: Db, licenseId: string, waitMs: number): Promise<LedgerFindings> {
  const read = () => db.selectFrom('usage_records').selectAll().where('license_id', '=', licenseId).execute();
  let rows = await read();
  for (const deadline = Date.now() + waitMs; Date.now() < deadline && rows.some(({ status }) => status === 'reserved'); rows = await read()) await sleep(100);
  const byStatus: Record<string, number> = {};
  for (const { status } of rows) byStatus[status] = (byStatus[status] ?? 0) + 1;
  const counter = await db.selectFrom('quota_counters').selectAll().where('license_id', '=', licenseId).where('scope', '=', '').executeTakeFirstOrThrow();
  const differences: string[] = [];
  for (const window of ['hour', 'day', 'month'] as const) {
    for (const [unit, column] of Object.entries(units) as [keyof typeof units, (typeof units)[keyof typeof units]][]) {
      const start = `${window}_start` as const;
      const sum = rows.filter((row) => row[start] === counter[start]).reduce((total, row) => total + row[column], 0);
      const told = counter[`${window}_${unit}`];
      if (told !== sum) differences.push(`${window} ${unit}: the counter says ${told}, the ledger ${sum}`);
    }
  }
  for (const row of rows) if (row.charged_requests !== 0 && row.charged_requests !== 1) differences.push(`request ${row.id} is charged ${row.charged_requests} times`);
  return { rows: rows.length, byStatus, unsettled: byStatus['reserved'] ?? 0, differences };
}
