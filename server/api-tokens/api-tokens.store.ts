import type { Selectable } from 'kysely';
import { insertedOnce, type Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

export type ApiToken = Selectable<Schema['api_tokens']>;
/** With the place of its organisation in the tree; `is_disabled` is null for a token of the operator. */
export type TokenWithOrganization = ApiToken & { path: string | null; organization_disabled_at: number | null };

export function findToken(db: Db, digest: Uint8Array): Promise<TokenWithOrganization | undefined> {
  return db
    .selectFrom('api_tokens')
    .leftJoin('organizations', 'organizations.id', 'api_tokens.organization_id')
    .selectAll('api_tokens')
    .select(['organizations.path', 'organizations.disabled_at as organization_disabled_at'])
    .where('api_tokens.token_digest', '=', digest)
    .where('api_tokens.revoked_at', 'is', null)
    .executeTakeFirst();
}

export async function touchToken(db: Db, id: string, now: number): Promise<void> {
  await db.updateTable('api_tokens').set({ last_used_at: now }).where('id', '=', id).execute();
}

/** False when a token has this name already. */
export function insertToken(db: Db, token: ApiToken): Promise<boolean> {
  return insertedOnce(db.insertInto('api_tokens').values(token).execute());
}

export function findTokenById(db: Db, id: string): Promise<ApiToken | undefined> {
  return db.selectFrom('api_tokens').selectAll().where('id', '=', id).executeTakeFirst();
}

/** False when it was revoked before. */
export async function markRevoked(db: Db, id: string, by: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db.updateTable('api_tokens').set({ revoked_at: now, revoked_by: by }).where('id', '=', id).where('revoked_at', 'is', null).executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function organizationExists(db: Db, id: string): Promise<boolean> {
  return (await db.selectFrom('organizations').select('id').where('id', '=', id).executeTakeFirst()) !== undefined;
}
