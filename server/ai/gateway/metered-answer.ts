import type { AiTerms } from '../../usage/ai-terms.ts';
import type { Quota } from '../../usage/quota.rules.ts';
import type { CatalogDeps } from '../catalog/load-catalog.ts';
import type { ChatMeter } from '../chat-meter.ts';
import { meteredCall, type Call } from '../metered-call.ts';
import type { Attempt } from './attempt.ts';
import type { Caller } from './caller.ts';
import type { ClientAnswer } from './client-answer.ts';
import { assertSomebodyAnswers, firstAnswer } from './fallback.ts';
import { providerOf, titleOf } from './target-names.ts';

/** One question to a model, which several targets may be asked. */
export type Question = {
  caller: Caller;
  terms: AiTerms;
  /** As the ledger names it. */
  endpoint: string;
  /** As the client named the model, if it did. */
  askedModel: string | undefined;
  isStream: boolean;
  inputCharacters: () => number;
  /** Aborts when the client leaves. */
  signal: AbortSignal;
  /** Called once, before a provider is asked: also when the quota is exhausted. */
  onQuota: (quota: Quota) => void;
};

/**
 * Takes the question out of the quota, makes the attempts in their order until one succeeds, and settles what was used once, under the name of the
 * provider that was asked last. Resolves with the last bytes, to be sent now. Throws what meteredCall and firstAnswer throw, and
 * PROVIDER_UNAVAILABLE, before anything is written, when no target may be asked now.
 */
export async function meteredAnswer(deps: CatalogDeps, { terms, caller, askedModel, ...question }: Question, attempts: readonly [Attempt, ...Attempt[]], client: ClientAnswer): Promise<{ id: string; meter: ChatMeter; last: Buffer | string }> {
  assertSomebodyAnswers(deps, attempts);
  const [{ target: first }] = attempts;
  const call: Call = {
    ...question, ...caller, visitor: null, limits: terms.limits, most: { requests: 1, tokens: 0, cost: 0 },
    provider: providerOf(first), keySource: 'managed', title: titleOf(first), model: first.model, askedModel: askedModel === undefined || askedModel === first.model ? null : askedModel,
  };
  let last: Buffer | string = '';
  const { id, meter } = await meteredCall(deps, call, async (watch, meter, id) => {
    last = await firstAnswer(deps, attempts, client, watch, meter, id);
  });
  return { id, meter, last };
}
