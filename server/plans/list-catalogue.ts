import type { Db } from '../db/database.ts';
import { listPlans, listProducts, type Plan, type Product } from './plans.store.ts';

/** Everything that is sold: the plans in their order, and the products. */
export async function listCatalogue(db: Db): Promise<{ plans: Plan[]; products: Product[] }> {
  return { plans: await listPlans(db), products: await listProducts(db) };
}
