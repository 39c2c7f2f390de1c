import { ChangedMeanwhile, type Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { addToCount, addWithinQuota, findOrganizationPath, listOrganizations } from './organizations.store.ts';

/** Whether a licence counts: from its issue until it is cancelled or everything that paid for it is taken back. One that ran out or is suspended still does. */
export function countsAgainstQuota({ status }: { status: string }): boolean {
  return status !== 'cancelled';
}

/**
 * Counts licences of a node on it and on every node above, from the top down so that two at once follow each other, in the caller's
 * transaction. Never more than the quota of each, whatever runs beside it. Throws LICENSE_QUOTA_EXHAUSTED, and the caller rolls back.
 * `isPaid`: they were paid for already, so they count also where there is no room left.
 */
export async function takeLicenses(db: Db, organizationId: string | null, count: number, { isPaid = false } = {}): Promise<void> {
  if (count === 0) return;
  await atPlaces(db, organizationId, async (id) => {
    if (isPaid) await addToCount(db, id, count);
    else if (!(await addWithinQuota(db, id, count))) throw new AppError('LICENSE_QUOTA_EXHAUSTED', 'The organisation, or one above it, has used up its quota of licences.', { field: 'body.organization_id' });
  });
}

/** Gives licences of a node back to its quota and to those above, in the caller's transaction. */
export async function releaseLicenses(db: Db, organizationId: string | null, count: number): Promise<void> {
  if (count === 0) return;
  await atPlaces(db, organizationId, (id) => addToCount(db, id, -count));
}

/** Counts a licence where it belongs now instead of where it did, in the caller's transaction. Throws LICENSE_QUOTA_EXHAUSTED unless it `isPaid`. */
export async function recountLicense(db: Db, before: Counted, after: Counted, { isPaid }: { isPaid: boolean }): Promise<void> {
  const [from, to] = [before, after].map((license) => (countsAgainstQuota(license) ? license.organization_id : null));
  if (from === to) return;
  await releaseLicenses(db, from ?? null, 1);
  await takeLicenses(db, to ?? null, 1, { isPaid });
}

type Counted = { status: string; organization_id: string | null };

/** Counts at a node and at all above it, the top first. Whoever moves the node needs its row, which is held from the last of them on: when it was moved before, the transaction begins anew. */
async function atPlaces(db: Db, organizationId: string | null, count: (id: string) => Promise<void>): Promise<void> {
  if (organizationId === null) return;
  const path = await findOrganizationPath(db, organizationId);
  if (path === undefined) throw new Error('a licence belongs to an organisation that is not there');
  for (const id of idsOfPath(path)) await count(id);
  if ((await findOrganizationPath(db, organizationId)) !== path) throw new ChangedMeanwhile('the organisation has been moved');
}

/** How many licences there is room for at a node and at all above it now; undefined: as many as one likes. Whoever takes some of them still has to ask (takeLicenses). */
export async function licensesLeft(db: Db, organizationId: string | null): Promise<number | undefined> {
  const path = organizationId === null ? undefined : await findOrganizationPath(db, organizationId);
  const nodes = path === undefined ? [] : await listOrganizations(db, idsOfPath(path));
  const rooms = nodes.flatMap((node) => roomOf(node) ?? []);
  return rooms.length === 0 ? undefined : Math.min(...rooms);
}

/** How many licences a node's own quota leaves; undefined: as many as one likes. */
export function roomOf({ license_quota: quota, licenses_used: used }: { license_quota: number | null; licenses_used: number }): number | undefined {
  return quota === null ? undefined : Math.max(0, quota - used);
}

/** The ids of a path, the top first. */
export function idsOfPath(path: string): string[] {
  return path.split('/').filter((id) => id !== '');
}
