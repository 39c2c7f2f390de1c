import { z } from 'zod';
import type { Actor } from '../audit/record-audit.ts';
import type { Db } from '../db/database.ts';
import { replayDelivery } from './replay-delivery.ts';
import { listDeadDeliveryPayloads, listDeliveryIds } from './replay.store.ts';

const payloadOfJob = z.object({ inboxId: z.string() });

export type ReplayFilter = { provider?: string | undefined; dead: boolean };

/** Processes the deliveries of a provider (or of all) once more, oldest first, with `dead` those that were given up on; returns their ids. Each is a transaction of its own. */
export async function replayDeliveries(db: Db, { provider, dead }: ReplayFilter, by: Actor, now: number): Promise<string[]> {
  const deadIds = new Set((await listDeadDeliveryPayloads(db)).map((payload) => payloadOfJob.parse(JSON.parse(payload)).inboxId));
  const ids = (await listDeliveryIds(db, provider)).filter((id) => !dead || deadIds.has(id));
  for (const id of ids) await replayDelivery(db, id, by, now);
  return ids;
}
