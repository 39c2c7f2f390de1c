import { newId } from '../server/ids.ts';
import type { TestApp } from './harness.ts';

/** Adds a node to the tree of organisations and returns its id. */
export async function addOrganization({ deps: { db }, clock }: TestApp, parentId: string | null = null): Promise<string> {
  const id = newId();
  const parent = parentId === null ? undefined : await db.selectFrom('organizations').select('path').where('id', '=', parentId).executeTakeFirstOrThrow();
  await db
    .insertInto('organizations')
    .values({ id, parent_id: parentId, kind: parent ? 'sub_company' : 'reseller', name: `Organisation ${id.slice(-4)}`, path: `${parent?.path ?? '/'}${id}/`, license_quota: null, licenses_used: 0, disabled_at: null, created_at: clock.now, updated_at: clock.now })
    .execute();
  return id;
}
