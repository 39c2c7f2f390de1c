import { createHash } from 'node:crypto';
import type { Db } from '../db/database.ts';
import { addToWindow, beginWindow } from './request-counts.store.ts';

/** `limit` requests in each window of `windowMs`, for each `of` (an address of the net, an e-mail address), which is stored as a digest. */
export type RequestLimit = { name: string; of: string; limit: number; windowMs: number };

/** Counts a request; false when the window has no room for it. Exact whatever runs beside it, on every process. */
export async function countRequest(db: Db, { name, of, limit, windowMs }: RequestLimit, now: number): Promise<boolean> {
  const id = createHash('sha256').update(`${name}\n${of}`).digest();
  const windowStart = Math.floor(now / windowMs) * windowMs;
  if (await addToWindow(db, id, windowStart, limit)) return true;
  if (await beginWindow(db, id, windowStart)) return true;
  // Another request began the window in between, or it is full.
  return addToWindow(db, id, windowStart, limit);
}
