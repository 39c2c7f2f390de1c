import { sql } from 'kysely';
import { organizationsWithin, type Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';

/** An account with the organisation that it belongs to. */
export type ManagedUser = {
  id: string;
  email: string;
  name: string;
  role: string;
  organization_id: string | null;
  organization: string | null;
  path: string | null;
  disabled_at: number | null;
  invited_at: number | null;
  totp_confirmed_at: number | null;
  last_login_at: number | null;
  created_at: number;
  updated_at: number;
};

/** Accounts within a scope, with what may be shown of them. */
export function usersWithin(db: Db, scope: Scope) {
  return db
    .selectFrom('users')
    .leftJoin('organizations', 'organizations.id', 'users.organization_id')
    .select(['users.id', 'users.email', 'users.name', 'users.role', 'users.organization_id', 'organizations.name as organization', 'organizations.path', 'users.disabled_at', 'users.invited_at', 'users.totp_confirmed_at', 'users.last_login_at', 'users.created_at', 'users.updated_at'])
    .where(scope.kind === 'all' ? sql<boolean>`1 = 1` : sql<boolean>`users.organization_id is not null and ${organizationsWithin(scope)}`);
}

export function findManagedUser(db: Db, scope: Scope, id: string): Promise<ManagedUser | undefined> {
  return usersWithin(db, scope).where('users.id', '=', id).executeTakeFirst();
}

/** An organisation within a scope. */
export function findPlace(db: Db, scope: Scope, id: string): Promise<{ id: string; name: string; kind: string; path: string; disabled_at: number | null } | undefined> {
  return db.selectFrom('organizations').select(['id', 'name', 'kind', 'path', 'disabled_at']).where('id', '=', id).where(organizationsWithin(scope)).executeTakeFirst();
}
