import type { Target } from '../catalog/resolve-targets.ts';

/** The target's provider, as the ledger names it. */
export function providerOf({ upstream }: Target): string {
  return upstream?.name ?? 'demo';
}

/** The target's provider, for people. */
export function titleOf({ upstream }: Target): string {
  return upstream?.face.title ?? 'The demo provider';
}
