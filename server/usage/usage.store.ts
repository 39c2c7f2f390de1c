import { sql, type Selectable } from 'kysely';
import { fixedStatement, runStatement, type Db } from '../db/database.ts';
import { rememberedRead } from '../db/remembered-read.ts';
import type { Schema } from '../db/schema.ts';
import type { Counter } from './counters.store.ts';
import { quotaUnits, type LimitColumns } from './limits.rules.ts';
import { quotaWindows, type Windows } from './period.rules.ts';
import type { Counted } from './quota.rules.ts';

export type UsageRecord = Selectable<Schema['usage_records']>;

/** A request that is about to be made, with the most that it can take of the quotas. */
export type NewRecord = Pick<UsageRecord, 'id' | 'license_id' | 'site' | 'visitor' | 'endpoint' | 'provider' | 'model' | 'asked_model' | 'key_source' | 'charged_requests' | 'charged_tokens' | 'charged_cost_microcents' | 'is_stream' | 'hour_start' | 'day_start' | 'month_start' | 'expires_at' | 'created_at'>;
/** How it ended. */
export type Outcome = Pick<UsageRecord, 'status' | 'provider' | 'model' | 'key_source' | 'service_tier' | 'charged_requests' | 'charged_tokens' | 'charged_cost_microcents' | 'input_tokens' | 'cached_tokens' | 'cache_write_tokens' | 'output_tokens' | 'reasoning_tokens' | 'characters' | 'audio_ms' | 'cost_microcents' | 'price_version' | 'is_exact' | 'is_cached' | 'first_byte_ms' | 'total_ms' | 'provider_request_id' | 'error_code' | 'settled_at'>;

const newColumns = ['id', 'license_id', 'site', 'visitor', 'endpoint', 'provider', 'model', 'asked_model', 'key_source', 'charged_requests', 'charged_tokens', 'charged_cost_microcents', 'is_stream', 'hour_start', 'day_start', 'month_start', 'expires_at', 'created_at'] as const satisfies (keyof NewRecord)[];
const zeroColumns = ['input_tokens', 'cached_tokens', 'output_tokens', 'reasoning_tokens', 'cost_microcents', 'is_exact'];
const insertStatement = fixedStatement(`INSERT INTO usage_records (${[...newColumns, 'status', ...zeroColumns].join(', ')}) VALUES (${newColumns.map((_column, index) => `?${index + 1}`).join(', ')}, 'reserved', ${zeroColumns.map(() => '0').join(', ')})`);

const outcomeColumns = ['status', 'provider', 'model', 'key_source', 'service_tier', 'charged_requests', 'charged_tokens', 'charged_cost_microcents', 'input_tokens', 'cached_tokens', 'cache_write_tokens', 'output_tokens', 'reasoning_tokens', 'characters', 'audio_ms', 'cost_microcents', 'price_version', 'is_exact', 'is_cached', 'first_byte_ms', 'total_ms', 'provider_request_id', 'error_code', 'settled_at'] as const satisfies (keyof Outcome)[];
const settleStatement = fixedStatement(`UPDATE usage_records SET ${outcomeColumns.map((column, index) => `${column} = ?${index + 1}`).join(', ')} WHERE id = ?${outcomeColumns.length + 1} AND status = 'reserved'`);

export async function insertRecord(db: Db, record: NewRecord): Promise<void> {
  await runStatement(db, insertStatement, newColumns.map((column) => record[column]));
}

/** Writes the outcome into a row that is still reserved; false when somebody has settled it already. */
export async function settleRecord(db: Db, id: string, outcome: Outcome): Promise<boolean> {
  const { changed } = await runStatement(db, settleStatement, [...outcomeColumns.map((column) => outcome[column]), id]);
  return changed > 0;
}

const staleColumns = ['id', 'license_id', 'site', 'visitor', 'provider', 'model', 'key_source', 'charged_requests', 'charged_tokens', 'charged_cost_microcents', 'hour_start', 'day_start', 'month_start'] as const;
export type StaleRecord = Pick<UsageRecord, (typeof staleColumns)[number]>;

/** Reservations that should have been settled by now. */
export function listStaleRecords(db: Db, now: number, limit: number): Promise<StaleRecord[]> {
  return db.selectFrom('usage_records').select(staleColumns).where('status', '=', 'reserved').where('expires_at', '<', now).limit(limit).execute();
}

const clockToleranceMs = 3_600_000;
const unitColumns = { requests: 'charged_requests', tokens: 'charged_tokens', cost: 'charged_cost_microcents' } as const;

/** What the ledger says was charged to a licence, a site or a visitor in these windows, reservations included. */
export async function sumCharges(db: Db, { licenseId, scope, name }: Counter, windows: Windows): Promise<Counted['used']> {
  const row = await db
    .selectFrom('usage_records')
    .select((eb) =>
      quotaWindows.flatMap((window) =>
        quotaUnits.map((unit) => eb.fn.coalesce(eb.fn.sum<number>(eb.case().when(`${window}_start`, '=', windows[window]).then(eb.ref(unitColumns[unit])).else(0).end()), eb.lit(0)).as(`${window}_${unit}`)),
      ),
    )
    .where('license_id', '=', licenseId)
    .where('created_at', '>=', windows.month - clockToleranceMs)
    .$if(scope === 'site', (query) => query.where('site', '=', name))
    .$if(scope === 'visitor', (query) => query.where('visitor', '=', name))
    .executeTakeFirstOrThrow();
  const used = Object.fromEntries(quotaWindows.map((window) => [window, Object.fromEntries(quotaUnits.map((unit) => [unit, row[`${window}_${unit}`]]))]));
  return used as Counted['used'];
}

/** Sums of one day and provider. */
export type UsageSum = { day: number; provider: string; requests: number; input_tokens: number; cached_tokens: number; output_tokens: number; reasoning_tokens: number; cost_microcents: number };

const dayMs = 86_400_000;

/** The ledger of a month, summed by day (start of the day, epoch ms) and provider. */
export function sumMonth(db: Db, licenseId: string, month: number): Promise<UsageSum[]> {
  const day = sql<number>`created_at - created_at % ${sql.lit(dayMs)}`;
  return db
    .selectFrom('usage_records')
    .select((eb) => [
      day.as('day'),
      'provider',
      eb.fn.sum<number>('charged_requests').as('requests'),
      eb.fn.sum<number>('input_tokens').as('input_tokens'),
      eb.fn.sum<number>('cached_tokens').as('cached_tokens'),
      eb.fn.sum<number>('output_tokens').as('output_tokens'),
      eb.fn.sum<number>('reasoning_tokens').as('reasoning_tokens'),
      eb.fn.sum<number>('cost_microcents').as('cost_microcents'),
    ])
    .where('license_id', '=', licenseId)
    .where('created_at', '>=', month - clockToleranceMs)
    .where('month_start', '=', month)
    .groupBy([day, 'provider'])
    .orderBy(day)
    .orderBy('provider')
    .execute();
}

/** What the owner of a licence has decided on its AI; every column is null where that is nothing. */
export type OwnersColumns = { [Column in 'paused_at' | 'monthly_budget_microcents' | 'system_prompt' | 'allowed_topics' | 'blocked_topics' | 'max_input_characters' | 'is_moderated' | 'cache_seconds']: Selectable<Schema['license_ai_settings']>[Column] | null };
export type TermsRow = LimitColumns & OwnersColumns & { allowed_models: string | null; max_input_tokens: number | null; max_output_tokens: number | null; own_keys_use_quota: number; own_keys: number };

const termsQuery = rememberedRead<TermsRow, [licenseId: string]>((db) =>
  db
    .selectFrom('licenses')
    .innerJoin('plans', 'plans.id', 'licenses.plan_id')
    .leftJoin('license_ai_settings as settings', 'settings.license_id', 'licenses.id')
    .select([
      'plans.monthly_requests', 'plans.hourly_requests', 'plans.quotas as plan_quotas', 'licenses.quotas as license_quotas',
      'plans.allowed_models', 'plans.max_input_tokens', 'plans.max_output_tokens', 'plans.own_keys_use_quota',
      'settings.paused_at', 'settings.monthly_budget_microcents', 'settings.system_prompt', 'settings.allowed_topics', 'settings.blocked_topics', 'settings.max_input_characters', 'settings.is_moderated', 'settings.cache_seconds',
    ])
    .select(sql<number>`(select count(*) from provider_keys where provider_keys.license_id = licenses.id)`.as('own_keys'))
    .where('licenses.id', '=', '')
    .compile(),
  ([licenseId]) => licenseId,
);

/** What the plan, the licence and its owner say of AI requests: one read for all, since every request needs it. */
export async function findTermsRow(db: Db, licenseId: string): Promise<Readonly<TermsRow> | undefined> {
  const rows = await termsQuery(db, [licenseId]);
  return rows[0];
}
