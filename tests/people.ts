import { isOperator, type Role } from '../server/access/access.rules.ts';
import { createAdmin as createDashboard } from '../server/admin.ts';
import { newId } from '../server/ids.ts';
import { startSession } from '../server/users/sessions.ts';
import { newUser } from '../server/users/users.store.ts';
import { visitor, type Visitor } from './admin-client.ts';
import type { TestApp } from './harness.ts';

const bases = new WeakMap<TestApp, ReturnType<typeof createDashboard>>();

/** The dashboard of a test app, made once. */
export function dashboardOf(app: TestApp): ReturnType<typeof createDashboard> {
  const known = bases.get(app) ?? createDashboard(app.deps);
  bases.set(app, known);
  return known;
}

/** A node of the tree, made in the database. */
export async function addNode({ deps: { db } }: TestApp, kind: 'reseller' | 'sub_company' | 'agent', parent?: { id: string; path: string }, fields: { name?: string; license_quota?: number | null } = {}): Promise<{ id: string; path: string }> {
  const id = newId();
  const path = `${parent?.path ?? '/'}${id}/`;
  await db.insertInto('organizations').values({ id, parent_id: parent?.id ?? null, kind, name: `${kind} ${id.slice(-4)}`, path, license_quota: null, licenses_used: 0, disabled_at: null, created_at: 1, updated_at: 1, ...fields }).execute();
  return { id, path };
}

/** An account without a password, made in the database. */
export async function addUser({ deps: { db, now } }: TestApp, role: Role, place: { organizationId?: string; customerId?: string } = {}): Promise<string> {
  const id = newId();
  await db.insertInto('users').values({ ...newUser({ id, email: `${id}@example.com`, name: `${role} ${id.slice(-4)}`, role, organizationId: place.organizationId ?? null }, now()), customer_id: place.customerId ?? null }).execute();
  return id;
}

/** Somebody who is signed in: operators at the dashboard, everybody else at the portal, whose addresses begin with /portal. */
export async function signedInAs(app: TestApp, userId: string, role: Role): Promise<Visitor & { base: string }> {
  const token = await startSession(app.deps.db, userId, { ip: '127.0.0.1', userAgent: 'test' }, app.deps.now());
  const isOwn = isOperator(role);
  const self = visitor(isOwn ? dashboardOf(app) : app.api);
  self.cookies.set(isOwn ? 'chatello_session' : 'chatello_portal', token);
  return { ...self, base: isOwn ? '' : '/portal' };
}
