import type { Selectable } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';
import { keysetPage, type PageOf, type PageRequest } from './paging.store.ts';

export type TokenRow = Omit<Selectable<Schema['api_tokens']>, 'token_digest'> & { organization: string | null };

const columns = ['api_tokens.id', 'api_tokens.name', 'api_tokens.scopes', 'api_tokens.created_by', 'api_tokens.created_at', 'api_tokens.expires_at', 'api_tokens.organization_id', 'api_tokens.last_used_at', 'api_tokens.revoked_at', 'api_tokens.revoked_by'] as const;

/** A page of the API tokens, newest first. */
export function listTokens(db: Db, page: PageRequest): Promise<PageOf<TokenRow>> {
  return keysetPage(db.selectFrom('api_tokens'), { at: 'api_tokens.created_at', id: 'api_tokens.id' }, page, (ids) => readTokens(db, ids));
}

export async function findTokenRow(db: Db, id: string): Promise<TokenRow | undefined> {
  return (await readTokens(db, [id]))[0];
}

function readTokens(db: Db, ids: string[]): Promise<TokenRow[]> {
  return db.selectFrom('api_tokens').leftJoin('organizations', 'organizations.id', 'api_tokens.organization_id').select(columns).select('organizations.name as organization').where('api_tokens.id', 'in', ids).execute();
}

/** Organisations to choose from, by name; at most `limit`. */
export function listOrganizationNames(db: Db, limit: number): Promise<{ id: string; name: string; kind: string }[]> {
  return db.selectFrom('organizations').select(['id', 'name', 'kind']).where('disabled_at', 'is', null).orderBy('name').orderBy('id').limit(limit).execute();
}
