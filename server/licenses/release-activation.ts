import type { Actor } from '../audit/record-audit.ts';
import type { Db } from '../db/database.ts';
import { releaseDevice } from './activate-device.ts';
import { releaseSite } from './activate-site.ts';
import type { Activation } from './licenses.store.ts';

/** Frees the slot of an activation, be it a site's or a device's; false when that has none any more. */
export async function releaseActivation(db: Db, { license_id: licenseId, site, fingerprint }: Activation, by: Actor, now: number): Promise<boolean> {
  if (site !== null) return releaseSite(db, licenseId, site, by, now);
  return fingerprint !== null && releaseDevice(db, licenseId, fingerprint, by, now);
}
