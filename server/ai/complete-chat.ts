import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import type { LicenseOfCaller } from '../http/license-auth.ts';
import { aiTermsOf } from '../usage/ai-terms.ts';
import type { Quota } from '../usage/quota.rules.ts';
import { saneUsage, type MeteredUsage } from '../usage/token-usage.rules.ts';
import type { ChatMeter } from './chat-meter.ts';
import { meteredCall } from './metered-call.ts';
import type { ChatMessage, FinishReason, Provider, ProviderName } from './provider.ts';
import { chooseProvider } from './providers.ts';
import type { Watch } from './watch.ts';

export type ChatInput = {
  messages: ChatMessage[];
  provider: ProviderName | undefined;
  model: string | undefined;
  temperature: number | undefined;
  maxTokens: number | undefined;
  stream: boolean;
  /** The activated site that asks, if it is known. */
  site: string | null;
  visitor: string | null;
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
  const inputCharacters = () => chat.messages.reduce((sum, { content }) => sum + content.length, 0);
  const { id, meter } = await meteredCall(
    deps,
    { license, limits: (await aiTermsOf(deps.db, license.id)).limits, most: { requests: 1, tokens: 0, cost: 0 }, site: chat.site, visitor: chat.visitor, keySource: 'managed', askedModel: null, endpoint: 'chat', provider: provider.name, title: provider.title, model, isStream: chat.stream, inputCharacters, signal: client.signal, onQuota: (quota) => client.onQuota(quota) },
    (watch, meter, id) => {
      client.onStart({ id, provider: provider.name, model });
      return ask(chat, client, provider, model, watch, meter);
    },
  );
  return { id, provider: provider.name, model: meter.model ?? model, finishReason: meter.finishReason ?? 'stop', usage: saneUsage(meter.usage()) };
}

async function ask(chat: ChatInput, client: ChatClient, provider: Provider, model: string, watch: Watch, meter: ChatMeter): Promise<void> {
  for await (const event of provider.chat({ ...chat, model }, watch.signal)) {
    meter.note(event);
    if (event.type !== 'accepted') watch.heard();
    if (event.type !== 'text') continue;
    const reading = client.onText(event.text);
    if (reading) await watch.whileClientReads(reading);
  }
  // The SDKs end an aborted stream without a word, and a truncated one as well.
  watch.signal.throwIfAborted();
  if (meter.finishReason === undefined) throw new AppError('PROVIDER_FAILED', `${provider.title} broke off its answer. Try again.`, { detail: `${provider.title}: the stream ended without its end marker` });
}
