import type { Db } from '../db/database.ts';
import { newId } from '../ids.ts';
import { adjustAmounts, countAmounts, findCounted, insertCounter, type Counter } from './counters.store.ts';
import type { Amounts, Limits } from './limits.rules.ts';
import { windowsAt, type Windows } from './period.rules.ts';
import { exceededBy, quotaOf, type Counted } from './quota.rules.ts';
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

/** What became of a request: the counters as they stand then, in the order of countersOf. Without an id the last of them has no room, and nothing was taken. */
export type Taken = { id: string | undefined; counted: Counted[] };

/**
 * Takes a request out of every quota of the licence, of the site and of the visitor together, or says which of them has no room. Guarded
 * updates decide, in the transaction (`db`) that writes the ledger row, so that the limits hold across processes.
 */
export async function takeReservation(db: Db, request: UsageRequest, now: number): Promise<Taken> {
  const taken: Counter[] = [];
  const counted: Counted[] = [];
  // The licence comes first: its row makes everybody else wait, so that its windows are the newest and hold for its sites and visitors too.
  let windows = windowsAt(now);
  for (const counter of countersOf(request)) {
    const took = await take(db, counter, request, windows, now);
    windows = took.counted.windows;
    counted.push(took.counted);
    if (!took.isCounted) {
      for (const other of taken) await adjustAmounts(db, other, negative(request.most), windows, now);
      return { id: undefined, counted };
    }
    taken.push(counter);
  }
  return { id: await addRecord(db, request, windows, now), counted };
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

async function addRecord(db: Db, request: UsageRequest, windows: Windows, now: number): Promise<string> {
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
  return id;
}
