import { setTimeout as sleep } from 'node:timers/promises';
import type { Deps } from '../deps.ts';
import { AppError, errorText } from '../errors.ts';
import type { LicenseOfCaller } from '../http/license-auth.ts';
import { secondsUntilReset, type Quota } from '../usage/quota.rules.ts';
import { reserveUsage, type Reservation } from '../usage/reserve-usage.ts';
import { settleUsage, type Settlement } from '../usage/settle-usage.ts';
import { noTokens, saneUsage, type MeteredUsage } from '../usage/token-usage.rules.ts';
import { meterChat, type ChatMeter } from './chat-meter.ts';
import type { ChatMessage, FinishReason, Provider, ProviderName } from './provider.ts';
import { chooseProvider } from './providers.ts';
import { trackChat } from './running-chats.ts';
import { ClientLeft, watchCall } from './watch.ts';

export type ChatInput = {
  messages: ChatMessage[];
  provider: ProviderName | undefined;
  model: string | undefined;
  temperature: number | undefined;
  maxTokens: number | undefined;
  stream: boolean;
  /** The activated site that asks, if it is known. */
  site: string | null;
};

/** The asking side. `onText` returns a promise when it cannot take more for now. */
export type ChatClient = {
  signal: AbortSignal;
  /** Called once, before the provider is: also when the quota is exhausted. */
  onQuota(quota: Quota): void;
  onStart(start: { id: string; provider: ProviderName; model: string }): void;
  onText(text: string): Promise<void> | undefined;
};

export type Completion = { id: string; provider: ProviderName; model: string; finishReason: FinishReason; usage: MeteredUsage };

type ChatDeps = Pick<Deps, 'config' | 'db' | 'log' | 'now'>;
// After the longest call: time for a settlement that has to be repeated.
const settlementGraceMs = 120_000;
const settlementAttempts = 6;

/**
 * Takes a request out of the quota, asks the provider, hands every piece of text to the client as it comes, and settles what was used
 * exactly once, however it ends. No database transaction is open while the provider is at work.
 * Throws QUOTA_EXHAUSTED, RATE_LIMITED, PROVIDER_* and ClientLeft.
 */
export async function completeChat(deps: ChatDeps, license: LicenseOfCaller, chat: ChatInput, client: ChatClient): Promise<Completion> {
  const provider = chooseProvider(deps.config, chat.provider);
  const model = provider.name === 'demo' ? 'demo' : (chat.model ?? provider.defaultModel);
  if (model === undefined) {
    throw new AppError('INVALID_REQUEST', `body.model: name the model; this server has no default for ${provider.name} (its operator can set one with ${provider.modelVariable})`, { field: 'body.model' });
  }
  return trackChat(deps.db, reserveAndAsk(deps, license, chat, client, provider, model));
}

async function reserveAndAsk(deps: ChatDeps, license: LicenseOfCaller, chat: ChatInput, client: ChatClient, provider: Provider, model: string): Promise<Completion> {
  const { db, config, now } = deps;
  const lifetimeMs = config.AI_MAX_DURATION_MS + settlementGraceMs;
  const reserved = await reserveUsage(db, { license, site: chat.site, endpoint: 'chat', provider: provider.name, model, isStream: chat.stream, lifetimeMs }, now());
  client.onQuota(reserved.quota);
  if (reserved.outcome === 'exhausted') throw exhaustedError(reserved.window, reserved.quota, now());
  const { reservation } = reserved;
  const meter = meterChat(chat.messages);
  const failure = await ask(deps, chat, client, provider, model, reservation, meter);
  await settleForSure(deps, reservation, settlementOf(meter, failure, client));
  if (failure) throw failure.error;
  return { id: reservation.id, provider: provider.name, model: meter.model ?? model, finishReason: meter.finishReason ?? 'stop', usage: saneUsage(meter.usage()) };
}

/** `wasAsked`: the provider was called, so it may have worked. */
type Failure = { error: unknown; wasAsked: boolean };

async function ask({ config }: ChatDeps, chat: ChatInput, client: ChatClient, provider: Provider, model: string, { id }: Reservation, meter: ChatMeter): Promise<Failure | undefined> {
  if (client.signal.aborted) return { error: new ClientLeft('the client left before the provider was asked'), wasAsked: false };
  const limits = { firstByteMs: chat.stream ? config.AI_FIRST_BYTE_TIMEOUT_MS : config.AI_MAX_DURATION_MS, idleMs: config.AI_IDLE_TIMEOUT_MS, maxMs: config.AI_MAX_DURATION_MS };
  const watch = watchCall(client.signal, limits, provider.title);
  try {
    client.onStart({ id, provider: provider.name, model });
    for await (const event of provider.chat({ ...chat, model }, watch.signal)) {
      meter.note(event);
      if (event.type !== 'accepted') watch.heard();
      if (event.type !== 'text') continue;
      const reading = client.onText(event.text);
      if (reading) await watch.whileClientReads(reading);
    }
    // The SDKs end an aborted stream without a word, and a truncated one as well.
    watch.signal.throwIfAborted();
    if (meter.finishReason !== undefined) return undefined;
    throw new AppError('PROVIDER_FAILED', `${provider.title} broke off its answer. Try again.`, { detail: `${provider.title}: the stream ended without its end marker` });
  } catch (error) {
    return { error: watch.signal.aborted ? watch.signal.reason : error, wasAsked: true };
  } finally {
    watch.stop();
  }
}

/** A provider that failed before any output costs nothing. A client that left, or an answer that broke off, costs what was used until then. */
function settlementOf(meter: ChatMeter, failure: Failure | undefined, client: ChatClient): Settlement {
  const common = { usage: meter.usage(), model: meter.model, firstByteMs: meter.firstByteMs, totalMs: meter.elapsedMs(), providerRequestId: meter.requestId };
  if (!failure) return { ...common, status: 'completed', isCharged: true };
  if (failure.error instanceof ClientLeft || client.signal.aborted) {
    return { ...common, status: 'aborted', isCharged: failure.wasAsked, errorCode: 'CLIENT_LEFT', ...(failure.wasAsked ? {} : { usage: noTokens }) };
  }
  const isCharged = meter.outputCharacters > 0;
  return { ...common, status: 'failed', isCharged, errorCode: failure.error instanceof AppError ? failure.error.code : 'INTERNAL', ...(isCharged ? {} : { usage: noTokens }) };
}

/** Repeats a settlement while the database is away: it takes effect once, and what it records is lost if nobody writes it. */
async function settleForSure({ db, log, now }: ChatDeps, reservation: Reservation, settlement: Settlement): Promise<void> {
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

function exhaustedError(window: 'month' | 'hour', quota: Quota, now: number): AppError {
  const { limit, resetsAt } = quota[window];
  const retryAfterSeconds = secondsUntilReset(quota[window], now);
  const when = new Date(resetsAt).toISOString().slice(0, 16).replace('T', ' ');
  return window === 'month'
    ? new AppError('QUOTA_EXHAUSTED', `All ${limit} AI requests of this month are used. The quota starts anew on ${when} UTC; a larger plan has more.`, { retryAfterSeconds })
    : new AppError('RATE_LIMITED', `All ${limit} AI requests of this hour are used. Try again at ${when} UTC.`, { retryAfterSeconds });
}
