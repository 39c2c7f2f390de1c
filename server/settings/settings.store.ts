import type { Db } from '../db/database.ts';

/** What is stored, as text by name. */
export async function readStoredSettings(db: Db): Promise<Map<string, string>> {
  const rows = await db.selectFrom('settings').select(['id', 'value']).execute();
  return new Map(rows.map(({ id, value }) => [id, value]));
}

/** Stores a setting, or forgets it (null): then its default holds again. */
export async function writeSetting(db: Db, name: string, text: string | null, now: number): Promise<void> {
  await db.deleteFrom('settings').where('id', '=', name).execute();
  if (text !== null) await db.insertInto('settings').values({ id: name, value: text, created_at: now, updated_at: now }).execute();
}

/** Locks a stored setting for this transaction. */
export async function holdSetting(db: Db, name: string): Promise<void> {
  await db.updateTable('settings').set((eb) => ({ created_at: eb.ref('created_at') })).where('id', '=', name).execute();
}
