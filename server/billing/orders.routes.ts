import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { idParams } from '../http/admin-route.ts';
import { adminWrite } from '../http/admin-write.ts';
import type { Route } from '../http/route.ts';
import { newId } from '../ids.ts';
import { orderRecords } from '../records/orders.records.ts';
import { readRecord } from '../records/records.ts';
import { replayOrder } from './replay-order.ts';
import { resendKeys } from './resend-keys.ts';

const tag = 'Orders';
const scope = 'orders.write';
const params = idParams('order');

/** Settling an order again, and sending its keys again. */
export function orderRoutes(deps: Deps): Route[] {
  const replay = adminWrite(
    deps,
    { method: 'post', path: '/api/v1/orders/:id/replay', operationId: 'replayOrder', tag, scope, summary: 'Process everything again that was delivered about an order', description: 'What has been done already is not done twice.', params, responses: { 202: { description: 'They wait to be processed.', schema: z.object({ id: z.string(), deliveries: z.int() }) } }, errors: ['CONFLICT'] },
    async ({ params: { id }, caller, deps: inside, trx, at }) => {
      await readRecord(inside, orderRecords, id, caller);
      return { status: 202, body: { id, deliveries: await replayOrder(trx, id, caller.by, at) } };
    },
  );
  const resend = adminWrite(
    deps,
    { method: 'post', path: '/api/v1/orders/:id/resend-keys', operationId: 'resendKeys', tag, scope, summary: 'Send the keys of an order to its customer again', params, responses: { 202: { description: 'The e-mail waits in the outbox.', schema: z.object({ id: z.string(), recipient: z.string(), licenses: z.int() }) } }, errors: ['CONFLICT'] },
    async ({ params: { id }, caller, deps: inside }) => {
      await readRecord(inside, orderRecords, id, caller);
      return { status: 202, body: { id, ...(await resendKeys(inside, id, newId(), caller.by)) } };
    },
  );
  return [replay, resend];
}
