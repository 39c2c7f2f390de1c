import type { Db } from '../db/database.ts';
import type { Activation } from './licenses.store.ts';

/** The activation of a device, if the licence has one. */
export function findDevice(db: Db, licenseId: string, fingerprint: string): Promise<Activation | undefined> {
  return db.selectFrom('activations').selectAll().where('license_id', '=', licenseId).where('fingerprint', '=', fingerprint).executeTakeFirst();
}

/** The devices of a licence, the one that was activated first at the beginning. */
export function listDevices(db: Db, licenseId: string): Promise<(Activation & { fingerprint: string })[]> {
  return db.selectFrom('activations').selectAll().where('license_id', '=', licenseId).where('fingerprint', 'is not', null).$narrowType<{ fingerprint: string }>().orderBy('created_at').orderBy('id').execute();
}

/** Keeps what a device has said of itself when it was activated again. */
export async function updateDevice(db: Db, id: string, said: Partial<Pick<Activation, 'name' | 'name_key' | 'platform' | 'version' | 'last_seen_at'>>): Promise<void> {
  await db.updateTable('activations').set(said).where('id', '=', id).execute();
}
