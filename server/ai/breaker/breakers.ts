import type { Upstream } from '../gateway/upstreams.ts';
import { abandoned, admit, closedBreaker, failed, retryAtOf, stateOf, succeeded, type Breaker, type BreakerState } from './breaker.rules.ts';

/** One call that the circuit breaker has let through. One of the last three is to be called when it has ended. */
export type Passage = {
  /** The provider works: said at its first progress, so that a long answer does not keep others waiting. */
  progressed(): void;
  succeeded(): void;
  /** By the fault of the provider. `code` is that of the error. */
  failed(code: string): void;
  /** Nothing was found out: the client left. */
  abandoned(): void;
};

/** A provider's health as people and monitors see it. Times in epoch ms. */
export type ProviderState = { name: string; title: string; state: BreakerState; failures: number; openedAt: number | undefined; retryAt: number | undefined; lastError: string | undefined };

// In the memory of this process: each finds out for itself, and a restart begins anew. So does a provider whose address or key was changed, and a customer's own key opens nobody else's circuit.
const breakers = new WeakMap<Upstream, Breaker>();

/** Asks to make a call to this provider now. Undefined when its circuit is open. */
export function enter(upstream: Upstream, now: () => number): Passage | undefined {
  const read = () => breakers.get(upstream) ?? closedBreaker;
  const write = (breaker: Breaker) => void breakers.set(upstream, breaker);
  const { admission, breaker } = admit(read(), now());
  if (admission === 'refused') return undefined;
  write(breaker);
  let isProbe = admission === 'probe';
  return {
    progressed() {
      if (isProbe) write(succeeded(read(), true, now()));
      isProbe = false;
    },
    succeeded: () => write(succeeded(read(), isProbe, now())),
    failed: (code) => write(failed(read(), isProbe, code, now())),
    abandoned: () => write(abandoned(read(), isProbe)),
  };
}

/** When (epoch ms) this provider is asked again; undefined if it may be asked now. */
export function retryAt(upstream: Upstream, now: number): number | undefined {
  return retryAtOf(breakers.get(upstream) ?? closedBreaker, now);
}

/** How these providers are, by what this process has seen of them. `now` in epoch ms. */
export function providerStates(upstreams: readonly Upstream[], now: number): ProviderState[] {
  return upstreams.map((upstream) => {
    const breaker = breakers.get(upstream) ?? closedBreaker;
    return { name: upstream.name, title: upstream.face.title, state: stateOf(breaker, now), failures: breaker.failures, openedAt: breaker.opening?.openedAt, retryAt: breaker.opening?.retryAt, lastError: breaker.lastError };
  });
}
