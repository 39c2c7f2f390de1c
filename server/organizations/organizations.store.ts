import { sql, type Selectable } from 'kysely';
import { organizationsWithin, type Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

export type Organization = Selectable<Schema['organizations']>;

export function findOrganization(db: Db, scope: Scope, id: string): Promise<Organization | undefined> {
  return db.selectFrom('organizations').selectAll().where('id', '=', id).where(organizationsWithin(scope)).executeTakeFirst();
}

export async function findOrganizationPath(db: Db, id: string): Promise<string | undefined> {
  return (await db.selectFrom('organizations').select('path').where('id', '=', id).executeTakeFirst())?.path;
}

export async function insertOrganization(db: Db, organization: Organization): Promise<void> {
  await db.insertInto('organizations').values(organization).execute();
}

export async function updateOrganization(db: Db, id: string, changes: Partial<Pick<Organization, 'name' | 'parent_id' | 'license_quota' | 'disabled_at' | 'updated_at'>>): Promise<void> {
  await db.updateTable('organizations').set(changes).where('id', '=', id).execute();
}

/** Gives a subtree another place: its own path and those of all below it begin anew. */
export async function movePaths(db: Db, from: string, to: string): Promise<void> {
  await db.updateTable('organizations').set({ path: sql<string>`replace(path, ${from}, ${to})` }).where(organizationsWithin({ kind: 'organization', id: '', path: from })).execute();
}

/** Locks nodes for this transaction, in this order. */
export async function holdOrganizations(db: Db, ids: string[]): Promise<void> {
  for (const id of ids) await db.updateTable('organizations').set((eb) => ({ licenses_used: eb.ref('licenses_used') })).where('id', '=', id).execute();
}

/** How many nodes stand below one. */
export async function countBelow(db: Db, path: string): Promise<number> {
  const { count } = await db.selectFrom('organizations').select((eb) => eb.fn.countAll<number>().as('count')).where(organizationsWithin({ kind: 'organization', id: '', path })).executeTakeFirstOrThrow();
  return count - 1;
}

/** Names and counts of nodes. */
export function listOrganizations(db: Db, ids: string[]): Promise<Pick<Organization, 'id' | 'name' | 'license_quota' | 'licenses_used' | 'disabled_at'>[]> {
  return ids.length === 0 ? Promise.resolve([]) : db.selectFrom('organizations').select(['id', 'name', 'license_quota', 'licenses_used', 'disabled_at']).where('id', 'in', ids).execute();
}

/** Adds licences to the count of a node when its quota has room for them. False when it has not. */
export async function addWithinQuota(db: Db, id: string, count: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('organizations')
    .set((eb) => ({ licenses_used: eb('licenses_used', '+', count) }))
    .where('id', '=', id)
    .where((eb) => eb.or([eb('license_quota', 'is', null), eb(eb('licenses_used', '+', count), '<=', eb.ref('license_quota'))]))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Changes the count of a node whatever its quota says. */
export async function addToCount(db: Db, id: string, count: number): Promise<void> {
  await db.updateTable('organizations').set((eb) => ({ licenses_used: eb('licenses_used', '+', count) })).where('id', '=', id).execute();
}

/** Ids of the users of a subtree. */
export async function listUserIdsWithin(db: Db, path: string): Promise<string[]> {
  const rows = await db.selectFrom('users').innerJoin('organizations', 'organizations.id', 'users.organization_id').select('users.id').where(organizationsWithin({ kind: 'organization', id: '', path })).execute();
  return rows.map(({ id }) => id);
}
