import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { findPlanByCode, findProductByCode, listOfferedPlans, listPlans, type Plan, type Product } from './plans.store.ts';

export const defaultProductCode = 'chatello';

/** The plan with this code, archived or not. Throws NOT_FOUND. */
export async function getPlan(db: Db, code: string): Promise<Plan> {
  const plan = await findPlanByCode(db, code.trim().toLowerCase());
  if (!plan) throw new AppError('NOT_FOUND', `There is no plan "${code}".`, { field: 'path.code' });
  return plan;
}

/** The product with this code, archived or not. Throws NOT_FOUND. */
export async function getProduct(db: Db, code: string): Promise<Product> {
  const product = await findProductByCode(db, code.trim().toLowerCase());
  if (!product) throw new AppError('NOT_FOUND', `There is no product "${code}".`, { field: 'path.code' });
  return product;
}

/** The plan with this code, to be given to somebody. Throws INVALID_REQUEST that lists the codes that can be chosen; an archived plan cannot. */
export async function getPlanByCode(db: Db, code: string, field = 'body.plan'): Promise<Plan> {
  const plans = await listOfferedPlans(db);
  const plan = plans.find((candidate) => candidate.code === code.trim().toLowerCase());
  if (!plan) throw new AppError('INVALID_REQUEST', `${field}: there is no plan "${code}"; the plans are ${plans.map((candidate) => candidate.code).join(', ')}`, { field });
  return plan;
}

/** The product with this code, to be given to somebody; without a code the default product. Throws INVALID_REQUEST. */
export async function getProductByCode(db: Db, code: string = defaultProductCode, field = 'body.product'): Promise<Product> {
  const product = await findProductByCode(db, code.trim().toLowerCase());
  if (!product || (product.archived_at !== null && product.code !== defaultProductCode)) throw new AppError('INVALID_REQUEST', `${field}: there is no product "${code}"`, { field });
  return product;
}

/** The plan with this id, which a row refers to. */
export async function getPlanById(db: Db, id: string): Promise<Plan> {
  const plan = (await listPlans(db)).find((candidate) => candidate.id === id);
  if (!plan) throw new Error(`there is no plan with the id ${id}`);
  return plan;
}
