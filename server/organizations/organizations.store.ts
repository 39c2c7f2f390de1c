import type { Selectable } from 'kysely';
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

export async function updateOrganization(db: Db, id: string, changes: Partial<Pick<Organization, 'name' | 'license_quota' | 'disabled_at' | 'updated_at'>>): Promise<void> {
  await db.updateTable('organizations').set(changes).where('id', '=', id).execute();
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
