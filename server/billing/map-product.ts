import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { newId } from '../ids.ts';
import { getPlanByCode, getProductByCode } from '../plans/get-plan.ts';
import { findMapping, insertMapping, updateMapping, type ProductMapping } from './billing.store.ts';

export type MapProductInput = {
  provider: string;
  /** Paddle: price id. WooCommerce: SKU, variation id or product id. */
  externalId: string;
  /** Plan code; null says that the shop sells it and that it is no licence. */
  plan: string | null;
  /** Calendar months of one purchase; null for ever. */
  months: number | null;
  product?: string | undefined;
};

/** Says what a product of a shop is to us, or changes it. Purchases that waited for it are replayed by replayDelivery. Throws INVALID_REQUEST for an unknown plan or product. */
export function mapProduct(db: Db, input: MapProductInput, by: Actor, now: number): Promise<ProductMapping> {
  return transact(db, async (trx) => {
    const plan = input.plan === null ? undefined : await getPlanByCode(trx, input.plan, 'plan');
    const product = await getProductByCode(trx, input.product, 'product');
    const before = await findMapping(trx, input.provider, input.externalId);
    const mapping: ProductMapping = {
      id: before?.id ?? newId(),
      provider: input.provider,
      external_id: input.externalId,
      plan_id: plan?.id ?? null,
      product_id: plan ? product.id : null,
      months: input.months,
      created_at: before?.created_at ?? now,
      updated_at: now,
    };
    if (before) await updateMapping(trx, mapping.id, mapping);
    else await insertMapping(trx, mapping);
    await recordAudit(trx, by, { action: 'product_mapping.saved', entity: 'product_mapping', entityId: mapping.id, before, after: mapping }, now);
    return mapping;
  });
}
