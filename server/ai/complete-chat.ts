import { aiTermsOf } from '../usage/ai-terms.ts';
import type { Quota } from '../usage/quota.rules.ts';
import { saneUsage, type MeteredUsage } from '../usage/token-usage.rules.ts';
import { loadCatalog, type CatalogDeps } from './catalog/load-catalog.ts';
import type { Target } from './catalog/resolve-targets.ts';
import type { ChatAnswer } from './chat-answer.ts';
import { chatTargets, completionRequest } from './chat-request.ts';
import type { ChatInput } from './chat-schemas.ts';
import { attemptOf, type Attempt } from './gateway/attempt.ts';
import type { Caller } from './gateway/caller.ts';
import { attemptsOf } from './gateway/fallback.ts';
import { meteredAnswer } from './gateway/metered-answer.ts';
import { providerOf } from './gateway/target-names.ts';
import type { FinishReason } from './read-completion.ts';

/** `provider` and `model` are those that have answered. */
export type Completion = { id: string; provider: string; model: string; finishReason: FinishReason; usage: MeteredUsage };

/**
 * Asks for a chat as for a chat completion, by the way of the drop-in endpoints, and hands the texts to `answer` as they come. `signal`
 * aborts when the client leaves; `onQuota` is called before a provider is asked, also when the quota is exhausted.
 * Throws QUOTA_EXHAUSTED, RATE_LIMITED, PROVIDER_* and ClientLeft.
 */
export async function completeChat(deps: CatalogDeps, caller: Caller, chat: ChatInput, answer: ChatAnswer, signal: AbortSignal, onQuota: (quota: Quota) => void): Promise<Completion> {
  const terms = await aiTermsOf(deps.db, caller.license.id);
  const targets = chatTargets(await loadCatalog(deps), chat, terms.allowedModels, deps.now());
  const attempts = attemptsOf(targets, (target) => chatAttempt(chat, target, answer, deps.now));
  const inputCharacters = () => chat.messages.reduce((sum, { content }) => sum + content.length, 0);
  const { id, meter } = await meteredAnswer(deps, { caller, terms, endpoint: 'chat', askedModel: chat.model, isStream: chat.stream, inputCharacters, signal, onQuota }, attempts, answer);
  const { provider, model } = meter.answerer ?? { provider: providerOf(targets[0]), model: targets[0].model };
  return { id, provider, model: meter.model ?? model, finishReason: answer.finishReason(), usage: saneUsage(meter.usage()) };
}

function chatAttempt(chat: ChatInput, target: Target, answer: ChatAnswer, now: () => number): Attempt {
  const { run } = attemptOf(completionRequest(chat, target), target, answer, now);
  return {
    target,
    async run(watch, meter, id) {
      answer.begin(id, target);
      const last = await run(watch, meter, id);
      await answer.finish(last, watch);
      return last;
    },
  };
}
