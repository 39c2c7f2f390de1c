import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { provesActivation } from './activation-secret.ts';
import { isHostActivated, listActivationsOfHost, type ActivationOfHost } from './hosts.store.ts';
import { kindsAt, parseOrigin, type Origin } from './origin.rules.ts';

/** Whether pages of this origin belong to a site that some licence is activated on. */
export async function isActivatedOrigin(db: Db, text: string): Promise<boolean> {
  const origin = parseOrigin(text);
  return origin?.origin === text && (await isHostActivated(db, origin.host.site, kindsAt(origin)));
}

/**
 * The activation to which pages of this origin belong: that of the host, or the one in a folder of it. `site` chooses where there are several.
 * Throws SITE_NOT_ACTIVATED, also where `secret` (what is kept of the one that was shown) is not that of the activation, and INVALID_REQUEST that asks for `domain` where it takes that to choose, or that says to use https.
 */
export async function activationOfOrigin(db: Db, licenseId: string, origin: Origin, { site, secret }: { site: string | undefined; secret: Uint8Array | undefined }): Promise<ActivationOfHost> {
  const found = await listActivationsOfHost(db, licenseId, origin.host.site);
  const [first, second] = found;
  const chosen = site === undefined ? (found.find((activation) => activation.site === origin.host.site) ?? first) : found.find((activation) => activation.site === site);
  if (!chosen) throw new AppError('SITE_NOT_ACTIVATED', `This licence is not activated on ${site ?? origin.host.site}. Activate the site first (POST /api/v1/licenses/activate), then ask again.`, { field: site === undefined ? 'body.origin' : 'body.domain' });
  if (site === undefined && second && chosen.site !== origin.host.site) throw new AppError('INVALID_REQUEST', `body.domain: name the site; this licence has several at ${origin.origin}`, { field: 'body.domain' });
  if (!provesActivation(chosen, secret)) throw new AppError('SITE_NOT_ACTIVATED', `${chosen.site} is activated with another secret by now, or was released. Activate the site again (POST /api/v1/licenses/activate), then ask again.`, { field: 'body.activation_secret' });
  if (!kindsAt(origin).some((kind) => kind === chosen.kind)) throw new AppError('INVALID_REQUEST', 'body.origin: must begin with https://; http:// is for staging sites and local machines only', { field: 'body.origin' });
  return chosen;
}
