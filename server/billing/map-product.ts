import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
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

const externalIdLength = 190;

/**
 * Says what a product of a shop is to us, or changes it; two at once save one mapping. Purchases that waited for it are replayed by
 * replayDelivery. Throws INVALID_REQUEST for an unknown plan or product, and for an id that no product can have.
 */
export async function mapProduct(db: Db, input: MapProductInput, by: Actor, now: number): Promise<ProductMapping> {
  const externalId = input.externalId.trim();
  if (externalId === '' || externalId.length > externalIdLength) throw new AppError('INVALID_REQUEST', `external_id: must be 1 to ${externalIdLength} characters`, { field: 'external_id' });
  return transact(db, async (trx) => {
    const plan = input.plan === null ? undefined : await getPlanByCode(trx, input.plan, 'plan');
    const product = await getProductByCode(trx, input.product, 'product');
    const content = { plan_id: plan?.id ?? null, product_id: plan ? product.id : null, months: input.months, updated_at: now };
    let before = await findMapping(trx, input.provider, externalId);
    const created: ProductMapping = { id: newId(), provider: input.provider, external_id: externalId, ...content, created_at: now };
    if (!before && !(await insertMapping(trx, created))) before = await findMapping(trx, input.provider, externalId);
    const mapping = before ? { ...before, ...content } : created;
    if (before) await updateMapping(trx, mapping.id, content);
    await recordAudit(trx, by, { action: 'product_mapping.saved', entity: 'product_mapping', entityId: mapping.id, before, after: mapping }, now);
    return mapping;
  });
}
