import { insertedOnce, type Db } from '../db/database.ts';

export type LoginAttempts = { failures: number; locked_until: number };

export function findLoginAttempts(db: Db, id: Uint8Array): Promise<LoginAttempts | undefined> {
  return db.selectFrom('login_attempts').select(['failures', 'locked_until']).where('id', '=', id).executeTakeFirst();
}

/** False when another attempt was counted first. */
export async function countFailure(db: Db, id: Uint8Array, seen: LoginAttempts | undefined, lockedUntil: number, now: number): Promise<boolean> {
  if (!seen) return insertedOnce(db.insertInto('login_attempts').values({ id, failures: 1, locked_until: lockedUntil, updated_at: now }).execute());
  const { numUpdatedRows } = await db
    .updateTable('login_attempts')
    .set({ failures: seen.failures + 1, locked_until: lockedUntil, updated_at: now })
    .where('id', '=', id)
    .where('failures', '=', seen.failures)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function forgetFailures(db: Db, id: Uint8Array): Promise<void> {
  await db.deleteFrom('login_attempts').where('id', '=', id).execute();
}
