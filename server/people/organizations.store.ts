import { organizationsWithin, type Scope } from '../access/scope.ts';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';

export type Node = { id: string; name: string; path: string; kind: string };

const nodesShown = 500;

/** Nodes of the tree that a scope reaches, parents before their children. */
export function listNodes(db: Db, scope: Scope): Promise<Node[]> {
  return db.selectFrom('organizations').select(['id', 'name', 'path', 'kind']).where(organizationsWithin(scope)).where('disabled_at', 'is', null).orderBy('path').limit(nodesShown).execute();
}

/** A node that the scope reaches and that is not disabled. Throws NOT_FOUND. */
export async function getNodeWithin(db: Db, scope: Scope, id: string): Promise<Node> {
  const node = await db.selectFrom('organizations').select(['id', 'name', 'path', 'kind']).where('id', '=', id).where(organizationsWithin(scope)).where('disabled_at', 'is', null).executeTakeFirst();
  if (!node) throw new AppError('NOT_FOUND', 'There is no organisation with this id.', { field: 'body.organization_id' });
  return node;
}

export async function findNodeName(db: Db, id: string | null): Promise<string | undefined> {
  if (id === null) return undefined;
  return (await db.selectFrom('organizations').select('name').where('id', '=', id).executeTakeFirst())?.name;
}
