import type { Db } from '../db/database.ts';
import { siteLimit, sitesUsed, type License } from './licenses.store.ts';

export function listSeatsOfLicenses(db: Db, ids: string[]): Promise<(Pick<License, 'id' | 'plan_id' | 'expires_at' | 'revoked_at' | 'subscription_id' | 'subscription_status' | 'grace_ms'> & { sites_used: number; site_limit: number })[]> {
  return db
    .selectFrom('licenses')
    .innerJoin('plans', 'plans.id', 'licenses.plan_id')
    .select(['licenses.id', 'licenses.plan_id', 'licenses.expires_at', 'licenses.revoked_at', 'licenses.subscription_id', 'licenses.subscription_status', 'licenses.grace_ms'])
    .select(siteLimit)
    .select(sitesUsed)
    .where('licenses.id', 'in', ids)
    .orderBy('licenses.id')
    .execute();
}

/** Licences whose end, grace included, lies after `from` and not after `to`. */
export function listLapsing(db: Db, { from, to, after, limit, maxGraceMs }: { from: number; to: number; after: string; limit: number; maxGraceMs: number }): Promise<License[]> {
  return db
    .selectFrom('licenses')
    .selectAll()
    .where('status', '=', 'active')
    .where('expires_at', '>', from - maxGraceMs)
    .where('expires_at', '<=', to)
    .where((eb) => eb(eb('expires_at', '+', eb.ref('grace_ms')), '>', from))
    .where((eb) => eb(eb('expires_at', '+', eb.ref('grace_ms')), '<=', to))
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute();
}
