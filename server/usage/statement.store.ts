import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { StatementLine } from './statement.rules.ts';

const dayMs = 86_400_000;

/** The settled part of a licence's ledger in a month, summed by day, provider, model and source of the key. */
export function sumLedger(db: Db, licenseId: string, month: number): Promise<StatementLine[]> {
  // The day in which it was counted; rows from before days were counted have the one in which they were written.
  const day = sql<number>`case when day_start > 0 then day_start else created_at - created_at % ${sql.lit(dayMs)} end`;
  return db
    .selectFrom('usage_records')
    .select((eb) => [
      day.as('day'),
      'provider',
      'model',
      'key_source',
      eb.fn.countAll<number>().as('calls'),
      eb.fn.sum<number>('charged_requests').as('requests'),
      eb.fn.sum<number>('input_tokens').as('input_tokens'),
      eb.fn.sum<number>('cached_tokens').as('cached_tokens'),
      eb.fn.sum<number>('cache_write_tokens').as('cache_write_tokens'),
      eb.fn.sum<number>('output_tokens').as('output_tokens'),
      eb.fn.sum<number>('reasoning_tokens').as('reasoning_tokens'),
      eb.fn.sum<number>('characters').as('characters'),
      eb.fn.sum<number>('audio_ms').as('audio_ms'),
      eb.fn.sum<number>('cost_microcents').as('cost_microcents'),
      eb.fn.sum<number>('is_cached').as('cached_answers'),
      eb.fn.sum<number>(eb.case().when('status', 'in', ['failed', 'swept']).then(1).else(0).end()).as('failed_calls'),
    ])
    .where('license_id', '=', licenseId)
    // For the index: a process whose clock is behind counts in the newer month and writes its own time.
    .where('created_at', '>=', month - dayMs)
    .where('month_start', '=', month)
    .where('status', '!=', 'reserved')
    .groupBy([day, 'provider', 'model', 'key_source'])
    .orderBy(day)
    .orderBy('provider')
    .orderBy('model')
    .orderBy('key_source')
    .execute();
}
