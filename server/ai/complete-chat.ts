import type { Deps } from '../deps.ts';
import type { Quota } from '../usage/quota.rules.ts';
import { saneUsage, type MeteredUsage } from '../usage/token-usage.rules.ts';
import type { ChatAnswer } from './chat-answer.ts';
import { chatTargets, completionRequest } from './chat-request.ts';
import type { ChatInput } from './chat-schemas.ts';
import { attemptOf, type Attempt } from './gateway/attempt.ts';
import type { Caller } from './gateway/caller.ts';
import { assertSomebodyAnswers, attemptsOf, firstAnswer } from './gateway/fallback.ts';
import { titleOf, type Target } from './gateway/targets.ts';
import { meteredCall } from './metered-call.ts';
import type { FinishReason } from './read-completion.ts';

/** `provider` and `model` are those that have answered. */
export type Completion = { id: string; provider: string; model: string; finishReason: FinishReason; usage: MeteredUsage };
type ChatDeps = Pick<Deps, 'config' | 'db' | 'log' | 'now'>;

/**
 * Asks for a chat as for a chat completion, by the way of the drop-in endpoints, and hands the texts to `answer` as they come. `signal`
 * aborts when the client leaves; `onQuota` is called before a provider is asked, also when the quota is exhausted.
 * Throws QUOTA_EXHAUSTED, RATE_LIMITED, PROVIDER_* and ClientLeft.
 */
export async function completeChat(deps: ChatDeps, caller: Caller, chat: ChatInput, answer: ChatAnswer, signal: AbortSignal, onQuota: (quota: Quota) => void): Promise<Completion> {
  const targets = chatTargets(deps.config, chat);
  const attempts = attemptsOf(targets, (target) => chatAttempt(chat, target, answer, deps.now));
  assertSomebodyAnswers(deps, attempts);
  const [first] = targets;
  const inputCharacters = () => chat.messages.reduce((sum, { content }) => sum + content.length, 0);
  const call = { ...caller, endpoint: 'chat', provider: first.provider, title: titleOf(first), model: first.model, askedModel: chat.model, isStream: chat.stream, inputCharacters, signal, onQuota };
  const { id, meter } = await meteredCall(deps, call, async (watch, meter, id) => {
    await firstAnswer(deps, attempts, answer, watch, meter, id);
  });
  const asked = meter.target ?? first;
  return { id, provider: asked.provider, model: meter.model ?? asked.model, finishReason: answer.finishReason(), usage: saneUsage(meter.usage()) };
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
