import { sql, type Selectable } from 'kysely';
import { insertedOnce, type Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';
import type { Counted, Limits } from './quota.rules.ts';

export type UsageRecord = Selectable<Schema['usage_records']>;
/** Start (epoch ms) of the month and of the hour in which a request is counted. */
export type Windows = { month: number; hour: number };

/**
 * Counts one request in both windows if both have room, beginning a window anew when its time has come. False when it changed nothing:
 * no room, or no counter yet. A window is only ever replaced by a later one, so a process whose clock is behind counts in the newer window.
 * The counters come before the starts because MariaDB evaluates SET from left to right with the new values, SQLite with the old ones.
 */
export async function countRequest(db: Db, licenseId: string, { month, hour }: Windows, limits: Limits, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('usage_counters')
    .set((eb) => ({
      month_requests: eb.case().when('month_start', '<', month).then(1).else(eb('month_requests', '+', 1)).end(),
      hour_requests: eb.case().when('hour_start', '<', hour).then(1).else(eb('hour_requests', '+', 1)).end(),
      month_start: eb.case().when('month_start', '<', month).then(month).else(eb.ref('month_start')).end(),
      hour_start: eb.case().when('hour_start', '<', hour).then(hour).else(eb.ref('hour_start')).end(),
      updated_at: now,
    }))
    .where('license_id', '=', licenseId)
    .where((eb) => eb.or([eb('month_start', '<', month), eb('month_requests', '<', limits.monthly_requests)]))
    .where((eb) => eb.or([eb('hour_start', '<', hour), eb('hour_requests', '<', limits.hourly_requests)]))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Begins the counter of a licence with its first request; false when it stands already. */
export function insertCounter(db: Db, licenseId: string, { month, hour }: Windows, now: number): Promise<boolean> {
  const counter = { license_id: licenseId, month_start: month, month_requests: 1, hour_start: hour, hour_requests: 1, updated_at: now };
  return insertedOnce(db.insertInto('usage_counters').values(counter).execute());
}

export function findCounter(db: Db, licenseId: string): Promise<Counted | undefined> {
  return db.selectFrom('usage_counters').select(['month_start', 'month_requests', 'hour_start', 'hour_requests']).where('license_id', '=', licenseId).executeTakeFirst();
}

/** Gives one request back to the windows in which it was counted; a window that has been replaced since stays as it is. */
export async function uncountRequest(db: Db, licenseId: string, { month, hour }: Windows, now: number): Promise<void> {
  await db
    .updateTable('usage_counters')
    .set((eb) => ({
      month_requests: eb.case().when('month_start', '=', month).then(eb('month_requests', '-', 1)).else(eb.ref('month_requests')).end(),
      hour_requests: eb.case().when('hour_start', '=', hour).then(eb('hour_requests', '-', 1)).else(eb.ref('hour_requests')).end(),
      updated_at: now,
    }))
    .where('license_id', '=', licenseId)
    .execute();
}

export async function insertRecord(db: Db, record: UsageRecord): Promise<void> {
  await db.insertInto('usage_records').values(record).execute();
}

/** Writes the outcome into a row that is still reserved; false when somebody has settled it already. */
export async function settleRecord(db: Db, id: string, outcome: Partial<UsageRecord>): Promise<boolean> {
  const { numUpdatedRows } = await db.updateTable('usage_records').set(outcome).where('id', '=', id).where('status', '=', 'reserved').executeTakeFirst();
  return numUpdatedRows > 0n;
}

export type StaleRecord = Pick<UsageRecord, 'id' | 'license_id' | 'month_start' | 'hour_start'>;

/** Reservations that should have been settled by now. */
export function listStaleRecords(db: Db, now: number, limit: number): Promise<StaleRecord[]> {
  return db.selectFrom('usage_records').select(['id', 'license_id', 'month_start', 'hour_start']).where('status', '=', 'reserved').where('expires_at', '<', now).limit(limit).execute();
}

/** Sums of one day and provider. */
export type UsageSum = { day: number; provider: string; requests: number; requests_this_hour: number; input_tokens: number; cached_tokens: number; output_tokens: number; reasoning_tokens: number };

const dayMs = 86_400_000;
const clockToleranceMs = 3_600_000;

/** The ledger of a month, summed by day (start of the day, epoch ms) and provider: one statement, so that all its figures are of one moment. */
export function sumMonth(db: Db, licenseId: string, { month, hour }: Windows): Promise<UsageSum[]> {
  const day = sql<number>`created_at - created_at % ${sql.lit(dayMs)}`;
  return db
    .selectFrom('usage_records')
    .select((eb) => [
      day.as('day'),
      'provider',
      eb.fn.sum<number>('charged_requests').as('requests'),
      eb.fn.sum<number>(eb.case().when('hour_start', '=', hour).then(eb.ref('charged_requests')).else(0).end()).as('requests_this_hour'),
      eb.fn.sum<number>('input_tokens').as('input_tokens'),
      eb.fn.sum<number>('cached_tokens').as('cached_tokens'),
      eb.fn.sum<number>('output_tokens').as('output_tokens'),
      eb.fn.sum<number>('reasoning_tokens').as('reasoning_tokens'),
    ])
    .where('license_id', '=', licenseId)
    .where('created_at', '>=', month - clockToleranceMs)
    .where('month_start', '=', month)
    .groupBy([day, 'provider'])
    .orderBy(day)
    .orderBy('provider')
    .execute();
}
