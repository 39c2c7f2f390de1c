import type { Db } from '../db/database.ts';
import { newId } from '../ids.ts';
import { batchedWrite } from './batched-writes.ts';
import { adjustAmounts, countAmounts, findCounted, insertCounter, type Counter } from './counters.store.ts';
import type { Amounts, Limits } from './limits.rules.ts';
import { windowsAt, type Windows } from './period.rules.ts';
import { exceededBy, quotaOf, type Counted, type Quota, type QuotaState } from './quota.rules.ts';
import { insertRecord } from './usage.store.ts';

/** A request that is about to be made. */
export type UsageRequest = {
  licenseId: string;
  limits: Limits;
  /** The activated site and the visitor that ask, if they are known. */
  site: string | null;
  visitor: string | null;
  /** The most that the request can take; what is not used comes back when it is settled. */
  most: Amounts;
  endpoint: string;
  /** Who is to be asked first, and for what. */
  provider: string;
  model: string;
  /** What the client asked for, where it is an alias. */
  askedModel: string | null;
  keySource: 'managed' | 'own';
  isStream: boolean;
  /** After this long without a settlement its process counts as dead. */
  lifetimeMs: number;
};

/** A place in the quotas that is taken; its ledger row has the same id. Hand it to settleUsage, once. */
export type Reservation = Pick<UsageRequest, 'licenseId' | 'site' | 'visitor' | 'provider' | 'model' | 'keySource'> & { id: string; windows: Windows; reserved: Amounts };
export type ReserveOutcome = { outcome: 'reserved'; reservation: Reservation; quota: Quota } | { outcome: 'exhausted'; exceeded: QuotaState; quota: Quota };

/**
 * Takes a request out of every quota of the licence, of the site and of the visitor together, or says which of them has no room. Guarded
 * updates decide, in the transaction that writes the ledger row, so that the limits hold across processes. It is the busiest write of all and
 * not synced: a power failure may forget the last moments of usage, counters and ledger alike.
 */
export function reserveUsage(db: Db, request: UsageRequest, now: number): Promise<ReserveOutcome> {
  return batchedWrite(db, request.licenseId, (trx) => reserve(trx, request, now));
}

async function reserve(db: Db, request: UsageRequest, now: number): Promise<ReserveOutcome> {
  const { limits, most } = request;
  const taken: Counter[] = [];
  const quota: Quota = [];
  // The licence comes first: its row makes everybody else wait, so that its windows are the newest and hold for its sites and visitors too.
  let windows = windowsAt(now);
  for (const counter of countersOf(request)) {
    const { isCounted, counted } = await take(db, counter, request, windows, now);
    windows = counted.windows;
    const states = quotaOf(counter.scope, limits[counter.scope], counted);
    quota.push(...states);
    if (!isCounted) {
      for (const other of taken) await adjustAmounts(db, other, negative(most), windows, now);
      const exceeded = exceededBy(states, most).at(-1);
      if (!exceeded) throw new Error('a quota refused a request that it has room for');
      return { outcome: 'exhausted', exceeded, quota };
    }
    taken.push(counter);
  }
  return { outcome: 'reserved', reservation: await addRecord(db, request, windows, now), quota };
}

/** Counts the request, first making the counter if it is missing. What is returned is the counter as it stands then. */
async function take(db: Db, counter: Counter, { limits, most }: UsageRequest, windows: Windows, now: number): Promise<{ isCounted: boolean; counted: Counted }> {
  for (;;) {
    const counted = await countAmounts(db, counter, most, limits[counter.scope], windows, now);
    if (counted) return { isCounted: true, counted };
    const uncounted = await findCounted(db, counter);
    if (!uncounted) await insertCounter(db, counter, windows, now);
    else {
      const current = runningWindows(uncounted, windows);
      if (exceededBy(quotaOf(counter.scope, limits[counter.scope], current), most).length > 0) return { isCounted: false, counted: current };
      // Something was given back between the two statements: there is room now.
    }
  }
}

/** The counter as it would be if the windows that are over had begun anew. */
function runningWindows({ windows: counted, used }: Counted, now: Windows): Counted {
  const names = ['hour', 'day', 'month'] as const;
  const isOver = (window: keyof Windows) => counted[window] < now[window];
  return {
    windows: Object.fromEntries(names.map((window) => [window, Math.max(counted[window], now[window])])) as Windows,
    used: Object.fromEntries(names.map((window) => [window, isOver(window) ? { requests: 0, tokens: 0, cost: 0 } : used[window]])) as Counted['used'],
  };
}

/** The counters that a request is counted in, in the order in which their rows are locked. */
export function countersOf({ licenseId, site, visitor }: Pick<UsageRequest, 'licenseId' | 'site' | 'visitor'>): Counter[] {
  return [
    { licenseId, scope: 'license', name: '' },
    ...(site === null ? [] : [{ licenseId, scope: 'site' as const, name: site }]),
    ...(visitor === null ? [] : [{ licenseId, scope: 'visitor' as const, name: visitor }]),
  ];
}

function negative({ requests, tokens, cost }: Amounts): Amounts {
  return { requests: -requests, tokens: -tokens, cost: -cost };
}

async function addRecord(db: Db, request: UsageRequest, windows: Windows, now: number): Promise<Reservation> {
  const { licenseId, site, visitor, provider, model, keySource, most } = request;
  const id = newId();
  await insertRecord(db, {
    id,
    license_id: licenseId,
    site,
    visitor,
    endpoint: request.endpoint,
    provider,
    model,
    asked_model: request.askedModel,
    key_source: keySource,
    charged_requests: most.requests,
    charged_tokens: most.tokens,
    charged_cost_microcents: most.cost,
    is_stream: request.isStream ? 1 : 0,
    hour_start: windows.hour,
    day_start: windows.day,
    month_start: windows.month,
    expires_at: now + request.lifetimeMs,
    created_at: now,
  });
  return { id, licenseId, site, visitor, provider, model, keySource, windows, reserved: most };
}
