import type { Db } from '../db/database.ts';

export type LinkPurpose = 'invitation' | 'reset';

export async function insertUserLink(db: Db, link: { id: Uint8Array; user_id: string; purpose: LinkPurpose; created_at: number; expires_at: number }): Promise<void> {
  await db.insertInto('user_links').values(link).execute();
}

/** The account of a link that has not expired. */
export async function findUserOfLink(db: Db, id: Uint8Array, purpose: LinkPurpose, now: number): Promise<string | undefined> {
  const link = await db.selectFrom('user_links').select('user_id').where('id', '=', id).where('purpose', '=', purpose).where('expires_at', '>', now).executeTakeFirst();
  return link?.user_id;
}

/** False when somebody else has taken it first. */
export async function deleteUserLink(db: Db, id: Uint8Array): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('user_links').where('id', '=', id).executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function deleteLinksOfUser(db: Db, userId: string): Promise<void> {
  await db.deleteFrom('user_links').where('user_id', '=', userId).execute();
}
