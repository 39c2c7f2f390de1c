import type { Db } from '../db/database.ts';

/** Payloads of the jobs that gave up on a delivery. */
export async function listDeadDeliveryPayloads(db: Db): Promise<string[]> {
  const rows = await db.selectFrom('jobs').select('payload').where('kind', '=', 'apply-delivery').where('status', '=', 'dead').orderBy('id').execute();
  return rows.map(({ payload }) => payload);
}

/** Ids of deliveries, oldest first; of one provider, when one is given. */
export async function listDeliveryIds(db: Db, provider: string | undefined): Promise<string[]> {
  const deliveries = db.selectFrom('inbox').select('id').orderBy('received_at').orderBy('id');
  const rows = await (provider === undefined ? deliveries : deliveries.where('provider', '=', provider)).execute();
  return rows.map(({ id }) => id);
}
