import type { Selectable } from 'kysely';
import { insertedOnce, type Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

export type Plan = Selectable<Schema['plans']>;
export type Product = Selectable<Schema['products']>;

export function listPlans(db: Db): Promise<Plan[]> {
  return db.selectFrom('plans').selectAll().orderBy('position').orderBy('created_at').orderBy('id').execute();
}

/** Those that can be given to somebody: without the archived ones. */
export function listOfferedPlans(db: Db): Promise<Plan[]> {
  return db.selectFrom('plans').selectAll().where('archived_at', 'is', null).orderBy('position').orderBy('created_at').orderBy('id').execute();
}

export function findPlanByCode(db: Db, code: string): Promise<Plan | undefined> {
  return db.selectFrom('plans').selectAll().where('code', '=', code).executeTakeFirst();
}

export function findProductByCode(db: Db, code: string): Promise<Product | undefined> {
  return db.selectFrom('products').selectAll().where('code', '=', code).executeTakeFirst();
}

export function listProducts(db: Db): Promise<Product[]> {
  return db.selectFrom('products').selectAll().orderBy('name').orderBy('id').execute();
}

/** Those that can be given to somebody: without the archived ones. */
export function listOfferedProducts(db: Db): Promise<Product[]> {
  return db.selectFrom('products').selectAll().where('archived_at', 'is', null).orderBy('name').orderBy('id').execute();
}

/** False when the code is taken. */
export function insertPlan(db: Db, plan: Plan): Promise<boolean> {
  return insertedOnce(db.insertInto('plans').values(plan).execute());
}

/** False when the code is taken. */
export function insertProduct(db: Db, product: Product): Promise<boolean> {
  return insertedOnce(db.insertInto('products').values(product).execute());
}

export async function updatePlan(db: Db, id: string, changes: Partial<Plan>): Promise<void> {
  await db.updateTable('plans').set(changes).where('id', '=', id).execute();
}

export async function updateProduct(db: Db, id: string, changes: Partial<Product>): Promise<void> {
  await db.updateTable('products').set(changes).where('id', '=', id).execute();
}
