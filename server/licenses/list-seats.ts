import type { Db } from '../db/database.ts';
import { listSeatsOfLicenses } from './seats.store.ts';

export type SeatOfLicense = { id: string; plan_id: string; expires_at: number | null; revoked_at: number | null; subscription_id: string | null; subscription_status: string | null; grace_ms: number; /** Sites in use, without copies, and how many there may be. */ sites: number; limit: number };

/** What a subscription has to know of its licences. */
export async function listSeats(db: Db, licenseIds: string[]): Promise<SeatOfLicense[]> {
  if (licenseIds.length === 0) return [];
  return (await listSeatsOfLicenses(db, licenseIds)).map(({ sites_used: sites, site_limit: limit, ...seat }) => ({ ...seat, sites, limit }));
}
