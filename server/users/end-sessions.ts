import type { Db } from '../db/database.ts';
import { deleteSessionsOfUser } from './sessions.store.ts';

/** Ends every session of these accounts, in the caller's transaction. */
export async function endSessionsOfUsers(db: Db, userIds: string[]): Promise<void> {
  for (const id of userIds) await deleteSessionsOfUser(db, id);
}
