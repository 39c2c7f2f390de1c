import type { Db } from '../db/database.ts';

/** Puts new codes in the place of all that an account has. */
export async function replaceRecoveryCodes(db: Db, userId: string, ids: Uint8Array[], now: number): Promise<void> {
  await db.deleteFrom('recovery_codes').where('user_id', '=', userId).execute();
  if (ids.length > 0) await db.insertInto('recovery_codes').values(ids.map((id) => ({ id, user_id: userId, created_at: now }))).execute();
}

/** Uses a code up. False when the account has no such code, or no longer. */
export async function takeRecoveryCode(db: Db, userId: string, id: Uint8Array): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('recovery_codes').where('id', '=', id).where('user_id', '=', userId).executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function countRecoveryCodes(db: Db, userId: string): Promise<number> {
  const { count } = await db.selectFrom('recovery_codes').select((eb) => eb.fn.countAll<number>().as('count')).where('user_id', '=', userId).executeTakeFirstOrThrow();
  return count;
}
