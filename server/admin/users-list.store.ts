import { sql } from 'kysely';
import { passwordRoles } from '../access/access.rules.ts';
import { organizationsWithin, type Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import type { Organization } from '../organizations/organizations.store.ts';
import { organizationKinds } from '../users/manager.ts';
import { usersWithin, type ManagedUser } from '../users/manage-users.store.ts';
import { keysetPage, type PageOf, type PageRequest } from './paging.store.ts';

/** A page of the accounts within a scope, newest first; of one organisation, or those in whose name or address a text stands. There are as many accounts as people who work here, so these are looked through. */
export function listUsers(db: Db, scope: Scope, { organizationId, text = '' }: { organizationId?: string; text?: string }, page: PageRequest): Promise<PageOf<ManagedUser>> {
  let query = db.selectFrom('users').leftJoin('organizations', 'organizations.id', 'users.organization_id');
  if (scope.kind !== 'all') query = query.where(sql<boolean>`users.organization_id is not null and ${organizationsWithin(scope)}`);
  if (organizationId !== undefined) query = query.where('users.organization_id', '=', organizationId);
  const words = text.trim().toLowerCase();
  const pattern = `%${words.replaceAll(/[%_!]/g, (sign) => `!${sign}`)}%`;
  if (words !== '') query = query.where(sql<boolean>`(users.email_key like ${pattern} escape '!' or lower(users.name) like ${pattern} escape '!')`);
  return keysetPage(query, { at: 'users.created_at', id: 'users.id' }, page, (ids) => usersWithin(db, scope).where('users.id', 'in', ids).execute());
}

/** How many people of each role could sign in with a password alone, for the roles that have any. */
export function countWithoutApp(db: Db): Promise<{ role: string; count: number }[]> {
  return db.selectFrom('users').select((eb) => ['role', eb.fn.countAll<number>().as('count')]).where('totp_confirmed_at', 'is', null).where('disabled_at', 'is', null).where('invited_at', 'is', null).where('role', 'in', passwordRoles).groupBy('role').orderBy('role').execute();
}

export type Place = Pick<Organization, 'id' | 'name' | 'kind' | 'path'>;
const placesShown = 500;

/** The organisations within a scope in the order of the tree, for a choice. */
export function listPlaces(db: Db, scope: Scope, kinds: readonly string[] = organizationKinds): Promise<Place[]> {
  if (kinds.length === 0) return Promise.resolve([]);
  return db.selectFrom('organizations').select(['id', 'name', 'kind', 'path']).where(organizationsWithin(scope)).where('disabled_at', 'is', null).where('kind', 'in', kinds).orderBy('path').limit(placesShown).execute();
}

const childrenShown = 100;

/** The organisations right below one, the newest first. */
export function listChildren(db: Db, parentId: string): Promise<Organization[]> {
  return db.selectFrom('organizations').selectAll().where('parent_id', '=', parentId).orderBy('created_at', 'desc').limit(childrenShown).execute();
}

const nodesOnAPage = 100;

/** A page of the tree within a scope, each node before those below it. `after`: the path of the last node of the page before. */
export async function listTree(db: Db, scope: Scope, after: string): Promise<{ nodes: Organization[]; next: string | undefined }> {
  const found = await db.selectFrom('organizations').selectAll().where(organizationsWithin(scope)).where('path', '>', after).orderBy('path').limit(nodesOnAPage + 1).execute();
  const nodes = found.slice(0, nodesOnAPage);
  return { nodes, next: found.length > nodesOnAPage ? nodes.at(-1)?.path : undefined };
}

export type AssignedCustomer = { id: string; name: string; email: string; status: string; created_at: number };

/** A page of the customers that are assigned to a node itself, newest first. */
export function listAssignedCustomers(db: Db, organizationId: string, page: PageRequest): Promise<PageOf<AssignedCustomer>> {
  const query = db.selectFrom('customers').where('organization_id', '=', organizationId);
  return keysetPage(query, { at: 'customers.created_at', id: 'customers.id' }, page, (ids) => db.selectFrom('customers').select(['id', 'name', 'email', 'status', 'created_at']).where('id', 'in', ids).execute());
}
