import { sql } from 'kysely';
import { isStillReferenced, type Db } from '../db/database.ts';
import type { License } from './licenses.store.ts';

export type KnownLicense = Pick<License, 'id' | 'key_digest' | 'customer_id' | 'plan_id' | 'expires_at' | 'max_sites'>;

export function listLicensesByDigest(db: Db, digests: Uint8Array[]): Promise<KnownLicense[]> {
  return db.selectFrom('licenses').select(['id', 'key_digest', 'customer_id', 'plan_id', 'expires_at', 'max_sites']).where('key_digest', 'in', digests).execute();
}

/** Sites of licences, without their devices. */
export function listSitesOf(db: Db, licenseIds: string[]): Promise<{ license_id: string; site: string }[]> {
  return db.selectFrom('activations').select(['license_id', 'site']).where('license_id', 'in', licenseIds).where('site', 'is not', null).$narrowType<{ site: string }>().execute();
}

/** Whether a licence has done something: asked for AI answers, or a site or device of it has come back after it was activated. */
export async function isInUse(db: Db, licenseId: string): Promise<boolean> {
  const record = await db.selectFrom('usage_records').select('id').where('license_id', '=', licenseId).limit(1).executeTakeFirst();
  if (record) return true;
  const site = await db.selectFrom('activations').select('id').where('license_id', '=', licenseId).whereRef('last_seen_at', '>', 'created_at').limit(1).executeTakeFirst();
  return site !== undefined;
}

/** Deletes a licence with its terms and sites; false, and nothing is deleted, when something else refers to it. Belongs into a transaction. */
export async function deleteLicenseRows(db: Db, licenseId: string): Promise<boolean> {
  await sql`savepoint license_removal`.execute(db);
  try {
    await db.deleteFrom('activations').where('license_id', '=', licenseId).execute();
    await db.deleteFrom('license_terms').where('license_id', '=', licenseId).execute();
    await db.deleteFrom('licenses').where('id', '=', licenseId).execute();
  } catch (error) {
    if (!isStillReferenced(error)) throw error;
    await sql`rollback to savepoint license_removal`.execute(db);
    return false;
  }
  await sql`release savepoint license_removal`.execute(db);
  return true;
}
