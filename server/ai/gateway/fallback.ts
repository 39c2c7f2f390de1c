import type { Deps } from '../../deps.ts';
import { AppError, errorText } from '../../errors.ts';
import { enter, retryAt, type Passage } from '../breaker/breakers.ts';
import { costOfAnswer, type Target, type Targets } from '../catalog/resolve-targets.ts';
import type { Answerer, ChatMeter } from '../chat-meter.ts';
import { keySourceOf } from '../own-keys/targets-for.ts';
import type { Watch } from '../watch.ts';
import type { Attempt } from './attempt.ts';
import type { ClientAnswer } from './client-answer.ts';
import { isProvidersFault } from './fallback.rules.ts';
import { providerOf, titleOf } from './target-names.ts';

type FallbackDeps = Pick<Deps, 'now' | 'log'>;

/** The attempts that can be made, in order. A target that has no words for the request is left out; when none is left, throws what the first one lacks. */
export function attemptsOf(targets: Targets, prepare: (target: Target) => Attempt): [Attempt, ...Attempt[]] {
  const attempts: Attempt[] = [];
  let lack: unknown;
  for (const target of targets) {
    try {
      attempts.push(prepare(target));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      lack ??= error;
    }
  }
  const [first, ...others] = attempts;
  if (!first) throw lack;
  return [first, ...others];
}

/** Throws PROVIDER_UNAVAILABLE when nobody may be asked now (epoch ms): before anything is written. */
export function assertSomebodyAnswers(attempts: readonly Attempt[], now: number): void {
  if (attempts.every(({ target }) => pausedUntil(target, now) !== undefined)) throw nobodyAnswers(attempts, now);
}

/**
 * Makes the attempts in their order until one succeeds, and resolves with its last bytes. The next one is made only while nothing has
 * reached the client, and only when the last failed by the fault of its provider. Throws what the last attempt threw.
 */
export async function firstAnswer(deps: FallbackDeps, attempts: readonly Attempt[], client: ClientAnswer, watch: Watch, meter: ChatMeter, id: string): Promise<Buffer | string> {
  let failure: unknown;
  for (const { target, run } of attempts) {
    let passage: Passage | undefined;
    watch.begin(titleOf(target), () => passage?.progressed());
    const guarded = guardedUpstream(target);
    passage = guarded && enter(guarded, deps.now);
    if (guarded && !passage) continue;
    if (failure !== undefined) deps.log.warn({ provider: providerOf(target), detail: errorText(failure) }, 'a provider failed; the next one is asked');
    meter.begin(answererOf(target, meter));
    try {
      const last = await run(watch, meter, id);
      passage?.succeeded();
      return last;
    } catch (error) {
      failure = watch.signal().aborted ? watch.signal().reason : error;
      const code = failure instanceof AppError ? failure.code : undefined;
      if (isProvidersFault(code)) passage?.failed(code as string);
      else if (code === undefined) passage?.abandoned();
      else passage?.succeeded();
      if (client.hasBegun() || !isProvidersFault(code)) throw failure;
    }
  }
  throw failure ?? nobodyAnswers(attempts, deps.now());
}

/** Whose health the circuit breaker watches. A customer's key or server says nothing about the provider, and is asked whatever that one does. */
function guardedUpstream({ upstream }: Target): Target['upstream'] {
  return upstream?.source === 'customer' ? undefined : upstream;
}

function pausedUntil(target: Target, now: number): number | undefined {
  const guarded = guardedUpstream(target);
  return guarded && retryAt(guarded, now);
}

function answererOf(target: Target, meter: ChatMeter): Answerer {
  return { provider: providerOf(target), model: target.model, keySource: keySourceOf(target), costOf: (usage, serviceTier) => costOfAnswer(target, usage, { model: meter.model, serviceTier }) };
}

function nobodyAnswers(attempts: readonly Attempt[], now: number): AppError {
  const times = attempts.map(({ target }) => pausedUntil(target, now) ?? now);
  const seconds = Math.max(1, Math.ceil((Math.min(...times) - now) / 1000));
  const titles = [...new Set(attempts.map(({ target }) => titleOf(target)))].join(' and ');
  return new AppError('PROVIDER_UNAVAILABLE', `${titles} failed several times in a row and is not asked just now. Try again in ${seconds} s.`, { retryAfterSeconds: seconds, detail: 'the circuit breaker is open' });
}
