import type { Db } from '../db/database.ts';

/** How many jobs wait and how many have given up. */
export async function countQueue(db: Db): Promise<{ waiting: number; dead: number }> {
  const rows = await db.selectFrom('jobs').select(['status', (eb) => eb.fn.countAll<number>().as('count')]).groupBy('status').execute();
  const count = (status: string) => rows.find((row) => row.status === status)?.count ?? 0;
  return { waiting: count('queued') + count('running'), dead: count('dead') };
}
