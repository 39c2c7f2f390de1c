import { insertedOnce, type Db } from '../db/database.ts';

/** Adds one to a counter of the window that has room, by a guarded write; false when there is none, or another window runs. */
export async function addToWindow(db: Db, id: Uint8Array, windowStart: number, limit: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('request_counts')
    .set((eb) => ({ requests: eb('requests', '+', 1) }))
    .where('id', '=', id)
    .where('window_start', '=', windowStart)
    .where('requests', '<', limit)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Begins a newer window with one request; false when it has begun. */
export async function beginWindow(db: Db, id: Uint8Array, windowStart: number): Promise<boolean> {
  const { numUpdatedRows } = await db.updateTable('request_counts').set({ window_start: windowStart, requests: 1 }).where('id', '=', id).where('window_start', '<', windowStart).executeTakeFirst();
  return numUpdatedRows > 0n || insertedOnce(db.insertInto('request_counts').values({ id, window_start: windowStart, requests: 1 }).execute());
}
