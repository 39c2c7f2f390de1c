import type { Quota } from '../usage/quota.rules.ts';
import { saneUsage, type MeteredUsage } from '../usage/token-usage.rules.ts';
import { cachedAttempts } from './cache/cached-attempts.ts';
import type { CatalogDeps } from './catalog/load-catalog.ts';
import type { ChatAnswer } from './chat-answer.ts';
import { chatTargets, completionRequest } from './chat-request.ts';
import type { ChatInput } from './chat-schemas.ts';
import type { Attempt } from './gateway/attempt.ts';
import type { Caller } from './gateway/caller.ts';
import { meteredAnswer } from './gateway/metered-answer.ts';
import { planBounds } from './gateway/plan-bounds.ts';
import { providerOf } from './gateway/target-names.ts';
import { guardRequest } from './guard-rails/guard-request.ts';
import { targetsFor } from './own-keys/targets-for.ts';
import type { FinishReason } from './read-completion.ts';
import { modelsFor } from './visitors/visitor-models.rules.ts';

/** `provider` and `model` are those that have answered. */
export type Completion = { id: string; provider: string; model: string; finishReason: FinishReason; usage: MeteredUsage };

/** The asking side of a chat. */
export type ChatAsker = {
  caller: Caller;
  /** Aborts when the client leaves. */
  signal: AbortSignal;
  /** Called before a provider is asked, also when the quota is exhausted. */
  onQuota: (quota: Quota) => void;
  /** Called before that, where the owner of the licence has the cache on. */
  onCache: (cache: 'hit' | 'miss') => void;
};

/**
 * Asks for a chat as for a chat completion, by the way of the drop-in endpoints, and hands the texts to `answer` as they come.
 * Throws QUOTA_EXHAUSTED, RATE_LIMITED, PROVIDER_*, ClientLeft and what guardRequest throws.
 */
export async function completeChat(deps: CatalogDeps, { caller, signal, onQuota, onCache }: ChatAsker, asked: ChatInput, answer: ChatAnswer): Promise<Completion> {
  const endpoint = 'chat';
  const targets = await targetsFor(deps, caller, (catalog, allowedModels) => {
    // The provider's default is the operator's choice, not the visitor's.
    const models = asked.model === undefined ? allowedModels : modelsFor(caller.visitor, allowedModels, catalog.aliases.keys());
    return chatTargets(catalog, asked, models, deps.now());
  });
  const { body } = await guardRequest(deps, caller, 'openai', { body: { model: asked.model ?? targets[0].model, messages: asked.messages }, bytes: Buffer.from('{}') }, signal);
  const messages = body['messages'] as ChatInput['messages'];
  const bounds = planBounds({ messages, max_tokens: asked.maxTokens }, caller.terms);
  const chat: ChatInput = { ...asked, messages, maxTokens: bounds.maxOutput ?? asked.maxTokens };
  const { attempts, cache, keep } = await cachedAttempts(deps, { caller, endpoint, targets, requestFor: (target) => completionRequest(chat, target), client: answer });
  if (cache !== 'off') onCache(cache);
  const [first, ...others] = attempts;
  const chatAttempts = [chatAttempt(first, answer), ...others.map((attempt) => chatAttempt(attempt, answer))] as const;
  const inputCharacters = () => messages.reduce((sum, { content }) => sum + content.length, 0);
  const { id, meter, last } = await meteredAnswer(deps, { caller, endpoint, askedModel: chat.model, isStream: chat.stream, sizes: bounds, inputCharacters, signal, onQuota }, chatAttempts, answer);
  await keep(last, meter);
  const { provider, model } = meter.answerer ?? { provider: providerOf(targets[0]), model: targets[0].model };
  return { id, provider, model: meter.model ?? model, finishReason: answer.finishReason(), usage: saneUsage(meter.usage()) };
}

function chatAttempt(attempt: Attempt, answer: ChatAnswer): Attempt {
  return {
    ...attempt,
    async run(watch, meter, id) {
      answer.begin(id, attempt.target);
      const last = await attempt.run(watch, meter, id);
      await answer.finish(last, watch);
      return last;
    },
  };
}
