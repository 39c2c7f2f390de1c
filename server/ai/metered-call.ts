import { setTimeout as sleep } from 'node:timers/promises';
import type { Deps } from '../deps.ts';
import { AppError, errorText } from '../errors.ts';
import type { LicenseOfCaller } from '../http/license-auth.ts';
import { exhaustedError } from '../usage/quota-error.ts';
import type { Quota } from '../usage/quota.rules.ts';
import { reserveUsage, type Reservation, type UsageRequest } from '../usage/reserve-usage.ts';
import { settleUsage, type Settlement } from '../usage/settle-usage.ts';
import { noTokens } from '../usage/token-usage.rules.ts';
import { meterChat, type ChatMeter } from './chat-meter.ts';
import { trackChat } from './running-chats.ts';
import { ClientLeft, watchCall, type Watch } from './watch.ts';

/** One call to a provider that is to be metered. */
export type Call = Omit<UsageRequest, 'licenseId' | 'lifetimeMs'> & {
  license: LicenseOfCaller;
  /** Of the provider that is asked first, for people. */
  title: string;
  inputCharacters: () => number;
  /** Aborts when the client leaves. */
  signal: AbortSignal;
  /** Called once, before the provider is: also when the quota is exhausted. */
  onQuota(quota: Quota): void;
};
/** Asks the provider: tells the meter what comes, and throws for whatever does not end well. `id` is that of the ledger row. */
export type Run = (watch: Watch, meter: ChatMeter, id: string) => Promise<void>;

type CallDeps = Pick<Deps, 'config' | 'db' | 'log' | 'now'>;
/** `wasAsked`: the provider was called, so it may have worked. */
type Failure = { error: unknown; wasAsked: boolean };

// After the longest call: time for a settlement that has to be repeated.
const settlementGraceMs = 120_000;
const settlementAttempts = 6;

/**
 * Takes a request out of the quota, makes the call under the time limits, and settles what was used exactly once, however it ends.
 * No database transaction is open during the call. Throws QUOTA_EXHAUSTED, RATE_LIMITED, PROVIDER_TIMEOUT, ClientLeft and what `run` throws.
 */
export function meteredCall(deps: CallDeps, call: Call, run: Run): Promise<{ id: string; meter: ChatMeter }> {
  return trackChat(deps.db, reserveAndRun(deps, call, run));
}

async function reserveAndRun(deps: CallDeps, call: Call, run: Run): Promise<{ id: string; meter: ChatMeter }> {
  const { db, config, now } = deps;
  const reserved = await reserveUsage(db, { ...call, licenseId: call.license.id, lifetimeMs: config.AI_MAX_DURATION_MS + settlementGraceMs }, now());
  call.onQuota(reserved.quota);
  if (reserved.outcome === 'exhausted') throw exhaustedError(reserved.exceeded, call.most, now());
  const { reservation } = reserved;
  const meter = meterChat(call.inputCharacters);
  const failure = await watched(deps, call, (watch) => run(watch, meter, reservation.id));
  await settleForSure(deps, reservation, settlementOf(meter, failure, call.signal));
  if (failure) throw failure.error;
  return { id: reservation.id, meter };
}

async function watched(deps: Pick<Deps, 'config'>, call: Pick<Call, 'signal' | 'isStream' | 'title'>, run: (watch: Watch) => Promise<void>): Promise<Failure | undefined> {
  const { AI_FIRST_BYTE_TIMEOUT_MS, AI_IDLE_TIMEOUT_MS: idleMs, AI_MAX_DURATION_MS: maxMs } = deps.config;
  if (call.signal.aborted) return { error: new ClientLeft('the client left before the provider was asked'), wasAsked: false };
  const watch = watchCall(call.signal, { firstByteMs: call.isStream ? AI_FIRST_BYTE_TIMEOUT_MS : maxMs, idleMs, maxMs }, call.title);
  try {
    await run(watch);
    return undefined;
  } catch (error) {
    return { error: watch.signal().aborted ? watch.signal().reason : error, wasAsked: true };
  } finally {
    watch.stop();
  }
}

/** A call under the same time limits that costs nothing. Throws PROVIDER_TIMEOUT, ClientLeft and what `run` throws. */
export async function freeCall(deps: Pick<Deps, 'config'>, call: Pick<Call, 'signal' | 'isStream' | 'title'>, run: (watch: Watch) => Promise<void>): Promise<void> {
  const failure = await watched(deps, call, run);
  if (failure) throw failure.error;
}

/** A provider that failed before any output costs nothing. A client that left, or an answer that broke off, costs what was used until then. */
function settlementOf(meter: ChatMeter, failure: Failure | undefined, client: AbortSignal): Settlement {
  const hasLeft = failure !== undefined && (failure.error instanceof ClientLeft || client.aborted);
  const isCharged = failure === undefined || (hasLeft ? failure.wasAsked : meter.outputCharacters > 0);
  const usage = isCharged ? meter.usage() : noTokens;
  const { answerer, serviceTier } = meter;
  const cost = isCharged ? answerer?.costOf(usage, serviceTier) : undefined;
  return {
    status: failure === undefined ? 'completed' : hasLeft ? 'aborted' : 'failed',
    isCharged, usage, serviceTier,
    costMicrocents: cost?.microcents,
    priceVersion: cost?.version,
    provider: answerer?.provider,
    model: meter.model ?? answerer?.model,
    keySource: answerer?.keySource,
    isCached: meter.isCached,
    firstByteMs: meter.firstByteMs,
    totalMs: meter.elapsedMs(),
    providerRequestId: meter.requestId,
    errorCode: failure === undefined ? undefined : hasLeft ? 'CLIENT_LEFT' : failure.error instanceof AppError ? failure.error.code : 'INTERNAL',
  };
}

/** Repeats a settlement while the database is away: it takes effect once, and what it records is lost if nobody writes it. */
async function settleForSure({ db, log, now }: CallDeps, reservation: Reservation, settlement: Settlement): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const settled = await settleUsage(db, reservation, settlement, now());
      if (!settled) log.warn({ license_id: reservation.licenseId, reason: settlement.status, attempt }, 'a reservation had been settled before');
      return;
    } catch (error) {
      if (attempt === settlementAttempts) throw error;
      log.warn({ license_id: reservation.licenseId, detail: errorText(error), attempt }, 'a settlement will be repeated');
      await sleep(100 * 2 ** attempt);
    }
  }
}
