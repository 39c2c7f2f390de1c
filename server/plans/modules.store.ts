import type { Selectable } from 'kysely';
import { insertedOnce, type Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

export type Module = Selectable<Schema['modules']>;
export type PlanModule = { plan_id: string; module_id: string; code: string; name: string; max_version: string | null };

export function listModules(db: Db): Promise<Module[]> {
  return db.selectFrom('modules').selectAll().orderBy('position').orderBy('created_at').orderBy('id').execute();
}

export function findModuleByCode(db: Db, code: string): Promise<Module | undefined> {
  return db.selectFrom('modules').selectAll().where('code', '=', code).executeTakeFirst();
}

/** False when the code is taken. */
export function insertModule(db: Db, module: Module): Promise<boolean> {
  return insertedOnce(db.insertInto('modules').values(module).execute());
}

export async function updateModule(db: Db, id: string, changes: Partial<Module>): Promise<void> {
  await db.updateTable('modules').set(changes).where('id', '=', id).execute();
}

/** The modules of every plan, or of one, in the order of the modules. */
export function listPlanModules(db: Db, planId?: string): Promise<PlanModule[]> {
  const query = db
    .selectFrom('plan_modules')
    .innerJoin('modules', 'modules.id', 'plan_modules.module_id')
    .select(['plan_modules.plan_id', 'plan_modules.module_id', 'modules.code', 'modules.name', 'plan_modules.max_version'])
    .orderBy('modules.position')
    .orderBy('modules.created_at')
    .orderBy('modules.id');
  return (planId === undefined ? query : query.where('plan_modules.plan_id', '=', planId)).execute();
}

/** A plan has these modules and no others. */
export async function replacePlanModules(db: Db, planId: string, modules: { moduleId: string; maxVersion: string | null }[]): Promise<void> {
  await db.deleteFrom('plan_modules').where('plan_id', '=', planId).execute();
  if (modules.length > 0) await db.insertInto('plan_modules').values(modules.map(({ moduleId, maxVersion }) => ({ plan_id: planId, module_id: moduleId, max_version: maxVersion }))).execute();
}
