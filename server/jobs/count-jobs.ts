import type { Db } from '../db/database.ts';
import { countJobsByStatus } from './jobs.store.ts';

/** How many jobs wait or run, and how many have given up. What runs at intervals is always waiting and is not counted. */
export async function countJobs(db: Db): Promise<{ waiting: number; dead: number }> {
  const counts = await countJobsByStatus(db);
  return { waiting: (counts.get('queued') ?? 0) + (counts.get('running') ?? 0), dead: counts.get('dead') ?? 0 };
}
