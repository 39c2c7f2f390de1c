import type { Deps } from '../../deps.ts';
import type { Db } from '../../db/database.ts';
import { abandoned, admit, closedBreaker, failed, retryAtOf, stateOf, succeeded, type Breaker, type BreakerState } from './breaker.rules.ts';

type BreakerDeps = Pick<Deps, 'db' | 'now'>;
type Asked = { name: string; title: string };

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

/** A provider's health as people and monitors see it. */
export type ProviderState = Asked & { state: BreakerState; failures: number; openedAt: number | undefined; retryAt: number | undefined; lastError: string | undefined };

// In the memory of this process: each finds out for itself, and a restart begins anew.
const breakersOf = new WeakMap<Db, Map<string, Breaker>>();

/** Asks to make a call to this provider now. Undefined when its circuit is open. */
export function enter({ db, now }: BreakerDeps, name: string): Passage | undefined {
  const breakers = breakersOf.get(db) ?? new Map<string, Breaker>();
  breakersOf.set(db, breakers);
  const read = () => breakers.get(name) ?? closedBreaker;
  const { admission, breaker } = admit(read(), now());
  if (admission === 'refused') return undefined;
  breakers.set(name, breaker);
  let isProbe = admission === 'probe';
  return {
    progressed() {
      if (!isProbe) return;
      breakers.set(name, succeeded(read(), true, now()));
      isProbe = false;
    },
    succeeded: () => void breakers.set(name, succeeded(read(), isProbe, now())),
    failed: (code) => void breakers.set(name, failed(read(), isProbe, code, now())),
    abandoned: () => void breakers.set(name, abandoned(read(), isProbe)),
  };
}

/** When (epoch ms) this provider is asked again; undefined if it may be asked now. */
export function retryAt({ db, now }: BreakerDeps, name: string): number | undefined {
  const breaker = breakersOf.get(db)?.get(name);
  return breaker && retryAtOf(breaker, now());
}

/** How these providers are, by what this process has seen of them since it started. */
export function providerStates({ db, now }: BreakerDeps, providers: readonly Asked[]): ProviderState[] {
  return providers.map(({ name, title }) => {
    const breaker = breakersOf.get(db)?.get(name) ?? closedBreaker;
    return { name, title, state: stateOf(breaker, now()), failures: breaker.failures, openedAt: breaker.opening?.openedAt, retryAt: breaker.opening?.retryAt, lastError: breaker.lastError };
  });
}

/** Forgets what was seen of a provider, when its address or key has changed. */
export function forgetProvider(db: Db, name: string): void {
  breakersOf.get(db)?.delete(name);
}
