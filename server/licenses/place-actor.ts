import type { Actor } from '../audit/record-audit.ts';
import type { Site } from './site.rules.ts';

/** Who asks, of a request with a licence key: the site that it names. */
export function siteActor(site: Site | undefined): Actor {
  return { actor: site ? `site:${site.site}`.slice(0, 190) : 'site' };
}

/** The same of a request that names a device. */
export function deviceActor(fingerprint: string): Actor {
  return { actor: `device:${fingerprint}`.slice(0, 190) };
}
