import type { RawBuilder, SqlBool } from 'kysely';
import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import type { EntitledModule } from './modules.rules.ts';

/** A licence has these modules beside its plan and no others; `licenses.modules` repeats them for the verdicts. */
export async function replaceLicenseModules(db: Db, licenseId: string, modules: (EntitledModule & { moduleId: string })[], now: number): Promise<void> {
  await db.deleteFrom('license_modules').where('license_id', '=', licenseId).execute();
  if (modules.length > 0) {
    const rows = modules.map(({ moduleId, maxVersion, expiresAt }) => ({ license_id: licenseId, module_id: moduleId, max_version: maxVersion, expires_at: expiresAt, created_at: now }));
    await db.insertInto('license_modules').values(rows).execute();
  }
  const text = modules.length === 0 ? null : JSON.stringify(modules.map(({ code, maxVersion, expiresAt }) => ({ code, maxVersion, expiresAt })));
  await db.updateTable('licenses').set({ modules: text, updated_at: now }).where('id', '=', licenseId).execute();
}

/** What `licenses.modules` says of a licence that the condition allows. Throws NOT_FOUND. */
export async function getModulesText(db: Db, licenseId: string, condition: RawBuilder<SqlBool>): Promise<string | null> {
  const row = await db.selectFrom('licenses').select('modules').where('licenses.id', '=', licenseId).where(condition).executeTakeFirst();
  if (!row) throw new AppError('NOT_FOUND', 'There is no licence with this id.', { field: 'path.id' });
  return row.modules;
}
