import type { Scope } from '../access/scope.ts';
import { recordAudit, type Actor } from '../audit/record-audit.ts';
import type { Db } from '../db/database.ts';
import { holdGuard } from '../db/hold-guard.ts';
import { AppError } from '../errors.ts';
import { enqueueJob } from '../jobs/enqueue.ts';
import { newId } from '../ids.ts';
import { asKind, kindsBelow, type Manager } from '../users/manager.ts';
import { idsOfPath, roomOf } from './license-quota.ts';
import { assertManaged, getOrganization, takeManaged, visible } from './manage-organization.ts';
import { addToCount, addWithinQuota, countBelow, findOrganization, holdOrganizations, listOrganizations, movePaths, updateOrganization, type Organization } from './organizations.store.ts';

/** Why an organisation cannot stand below another one; undefined when it can, whatever the quotas say. */
export function problemOfPlace(organization: Pick<Organization, 'kind' | 'path'>, parent: Pick<Organization, 'kind' | 'path'>): 'below-itself' | 'kind' | undefined {
  if (parent.path.startsWith(organization.path)) return 'below-itself';
  return kindsBelow(asKind(parent.kind)).includes(asKind(organization.kind)) ? undefined : 'kind';
}

/**
 * Puts a managed organisation with all below it under another parent in sight, in the caller's transaction: its licences count on the nodes above
 * the new place instead of those above the old one. People stay signed in and see what they saw; whoever is above sees them where they are now.
 * Throws NOT_FOUND, FORBIDDEN, INVALID_REQUEST for a place where it cannot stand, CONFLICT for one that is closed, and LICENSE_QUOTA_EXHAUSTED,
 * which names the organisation without room.
 */
export async function moveOrganization(db: Db, id: string, parentId: string, manager: Manager, by: Actor, now: number, reason?: string): Promise<Organization> {
  await holdGuard(db, 'organizations');
  const [seen, parent] = [await getOrganization(db, manager.scope, id), await getOrganization(db, manager.scope, parentId, 'body.parent_id')];
  const problem = problemOfPlace(seen, parent);
  if (problem === 'below-itself') throw new AppError('INVALID_REQUEST', 'parent_id: an organisation cannot stand below itself.', { field: 'body.parent_id' });
  if (problem === 'kind') throw new AppError('INVALID_REQUEST', 'parent_id: an organisation of this kind cannot stand there. Resellers stay at the top, sub-companies stand below resellers, agents below either.', { field: 'body.parent_id' });
  const [left, entered] = pathsApart(seen.path, parent.path);
  // From the top down, as licences are counted: whoever counts one below finishes first, or waits.
  await holdOrganizations(db, [...left, ...entered]);
  const before = await takeManaged(db, id, manager, now);
  if (before.parent_id === parentId) return before;
  if ((await listOrganizations(db, idsOfPath(parent.path))).some(({ disabled_at }) => disabled_at !== null)) throw new AppError('CONFLICT', 'The organisation, or one above it, is disabled. Enable it first.', { field: 'body.parent_id' });
  for (const node of left) await addToCount(db, node, -before.licenses_used);
  for (const node of entered) {
    if (before.licenses_used === 0 || (await addWithinQuota(db, node, before.licenses_used))) continue;
    throw new AppError('LICENSE_QUOTA_EXHAUSTED', await withoutRoom(db, manager.scope, node, before.licenses_used), { field: 'body.parent_id' });
  }
  await movePaths(db, before.path, `${parent.path}${id}/`);
  await updateOrganization(db, id, { parent_id: parentId });
  await enqueueJob(db, { kind: 'recount-organization', payload: { organizationId: id }, dedupeKey: `recount-organization:${newId()}` }, now);
  const after = await getOrganization(db, manager.scope, id);
  await recordAudit(db, by, { action: 'organization.moved', entity: 'organization', entityId: id, before: visible(before), after: { ...visible(after), licenses: after.licenses_used }, reason }, now);
  return after;
}

/** A node whose count a move changes. `after`: what it would hold then. */
export type Recounted = { id: string; name: string; quota: number | null; used: number; after: number; /** Undefined: as much as one likes. */ room: number | undefined; isFull: boolean };
export type MovePreview = { organization: Organization; parent: Organization; problem: ReturnType<typeof problemOfPlace>; below: number; left: Recounted[]; entered: Recounted[] };

/** What a move would do, for whoever has to confirm it. Throws NOT_FOUND and FORBIDDEN. */
export async function previewMove(db: Db, id: string, parentId: string, manager: Manager): Promise<MovePreview> {
  const organization = await getOrganization(db, manager.scope, id);
  assertManaged(manager, organization);
  const parent = await getOrganization(db, manager.scope, parentId, 'body.parent_id');
  const [left, entered] = pathsApart(organization.path, parent.path);
  const rows = new Map((await listOrganizations(db, [...left, ...entered])).map((row) => [row.id, row]));
  const recounted = (ids: string[], change: number) => ids.flatMap((node): Recounted[] => {
    const row = rows.get(node);
    if (!row) return [];
    const room = roomOf(row);
    return [{ id: node, name: row.name, quota: row.license_quota, used: row.licenses_used, after: row.licenses_used + change, room, isFull: change > (room ?? change) }];
  });
  return { organization, parent, problem: problemOfPlace(organization, parent), below: await countBelow(db, organization.path), left: recounted(left, -organization.licenses_used), entered: recounted(entered, organization.licenses_used) };
}

/** What a node is below of and will not be, and the other way round. */
function pathsApart(from: string, parent: string): [string[], string[]] {
  const [old, next] = [idsOfPath(from).slice(0, -1), idsOfPath(parent)];
  return [old.filter((id) => !next.includes(id)), next.filter((id) => !old.includes(id))];
}

/** Only of an organisation in sight more is said than that there is no room. */
async function withoutRoom(db: Db, scope: Scope, id: string, count: number): Promise<string> {
  const node = await findOrganization(db, scope, id);
  if (!node) return 'One of the organisations above the new place has no room for these licences.';
  return `${node.name} has no room for ${count} more licences: its quota leaves ${roomOf(node) ?? 0}.`;
}
