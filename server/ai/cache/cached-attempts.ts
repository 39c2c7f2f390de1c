import type { Deps } from '../../deps.ts';
import type { Target, Targets } from '../catalog/resolve-targets.ts';
import type { ChatMeter } from '../chat-meter.ts';
import { attemptOf, type Attempt, type ModelRequest } from '../gateway/attempt.ts';
import type { Caller } from '../gateway/caller.ts';
import { eventHeaders, type ClientAnswer } from '../gateway/client-answer.ts';
import { attemptsOf } from '../gateway/fallback.ts';
import { providerOf } from '../gateway/target-names.ts';
import { noTokens } from '../../usage/token-usage.rules.ts';
import { recordAnswer, type KeptAnswer } from './record-answer.ts';
import { cacheDigest, findAnswer, keepAnswer, type CachePlace } from './response-cache.ts';

/** Says whether an answer was made anew: `hit` or `miss`; absent where the cache is off. */
export const cacheHeader = 'x-chatello-cache';

type CacheDeps = Pick<Deps, 'db' | 'vault' | 'log' | 'now'>;
/** What is to be answered. `requestFor` makes the request for a target. */
export type ToAnswer = { caller: Caller; endpoint: string; targets: Targets; requestFor: (target: Target) => ModelRequest; client: ClientAnswer };
export type Prepared = {
  attempts: [Attempt, ...Attempt[]];
  /** Whether the answer was kept from an earlier request, or is looked for in the cache at all. */
  cache: 'hit' | 'miss' | 'off';
  /** Keeps the answer, given its last bytes, if the owner of the licence wants that. */
  keep: (last: Buffer | string, meter: ChatMeter) => Promise<void>;
};

/**
 * The attempts to answer a request. Where the owner of the licence has switched the cache on and the same request has been answered before,
 * the one attempt gives that answer again: nobody is asked, nothing is used. Everybody whom the licence answers gets the same: an answer depends on the bytes of the request alone.
 */
export async function cachedAttempts(deps: CacheDeps, { caller, endpoint, targets, requestFor, client }: ToAnswer): Promise<Prepared> {
  const { settings: { cacheSeconds }, license } = caller;
  const attemptsOn = (on: ClientAnswer) => attemptsOf(targets, (target) => attemptOf(requestFor(target), target, on, deps.now));
  const recorder = cacheSeconds > 0 ? recordAnswer(client) : undefined;
  const attempts = attemptsOn(recorder?.client ?? client);
  const [{ target }] = attempts;
  if (!recorder || !target.upstream) return { attempts, cache: 'off', keep: async () => undefined };
  const request = requestFor(target);
  const [provider, model] = [providerOf(target), target.model];
  const place: CachePlace = { licenseId: license.id, digest: cacheDigest(deps.vault, license.id, { ...request, endpoint, protocol: request.caller, provider, model }), provider, model, seconds: cacheSeconds };
  const kept = await findAnswer(deps, place);
  if (kept) return { attempts: [{ target, isCached: true, run: async (_watch, meter) => replay(kept, meter, client) }], cache: 'hit', keep: async () => undefined };
  return {
    attempts, cache: 'miss',
    async keep(last, { answerer }) {
      const answer = answerer?.provider === provider && answerer.model === model ? recorder.answer(last) : undefined;
      if (answer) await keepAnswer(deps, place, answer);
    },
  };
}

/** A stream comes again as a stream, though in one piece. */
function replay({ contentType, bytes }: KeptAnswer, meter: ChatMeter, client: ClientAnswer): Buffer {
  meter.isCached = true;
  meter.note({ type: 'metered', usage: { ...noTokens, isExact: true } });
  client.head(200, contentType.toLowerCase().startsWith('text/event-stream') ? { ...eventHeaders, 'Content-Type': contentType } : { 'Content-Type': contentType });
  return bytes;
}
