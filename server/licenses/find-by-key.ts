import type { Db } from '../db/database.ts';
import type { Vault } from '../vault.ts';
import { listLicensesByDigest, listSitesOf, type KnownLicense } from './imported.store.ts';
import { lookupKey } from './license-key.rules.ts';

export type { KnownLicense };

/** What is known of the licences with these keys, by the lookup spelling of the key, each with its sites. */
export async function findLicensesByKey(db: Db, vault: Vault, keys: string[]): Promise<Map<string, KnownLicense & { sites: string[] }>> {
  const lookups = new Map(keys.flatMap((key) => {
    const lookup = lookupKey(key);
    return lookup === undefined ? [] : [[vault.digest(lookup).toString('base64'), lookup] as const];
  }));
  if (lookups.size === 0) return new Map();
  const licenses = await listLicensesByDigest(db, [...lookups.keys()].map((digest) => Buffer.from(digest, 'base64')));
  const sites = licenses.length === 0 ? [] : await listSitesOf(db, licenses.map(({ id }) => id));
  return new Map(licenses.map((license) => [lookups.get(Buffer.from(license.key_digest).toString('base64')) ?? '', { ...license, sites: sites.filter(({ license_id: id }) => id === license.id).map(({ site }) => site) }]));
}
