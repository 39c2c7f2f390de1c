import { transact, type Db } from '../db/database.ts';
import { newId } from '../ids.ts';
import { hourStart, monthStart } from './period.rules.ts';
import { quotaOf, type Counted, type Limits, type Quota } from './quota.rules.ts';
import { countRequest, findCounter, insertCounter, insertRecord } from './usage.store.ts';

/** A request that is about to be made. `lifetimeMs`: after this long without a settlement its process counts as dead. */
export type UsageRequest = {
  license: { id: string } & Limits;
  site: string | null;
  visitor?: string | null;
  endpoint: string;
  provider: string;
  model: string;
  isStream: boolean;
  lifetimeMs: number;
};

/** A place in the quota that is taken; its ledger row has the same id. Hand it to settleUsage, once. */
export type Reservation = { id: string; licenseId: string; monthStart: number; hourStart: number };
export type ReserveOutcome = { outcome: 'reserved'; reservation: Reservation; quota: Quota } | { outcome: 'exhausted'; window: 'month' | 'hour'; quota: Quota };

/**
 * Takes one request out of the monthly quota and the hourly limit together, or says which of them is exhausted. One guarded update
 * decides, so that the limits hold across processes; the ledger row is written in the same transaction. It is the busiest write of all and
 * not synced: a power failure may forget the last moments of usage, counter and ledger alike.
 */
export async function reserveUsage(db: Db, request: UsageRequest, now: number): Promise<ReserveOutcome> {
  const { license } = request;
  const windows = { month: monthStart(now), hour: hourStart(now) };
  const unused: Counted = { month_start: windows.month, month_requests: 0, hour_start: windows.hour, hour_requests: 0 };
  if (license.monthly_requests <= 0) return { outcome: 'exhausted', window: 'month', quota: quotaOf(license, unused) };
  if (license.hourly_requests <= 0) return { outcome: 'exhausted', window: 'hour', quota: quotaOf(license, unused) };
  return transact(db, async (trx) => {
    for (;;) {
      const counted = (await countRequest(trx, license.id, windows, license, now)) || (await isFirst());
      const counter = await findCounter(trx, license.id);
      if (!counter) throw new Error('the usage counter has vanished within a transaction');
      if (counted) return { outcome: 'reserved', reservation: await addRecord(trx, request, counter, now), quota: quotaOf(license, counter) };
      const quota = quotaOf(license, counter);
      if (counter.month_start >= windows.month && quota.month.remaining === 0) return { outcome: 'exhausted', window: 'month', quota };
      if (counter.hour_start >= windows.hour && quota.hour.remaining === 0) return { outcome: 'exhausted', window: 'hour', quota };
      // A request was given back between the two statements: there is room now.
    }

    async function isFirst(): Promise<boolean> {
      return (await findCounter(trx, license.id)) === undefined && (await insertCounter(trx, license.id, windows, now));
    }
  }, 'unsynced');
}

/** The windows are those of the counter: of a process whose clock is behind, the newer ones. */
async function addRecord(db: Db, request: UsageRequest, counter: Counted, now: number): Promise<Reservation> {
  const id = newId();
  await insertRecord(db, {
    id,
    license_id: request.license.id,
    site: request.site,
    endpoint: request.endpoint,
    provider: request.provider,
    model: request.model,
    status: 'reserved',
    charged_requests: 1,
    input_tokens: 0,
    cached_tokens: 0,
    output_tokens: 0,
    reasoning_tokens: 0,
    cost_microcents: 0,
    price_version: null,
    is_exact: 0,
    is_stream: request.isStream ? 1 : 0,
    first_byte_ms: null,
    total_ms: null,
    provider_request_id: null,
    error_code: null,
    visitor: request.visitor ?? null,
    asked_model: null,
    key_source: 'managed',
    service_tier: null,
    cache_write_tokens: 0,
    characters: 0,
    audio_ms: 0,
    charged_tokens: 0,
    charged_cost_microcents: 0,
    day_start: 0,
    is_cached: 0,
    month_start: counter.month_start,
    hour_start: counter.hour_start,
    expires_at: now + request.lifetimeMs,
    created_at: now,
    settled_at: null,
  });
  return { id, licenseId: request.license.id, monthStart: counter.month_start, hourStart: counter.hour_start };
}
