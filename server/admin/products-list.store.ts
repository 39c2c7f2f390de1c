import { sql, type Selectable } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

/** Counting stops here: beyond, people want to know only that there are many. */
export const countedUpTo = 10_000;

/** How many licences have a plan, up to `countedUpTo`. */
export function countLicensesOfPlan(db: Db, planId: string): Promise<number> {
  return countUpTo(db, sql`select 1 as found from licenses where plan_id = ${planId} limit ${sql.lit(countedUpTo)}`);
}

/** How many licences have a module beside their plan, up to `countedUpTo`. */
export function countLicensesOfModule(db: Db, moduleId: string): Promise<number> {
  return countUpTo(db, sql`select 1 as found from license_modules where module_id = ${moduleId} limit ${sql.lit(countedUpTo)}`);
}

async function countUpTo(db: Db, query: ReturnType<typeof sql>): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from (${query}) as counted`.execute(db);
  return rows[0]?.count ?? 0;
}

export type MappingRow = Selectable<Schema['product_mappings']> & { plan: string | null; plan_name: string | null; is_plan_archived: boolean; product: string | null; product_name: string | null };

/** What the products of the shops are to us, with plan and product, the newest change first. */
export async function listMappings(db: Db): Promise<MappingRow[]> {
  const rows = await db
    .selectFrom('product_mappings')
    .leftJoin('plans', 'plans.id', 'product_mappings.plan_id')
    .leftJoin('products', 'products.id', 'product_mappings.product_id')
    .selectAll('product_mappings')
    .select(['plans.code as plan', 'plans.name as plan_name', 'plans.archived_at', 'products.code as product', 'products.name as product_name'])
    .orderBy('product_mappings.updated_at', 'desc')
    .orderBy('product_mappings.id', 'desc')
    .limit(1_000)
    .execute();
  return rows.map(({ archived_at: archivedAt, ...row }) => ({ ...row, is_plan_archived: archivedAt !== null }));
}
