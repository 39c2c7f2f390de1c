import type { Db } from '../../db/database.ts';

/** Locks a provider for this transaction, if there is one of this name. */
export async function holdProvider(db: Db, name: string): Promise<void> {
  await db.updateTable('ai_providers').set((eb) => ({ created_at: eb.ref('created_at') })).where('name', '=', name).execute();
}

/** Locks the targets of an alias for this transaction. */
export async function holdAlias(db: Db, alias: string): Promise<void> {
  await db.updateTable('model_aliases').set((eb) => ({ created_at: eb.ref('created_at') })).where('alias', '=', alias).execute();
}
