import type { Quota } from '../../usage/quota.rules.ts';
import type { CatalogDeps } from '../catalog/load-catalog.ts';
import type { ChatMeter } from '../chat-meter.ts';
import { limitsUnit, noAmounts } from '../../usage/limits.rules.ts';
import type { Sizes } from '../catalog/cost.rules.ts';
import { highestCostOfTarget } from '../catalog/resolve-targets.ts';
import { meteredCall, type Call } from '../metered-call.ts';
import { countedFor, keySourceOf } from '../own-keys/targets-for.ts';
import type { Watch } from '../watch.ts';
import type { Attempt } from './attempt.ts';
import type { Caller } from './caller.ts';
import type { ClientAnswer } from './client-answer.ts';
import { assertSomebodyAnswers, firstAnswer } from './fallback.ts';
import { providerOf, titleOf } from './target-names.ts';

/** One question to a model, which several targets may be asked. */
export type Question = {
  caller: Caller;
  /** As the ledger names it. */
  endpoint: string;
  /** As the client named the model, if it did. */
  askedModel: string | undefined;
  isStream: boolean;
  /** The largest that input and answer can be. */
  sizes: Sizes;
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
export async function meteredAnswer(deps: CatalogDeps, { caller: { license, site, visitor, terms }, askedModel, sizes, ...question }: Question, attempts: readonly [Attempt, ...Attempt[]], client: ClientAnswer): Promise<{ id: string; meter: ChatMeter; last: Buffer | string }> {
  const [{ target: first, isCached = false }] = attempts;
  if (!isCached) assertSomebodyAnswers(attempts, deps.now());
  const { limits } = terms;
  const most = isCached ? { ...noAmounts, requests: 1 } : {
    requests: 1,
    tokens: limitsUnit(limits, 'tokens') ? sizes.input + sizes.output : 0,
    cost: limitsUnit(limits, 'cost') ? Math.max(...attempts.map(({ target }) => highestCostOfTarget(target, sizes))) : 0,
  };
  const call: Call = {
    ...question, license, site, visitor, ...countedFor(first, terms, most),
    provider: providerOf(first), keySource: keySourceOf(first), title: titleOf(first), model: first.model, askedModel: askedModel === undefined || askedModel === first.model ? null : askedModel,
  };
  let last: Buffer | string = '';
  const { id, meter } = await meteredCall(deps, call, async (watch, meter, id) => {
    last = isCached ? await cachedAnswer(attempts[0], watch, meter, id) : await firstAnswer(deps, attempts, client, watch, meter, id);
  });
  return { id, meter, last };
}

/** An answer that is there already: it comes from nobody, uses nothing and costs nothing. */
function cachedAnswer({ target, run }: Attempt, watch: Watch, meter: ChatMeter, id: string): Promise<Buffer | string> {
  meter.begin({ provider: providerOf(target), model: target.model, keySource: keySourceOf(target), costOf: () => ({ microcents: 0, version: undefined }) });
  return run(watch, meter, id);
}
