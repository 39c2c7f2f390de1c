import type { Activation } from './licenses.store.ts';

/** An activation as pages show it: `display` is what people call it, `fingerprint` undefined where that says it. */
export type PlaceView = Pick<Activation, 'id' | 'kind' | 'version' | 'platform' | 'created_at' | 'last_seen_at'> & { display: string; isSite: boolean; isNamed: boolean; fingerprint: string | undefined };

/** A site by its address; a device by its name, or else its fingerprint. */
export function placeView({ id, site, fingerprint, name, kind, version, platform, created_at, last_seen_at }: Activation): PlaceView {
  return { id, kind, version, platform, created_at, last_seen_at, display: site ?? name ?? fingerprint ?? '', isSite: site !== null, isNamed: name !== null, fingerprint: name === null ? undefined : (fingerprint ?? undefined) };
}
