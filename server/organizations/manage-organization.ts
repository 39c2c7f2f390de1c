import { recordAudit, type Actor } from '../audit/record-audit.ts';
import type { Db } from '../db/database.ts';
import { holdGuard } from '../db/hold-guard.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import { endSessionsOfUsers } from '../users/end-sessions.ts';
import { asKind, kindsBelow, managesPath, type Manager, type OrganizationKind } from '../users/manager.ts';
import { findOrganization, insertOrganization, listUserIdsWithin, updateOrganization, type Organization } from './organizations.store.ts';

export const longestName = 200;
export const highestQuota = 1_000_000_000;

/** `quota` null: no limit of its own. */
export type OrganizationInput = { name: string; kind: OrganizationKind; parentId: string | null; quota: number | null };
export type OrganizationChange = { name?: string | undefined; quota?: number | null | undefined };

/** An organisation in sight. Throws NOT_FOUND. */
export async function getOrganization(db: Db, scope: Manager['scope'], id: string, field = 'path.id'): Promise<Organization> {
  const organization = await findOrganization(db, scope, id);
  if (!organization) throw new AppError('NOT_FOUND', 'There is no such organisation.', { field });
  return organization;
}

/**
 * Adds an organisation below one in sight, in the caller's transaction; only the operator adds a reseller. Throws NOT_FOUND, FORBIDDEN, and
 * INVALID_REQUEST for a kind that does not stand below its parent.
 */
export async function createOrganization(db: Db, { name, kind, parentId, quota }: OrganizationInput, { scope }: Manager, by: Actor, now: number): Promise<Organization> {
  if (parentId === null && scope.kind !== 'all') throw new AppError('FORBIDDEN', 'Only the operator may add a reseller.', { field: 'body.parent_id' });
  await holdGuard(db, 'organizations');
  const parent = parentId === null ? undefined : await getOrganization(db, scope, parentId, 'body.parent_id');
  if (!kindsBelow(parent && asKind(parent.kind)).includes(kind)) throw new AppError('INVALID_REQUEST', 'kind: an organisation of this kind cannot stand here. A reseller stands at the top, sub-companies below resellers, agents below either.', { field: 'body.kind' });
  const id = newId();
  const organization: Organization = { id, parent_id: parent?.id ?? null, kind, name, path: `${parent?.path ?? '/'}${id}/`, license_quota: quota, licenses_used: 0, disabled_at: null, created_at: now, updated_at: now };
  await insertOrganization(db, organization);
  await recordAudit(db, by, { action: 'organization.created', entity: 'organization', entityId: id, after: visible(organization) }, now);
  return organization;
}

/** Changes name and quota of a managed organisation, in the caller's transaction. A quota below what is used stops new licences and takes none away. Throws NOT_FOUND and FORBIDDEN. */
export async function changeOrganization(db: Db, id: string, { name, quota }: OrganizationChange, manager: Manager, by: Actor, now: number): Promise<Organization> {
  const before = await takeManaged(db, id, manager, now);
  const after = { ...before, name: name ?? before.name, license_quota: quota === undefined ? before.license_quota : quota, updated_at: now };
  if (after.name === before.name && after.license_quota === before.license_quota) return before;
  await updateOrganization(db, id, { name: after.name, license_quota: after.license_quota });
  await recordAudit(db, by, { action: 'organization.changed', entity: 'organization', entityId: id, before: visible(before), after: visible(after) }, now);
  return after;
}

/** Closes an organisation: its people and those of all below it are signed out at once and stay out. Licences go on. Throws NOT_FOUND and FORBIDDEN. */
export async function disableOrganization(db: Db, id: string, manager: Manager, by: Actor, now: number): Promise<void> {
  const organization = await takeManaged(db, id, manager, now);
  if (organization.disabled_at !== null) return;
  await updateOrganization(db, id, { disabled_at: now });
  await endSessionsOfUsers(db, await listUserIdsWithin(db, organization.path));
  await recordAudit(db, by, { action: 'organization.disabled', entity: 'organization', entityId: id }, now);
}

/** Opens an organisation again. Throws NOT_FOUND and FORBIDDEN. */
export async function enableOrganization(db: Db, id: string, manager: Manager, by: Actor, now: number): Promise<void> {
  const organization = await takeManaged(db, id, manager, now);
  if (organization.disabled_at === null) return;
  await updateOrganization(db, id, { disabled_at: null });
  await recordAudit(db, by, { action: 'organization.enabled', entity: 'organization', entityId: id }, now);
}

/** The organisation, for a change of it. Takes the row first, so that two changes follow each other. Throws NOT_FOUND and FORBIDDEN. */
export async function takeManaged(db: Db, id: string, manager: Manager, now: number): Promise<Organization> {
  await updateOrganization(db, id, { updated_at: now });
  const organization = await getOrganization(db, manager.scope, id);
  assertManaged(manager, organization);
  return organization;
}

/** Throws FORBIDDEN unless the manager may change this organisation. */
export function assertManaged(manager: Manager, { path }: Pick<Organization, 'path'>): void {
  if (!managesPath(manager, path)) throw new AppError('FORBIDDEN', 'Your account may only change the organisations below your own.');
}

/** What of an organisation stands in the audit log. */
export function visible({ name, kind, parent_id, license_quota }: Organization): Record<string, unknown> {
  return { name, kind, parent_id, license_quota };
}
