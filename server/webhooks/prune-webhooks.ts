import type { Db } from '../db/database.ts';
import { deleteMessagesBefore } from './webhooks.store.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** Deletes messages with their deliveries after so many days. Until then a cause that comes again is known. */
export function pruneWebhooks(db: Db, keptDays: number, now: number): Promise<void> {
  return deleteMessagesBefore(db, now - keptDays * dayMs);
}
