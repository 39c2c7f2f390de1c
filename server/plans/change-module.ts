import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import { findModuleByCode, insertModule, listModules, updateModule, type Module } from './modules.store.ts';

export type ModuleContent = { name: string; description: string | null };

/** The module with this code, archived or not. Throws NOT_FOUND. */
export async function getModule(db: Db, code: string): Promise<Module> {
  const module = await findModuleByCode(db, code.trim().toLowerCase());
  if (!module) throw new AppError('NOT_FOUND', `There is no module "${code}".`, { field: 'path.code' });
  return module;
}

/** Every module, archived ones too, in their order. */
export function listAllModules(db: Db): Promise<Module[]> {
  return listModules(db);
}

/** Adds a module, which no plan has yet. Throws CONFLICT when the code is taken. */
export function createModule(db: Db, code: string, { name, description }: ModuleContent, by: Actor, now: number): Promise<Module> {
  return transact(db, async (trx) => {
    const position = Math.max(-1, ...(await listModules(trx)).map((module) => module.position)) + 1;
    const module: Module = { id: newId(), code, name, description, position, archived_at: null, created_at: now, updated_at: now };
    if (!(await insertModule(trx, module))) throw new AppError('CONFLICT', `There is a module with the code "${code}" already.`, { field: 'code' });
    await recordAudit(trx, by, { action: 'module.created', entity: 'module', entityId: module.id, after: { module: code, name, description } }, now);
    return module;
  });
}

/** Renames a module or describes it anew; sites know it by its code. Throws NOT_FOUND. */
export function changeModule(db: Db, code: string, changes: Partial<ModuleContent>, by: Actor, now: number): Promise<Module> {
  return transact(db, async (trx) => {
    const module = await getModule(trx, code);
    const after = { name: changes.name ?? module.name, description: changes.description === undefined ? module.description : changes.description };
    if (after.name === module.name && after.description === module.description) return module;
    await updateModule(trx, module.id, { ...after, updated_at: now });
    await recordAudit(trx, by, { action: 'module.changed', entity: 'module', entityId: module.id, before: { name: module.name, description: module.description }, after: { module: code, ...after } }, now);
    return { ...module, ...after, updated_at: now };
  });
}

/** Takes a module off the list of what can be given, or puts it back. Plans and licences that have it keep it. Throws NOT_FOUND. */
export function archiveModule(db: Db, code: string, isArchived: boolean, by: Actor, now: number): Promise<Module> {
  return transact(db, async (trx) => {
    const module = await getModule(trx, code);
    if ((module.archived_at !== null) === isArchived) return module;
    const changes = { archived_at: isArchived ? now : null, updated_at: now };
    await updateModule(trx, module.id, changes);
    await recordAudit(trx, by, { action: isArchived ? 'module.archived' : 'module.restored', entity: 'module', entityId: module.id, after: { module: code } }, now);
    return { ...module, ...changes };
  });
}
