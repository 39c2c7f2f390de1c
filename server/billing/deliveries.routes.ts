import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { idParams } from '../http/admin-route.ts';
import { adminWrite } from '../http/admin-write.ts';
import { momentFilter } from '../http/list-query.rules.ts';
import type { Route } from '../http/route.ts';
import { deliveryRecords } from '../records/messages.records.ts';
import { readRecord } from '../records/records.ts';
import { replayDelivery, replayOldest } from './replay-delivery.ts';

const tag = 'Messages';
const replaysAtOnce = 100;

/** Processing what the shops have sent once more. */
export function deliveryRoutes(deps: Deps): Route[] {
  const one = adminWrite(
    deps,
    {
      method: 'post', path: '/api/v1/deliveries/:id/replay', operationId: 'replayDelivery', tag, scope: 'deliveries.write', summary: 'Process a delivery once more', description: 'What it has done already is not done again.', params: idParams('delivery'),
      responses: { 202: { description: 'It waits to be processed.', schema: deliveryRecords.item } },
    },
    async ({ params: { id }, caller, trx, deps: inside, at }) => {
      await replayDelivery(trx, id, caller.by, at);
      return { status: 202, body: await readRecord(inside, deliveryRecords, id, caller) };
    },
  );

  const many = adminWrite(
    deps,
    {
      method: 'post', path: '/api/v1/delivery-replays', operationId: 'replayDeliveries', tag, scope: 'deliveries.write', summary: 'Process the deliveries that a filter leaves once more', description: `Oldest first, at most ${replaysAtOnce} in one request; \`next_from\` says where to go on.`,
      body: z.object({ provider: z.string().min(1).max(32).optional().meta({ example: 'paddle' }), status: z.literal('dead').optional(), from: momentFilter.optional(), to: momentFilter.optional() }).refine((filter) => Object.values(filter).some((value) => value !== undefined), 'send at least one of provider, status, from and to'),
      responses: { 202: { description: 'They wait to be processed.', schema: z.object({ replayed: z.int(), next_from: z.iso.datetime().nullable().meta({ description: 'For `from` of the next request; null: these were all.' }) }) } },
    },
    async ({ body, caller, trx, at }) => {
      const { ids, nextFrom } = await replayOldest(trx, body, replaysAtOnce, caller.by, at);
      return { status: 202, body: { replayed: ids.length, next_from: nextFrom === undefined ? null : new Date(nextFrom).toISOString() } };
    },
  );
  return [one, many];
}
