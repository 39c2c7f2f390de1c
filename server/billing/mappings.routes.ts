import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { adminRead, idParams } from '../http/admin-route.ts';
import { adminWrite } from '../http/admin-write.ts';
import type { Route } from '../http/route.ts';
import { productMappingRecords } from '../records/catalog.records.ts';
import { readRecord } from '../records/records.ts';
import { providerNames } from './billing-events.ts';
import { listUnmapped } from './list-unmapped.store.ts';
import { mapProduct } from './map-product.ts';
import { replayWaiting } from './replay-waiting.ts';
import { unmapProduct } from './unmap-product.ts';

const tag = 'Products';
const scope = 'products.write';
const body = z.object({
  provider: z.enum(providerNames),
  external_id: z.string().trim().min(1, 'is required').max(190).meta({ description: 'Paddle and Stripe: the price id. WooCommerce: SKU, variation id or product id.', example: 'pri_01j8' }),
  plan: z.string().max(64).nullable().meta({ description: 'Code of the plan; null: it is sold, and no licence is issued.', example: 'pro' }),
  months: z.int().min(1).max(120).nullable().default(null).meta({ description: 'Of one purchase; null: for ever, or as the billing cycle of the shop says.' }),
  product: z.string().max(64).optional().meta({ description: 'Code of the product; without it the default one.' }),
  replay: z.boolean().default(true).meta({ description: 'Whether deliveries that were given up because of it are processed again.' }),
});
const unmapped = z.object({ provider: z.string(), external_id: z.string(), name: z.string(), order_lines: z.int(), first_at: z.iso.datetime(), last_at: z.iso.datetime() }).meta({ id: 'UnmappedProduct' });

/** What the products of the shops are to us. */
export function mappingRoutes(deps: Deps): Route[] {
  const waiting = adminRead(
    deps,
    { path: '/api/v1/unmapped-products', operationId: 'listUnmappedProducts', tag, scope: 'products.read', summary: 'Products that purchases wait for', description: 'At most 100, the newest first.', answer: z.object({ data: z.array(unmapped), next_cursor: z.null() }) },
    async () => ({ data: (await listUnmapped(deps.db)).map((row) => ({ provider: row.provider, external_id: row.external_product, name: row.name, order_lines: row.lines, first_at: new Date(row.first_at).toISOString(), last_at: new Date(row.last_at).toISOString() })), next_cursor: null }),
  );

  const save = adminWrite(
    deps,
    {
      method: 'post', path: '/api/v1/product-mappings', operationId: 'mapProduct', tag, scope, summary: 'Say what a product of a shop stands for', description: 'Or change it: there is one mapping for each product. It holds for purchases from now on, and for those that wait.',
      body, responses: { 200: { description: 'The mapping, and how many deliveries are processed again.', schema: productMappingRecords.item.extend({ replayed: z.int() }).meta({ id: 'SavedProductMapping' }) } },
    },
    async ({ body: { external_id: externalId, replay, ...input }, caller, trx, at }) => {
      const { id } = await mapProduct(trx, { ...input, months: input.plan === null ? null : input.months, externalId }, caller.by, at);
      const replayed = replay ? await replayWaiting(trx, input.provider, externalId, caller.by, at) : 0;
      return { body: { ...(await readRecord({ db: trx, now: deps.now }, productMappingRecords, id, caller)), replayed } };
    },
  );

  const remove = adminWrite(
    deps,
    { method: 'delete', path: '/api/v1/product-mappings/:id', operationId: 'unmapProduct', tag, scope, summary: 'Forget what a product stands for', description: 'The next purchase of it waits. What was issued stays.', params: idParams('product mapping'), responses: { 200: { description: 'Forgotten.', schema: z.object({ id: z.string(), deleted: z.literal(true) }) } } },
    async ({ params: { id }, caller, trx, at }) => {
      await unmapProduct(trx, id, caller.by, at);
      return { body: { id, deleted: true } };
    },
  );
  return [waiting, save, remove];
}
