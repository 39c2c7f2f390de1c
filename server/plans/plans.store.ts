import type { Selectable } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

export type Plan = Selectable<Schema['plans']>;
export type Product = Selectable<Schema['products']>;

export function listPlans(db: Db): Promise<Plan[]> {
  return db.selectFrom('plans').selectAll().orderBy('position').execute();
}

export function findProductByCode(db: Db, code: string): Promise<Product | undefined> {
  return db.selectFrom('products').selectAll().where('code', '=', code).executeTakeFirst();
}

export function listProducts(db: Db): Promise<Product[]> {
  return db.selectFrom('products').selectAll().orderBy('name').execute();
}

export async function insertPlan(db: Db, plan: Plan): Promise<void> {
  await db.insertInto('plans').values(plan).execute();
}

export async function insertProduct(db: Db, product: Product): Promise<void> {
  await db.insertInto('products').values(product).execute();
}

export async function updatePlan(db: Db, id: string, changes: Partial<Plan>): Promise<void> {
  await db.updateTable('plans').set(changes).where('id', '=', id).execute();
}
