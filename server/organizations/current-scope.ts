import type { Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import { findOrganizationPath } from './organizations.store.ts';

/** A scope that was written down, with the place that its organisation has in the tree now. */
export async function currentScope(db: Db, scope: Scope): Promise<Scope> {
  if (scope.kind !== 'organization') return scope;
  return { ...scope, path: (await findOrganizationPath(db, scope.id)) ?? scope.path };
}
