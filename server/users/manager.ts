import type { Role } from '../access/access.rules.ts';
import type { Scope } from '../access/scope.ts';

/** Who may be below whom in the tree of organisations, from the top down. A user of a node has its kind as the role. */
export const organizationKinds = ['reseller', 'sub_company', 'agent'] as const;
export type OrganizationKind = (typeof organizationKinds)[number];

/** What somebody who manages is: their own role and whose rows they see. */
export type Manager = { role: Role; scope: Scope };

/** The kind of a node as it is stored. Throws for one that is not known. */
export function asKind(text: string): OrganizationKind {
  const kind = organizationKinds.find((candidate) => candidate === text);
  if (!kind) throw new Error(`"${text}" is no kind of organisation`);
  return kind;
}

/** The kinds that may stand below a node of this kind; at the top only a reseller. */
export function kindsBelow(parent: OrganizationKind | undefined): OrganizationKind[] {
  return parent === undefined ? ['reseller'] : organizationKinds.slice(organizationKinds.indexOf(parent) + 1);
}

/** The kinds under which a node of this kind may stand. */
export function kindsAbove(kind: OrganizationKind): OrganizationKind[] {
  return organizationKinds.filter((above) => kindsBelow(above).includes(kind));
}

/** Whether somebody manages a node: the operator every one, others those strictly below their own. */
export function managesPath({ scope }: Manager, path: string): boolean {
  return scope.kind === 'all' || (scope.kind === 'organization' && path !== scope.path && path.startsWith(scope.path));
}

/** Whether somebody manages an account: the superadmin every one, others those of the nodes that they manage. */
export function managesUser(manager: Manager, user: { role: string; path: string | null }): boolean {
  if (manager.role === 'superadmin') return true;
  return user.path !== null && managesPath(manager, user.path);
}
