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

const nodesMerged = 20;

/**
 * The nodes of an organisation's subtree, when they are few: a list of each is read from an index that begins with the organisation, and merged. Of a whole subtree at once the databases put all
 * rows in order, or look through those of everybody else. Undefined where there are many nodes, or no organisation.
 */
export async function nodesToMerge(db: Db, scope: Scope): Promise<string[] | undefined> {
  if (scope.kind !== 'organization') return undefined;
  const nodes = await db.selectFrom('organizations').select('id').where(organizationsWithin(scope)).limit(nodesMerged + 1).execute();
  return nodes.length > nodesMerged ? undefined : nodes.map(({ id }) => id);
}

export async function findNodeName(db: Db, id: string | null): Promise<string | undefined> {
  if (id === null) return undefined;
  return (await db.selectFrom('organizations').select('name').where('id', '=', id).executeTakeFirst())?.name;
}
