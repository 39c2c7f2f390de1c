import type { Db } from '../db/database.ts';
import { newId } from '../ids.ts';
import { getPlanByCode, getProductByCode } from '../plans/get-plan.ts';
import { findMapping, insertMapping } from './billing.store.ts';

const skus = { 'CHATELLO-STARTER': 'starter', 'CHATELLO-PRO': 'pro', 'CHATELLO-AGENCY': 'agency' };
const months = 12;

/** Maps the SKUs that work out of the box, a year each. What is mapped already stays as the operator left it. */
export async function seedMappings(db: Db, now: number): Promise<void> {
  const product = await getProductByCode(db);
  for (const [sku, planCode] of Object.entries(skus)) {
    if (await findMapping(db, 'woocommerce', sku)) continue;
    const plan = await getPlanByCode(db, planCode);
    await insertMapping(db, { id: newId(), provider: 'woocommerce', external_id: sku, plan_id: plan.id, product_id: product.id, months, created_at: now, updated_at: now });
  }
}
