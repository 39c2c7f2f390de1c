import type { Db } from '../db/database.ts';
import type { Vault } from '../vault.ts';
import { licenseKeyAad } from './issue-license.ts';
import { listLicensesWithPlan } from './licenses.store.ts';

export type ReadableLicense = { id: string; key: string; planName: string; maxSites: number; expiresAt: number | null };

/** Licences with their keys in plain text, in the order of the ids: for the e-mail to the buyer and the order in the shop, never for storing. */
export async function readLicenses(db: Db, vault: Vault, ids: string[]): Promise<ReadableLicense[]> {
  if (ids.length === 0) return [];
  const rows = new Map((await listLicensesWithPlan(db, ids)).map((row) => [row.id, row]));
  return ids.flatMap((id) => {
    const row = rows.get(id);
    if (!row) return [];
    const key = vault.open({ keyId: row.key_id, cipher: row.key_cipher }, licenseKeyAad(id));
    return [{ id, key, planName: row.plan_name, maxSites: row.max_sites ?? row.plan_max_sites, expiresAt: row.expires_at }];
  });
}
