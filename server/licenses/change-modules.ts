import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { listAllModules } from '../plans/change-module.ts';
import { getLicense, updateLicense } from './licenses.store.ts';
import { storedModules, type EntitledModule } from './modules.rules.ts';
import { replaceLicenseModules } from './modules.store.ts';

/**
 * Gives a licence exactly these modules beside those of its plan; it holds with the next validation. Throws NOT_FOUND for the licence, and
 * INVALID_REQUEST for a module that there is not, or that is archived and that the licence does not have yet.
 */
export function changeLicenseModules(db: Db, licenseId: string, modules: EntitledModule[], by: Actor, now: number, reason?: string): Promise<EntitledModule[]> {
  return transact(db, async (trx) => {
    // Takes the row first, so that two changes of one licence follow each other on every database.
    await updateLicense(trx, licenseId, { updated_at: now });
    const before = storedModules((await getLicense(trx, licenseId)).modules);
    const known = new Map((await listAllModules(trx)).map((module) => [module.code, module]));
    const rows = modules.map((module) => {
      const row = known.get(module.code);
      const isNew = !before.some(({ code }) => code === module.code);
      if (!row || (row.archived_at !== null && isNew)) throw new AppError('INVALID_REQUEST', `modules: there is no module "${module.code}"`, { field: 'modules' });
      return { code: module.code, maxVersion: module.maxVersion, expiresAt: module.expiresAt, moduleId: row.id };
    });
    const after = rows.map(({ code, maxVersion, expiresAt }) => ({ code, maxVersion, expiresAt }));
    if (JSON.stringify(before) === JSON.stringify(after)) return after;
    await replaceLicenseModules(trx, licenseId, rows, now);
    await recordAudit(trx, by, { action: 'license.modules_changed', entity: 'license', entityId: licenseId, before: { modules: before }, after: { modules: after }, reason }, now);
    return after;
  });
}
