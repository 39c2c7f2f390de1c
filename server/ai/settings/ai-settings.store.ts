import type { Selectable } from 'kysely';
import { insertedOnce, preparedRead, type Db } from '../../db/database.ts';
import type { Schema } from '../../db/schema.ts';

export type AiSettingsRow = Selectable<Schema['license_ai_settings']>;

const byLicense = preparedRead<AiSettingsRow, [licenseId: string]>((db) => db.selectFrom('license_ai_settings').selectAll().where('license_id', '=', '').compile());

export async function findSettingsRow(db: Db, licenseId: string): Promise<AiSettingsRow | undefined> {
  const rows = await byLicense(db, [licenseId]);
  return rows[0];
}

/** False when the licence has settings already. */
export function insertSettings(db: Db, row: AiSettingsRow): Promise<boolean> {
  return insertedOnce(db.insertInto('license_ai_settings').values(row).execute());
}

export async function updateSettings(db: Db, licenseId: string, changes: Partial<AiSettingsRow>): Promise<void> {
  await db.updateTable('license_ai_settings').set(changes).where('license_id', '=', licenseId).execute();
}

/** Settings with a system prompt outside `from` (included) to `to` (not included). */
export function listPromptsOutside(db: Db, from: string, to: string, limit: number): Promise<Pick<AiSettingsRow, 'license_id' | 'system_prompt'>[]> {
  return db
    .selectFrom('license_ai_settings')
    .select(['license_id', 'system_prompt'])
    .where((eb) => eb.or([eb('system_prompt', '<', from), eb('system_prompt', '>=', to)]))
    .limit(limit)
    .execute();
}

/** Puts another text in the place of a system prompt, unless it has been changed meanwhile. */
export async function replacePrompt(db: Db, licenseId: string, from: string, to: string): Promise<void> {
  await db.updateTable('license_ai_settings').set({ system_prompt: to }).where('license_id', '=', licenseId).where('system_prompt', '=', from).execute();
}
