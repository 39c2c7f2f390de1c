import type { Selectable } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

export type ApiToken = Selectable<Schema['api_tokens']>;

export function findToken(db: Db, digest: Uint8Array): Promise<ApiToken | undefined> {
  return db.selectFrom('api_tokens').selectAll().where('token_digest', '=', digest).where('revoked_at', 'is', null).executeTakeFirst();
}

export async function touchToken(db: Db, id: string, now: number): Promise<void> {
  await db.updateTable('api_tokens').set({ last_used_at: now }).where('id', '=', id).execute();
}
