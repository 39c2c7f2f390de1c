import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

/** What a licence used in a month (its first moment). */
export type MonthSum = { license_id: string; month: number; calls: number; requests: number; tokens: number; cost_microcents: number };

const runningAtMost = 10_000;

/** When the oldest request that has not ended began; undefined when none runs. */
export async function findOldestRunning(db: Db): Promise<number | undefined> {
  // In this order the index of what runs is read, and not the whole ledger.
  const rows = await db.selectFrom('usage_records').select('created_at').where('status', '=', sql.lit('reserved')).orderBy('expires_at').limit(runningAtMost).execute();
  return rows.length === 0 ? undefined : rows.reduce((oldest, row) => Math.min(oldest, row.created_at), Number.MAX_SAFE_INTEGER);
}

/** The first licence after one that the ledger names. */
export async function nextLicense(db: Db, after: string): Promise<string | undefined> {
  return (await db.selectFrom('usage_records').select('license_id').where('license_id', '>', after).orderBy('license_id').limit(1).executeTakeFirst())?.license_id;
}

/** Where a part of about `size` rows ends that begins with a licence (`from` 0), or within one; undefined where there are fewer. */
export async function endOfPart(db: Db, license: string, from: number, until: number, size: number): Promise<{ license: string; at: number } | undefined> {
  let query = db.selectFrom('usage_records').select(['license_id as license', 'created_at as at']).where('created_at', '<', until);
  query = from > 0 ? query.where('license_id', '=', license).where('created_at', '>=', from) : query.where('license_id', '>=', license);
  return query.orderBy('license_id').orderBy('created_at').limit(1).offset(size).executeTakeFirst();
}

/** The rows of one licence in a time, or with `before` (undefined: to the last) of all licences from it up to another, by licence and month. */
export function sumMonths(db: Db, part: { license: string; from: number; until: number } | { license: string; before: string | undefined; from: number; until: number }): Promise<MonthSum[]> {
  let query = db.selectFrom('usage_records').where('created_at', '<', part.until);
  if (!('before' in part)) query = query.where('license_id', '=', part.license).where('created_at', '>=', part.from);
  else {
    query = query.where('license_id', '>=', part.license);
    if (part.before !== undefined) query = query.where('license_id', '<', part.before);
  }
  return query
    .select((eb) => [
      'license_id', 'month_start as month',
      eb.fn.countAll<number>().as('calls'),
      eb.fn.sum<number>('charged_requests').as('requests'),
      eb.fn.sum<number>(eb('input_tokens', '+', eb.ref('output_tokens'))).as('tokens'),
      eb.fn.sum<number>('cost_microcents').as('cost_microcents'),
    ])
    .groupBy(['license_id', 'month_start'])
    .execute();
}
