import type { Db } from './database.ts';

/** What several rows must keep together: somebody is left who may do everything; each path of the tree is that of the parent with the own id. */
export type Guard = 'superadmins' | 'organizations';

/**
 * Writes the row that stands for such a promise (0135). Changes that could break it do this first: in transactions of whatever machine they follow
 * each other, and what is read afterwards holds.
 */
export async function holdGuard(db: Db, name: Guard): Promise<void> {
  await db.updateTable('guards').set((eb) => ({ changes: eb('changes', '+', 1) })).where('name', '=', name).execute();
}
