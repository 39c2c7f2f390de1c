import type { Db } from '../db/database.ts';
import { deleteMessagesBefore } from './webhooks.store.ts';

const keptMs = 90 * 24 * 60 * 60 * 1000;

/** Deletes messages with their deliveries after three months. Until then a cause that comes again is known. */
export function pruneWebhooks(db: Db, now: number): Promise<void> {
  return deleteMessagesBefore(db, now - keptMs);
}
