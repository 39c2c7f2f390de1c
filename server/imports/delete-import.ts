import { othersTurn } from '../others-turn.ts';
import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { deleteImportRow, deleteSomeCheckRows, deleteSomeRows, fileGone, listIdleImports, moveImport, updateImport } from './imports.store.ts';

const dayMs = 24 * 60 * 60 * 1000;
const keptMs = 30 * dayMs;

/** Deletes an import with its file, a slice at a time. What it has made stays. */
export async function deleteImport(db: Db, id: string): Promise<void> {
  await deleteRows(db, id, false);
  await transact(db, (trx) => deleteImportRow(trx, id));
}

/** Forgets the dry run of an import, to begin a new one. */
export async function clearCheck(db: Db, id: string): Promise<void> {
  while (await transact(db, (trx) => deleteSomeCheckRows(trx, id), 'unsynced')) await othersTurn();
}

async function deleteRows(db: Db, id: string, keepReport: boolean): Promise<void> {
  while (await transact(db, (trx) => deleteSomeRows(trx, id, keepReport), 'unsynced')) await othersTurn();
}

/** Throws away a file that has not been imported. Throws CONFLICT when it has been, or is being worked on. */
export async function discardImport(db: Db, id: string, by: Actor, now: number): Promise<void> {
  await markDiscarded(db, id, by, now);
  await deleteImport(db, id);
}

/** The first half of it: from here on the import is not there any more. */
export async function markDiscarded(db: Db, id: string, by: Actor, now: number): Promise<void> {
  await transact(db, async (trx) => {
    // Nobody works on it from here on; a crash leaves it to be pruned.
    if (!(await moveImport(trx, id, ['mapping', 'checked'], { status: 'receiving', updated_at: now }))) throw new AppError('CONFLICT', 'This import has been run or is being worked on, so its file cannot be thrown away.');
    await recordAudit(trx, by, { action: 'import.discarded', entity: 'import', entityId: id }, now);
  });
}

/** Clears away files that broke off on their way, those that nobody has imported for a month, and the contents of those imported a month ago. Their reports stay. */
export async function pruneImports(db: Db, now: number): Promise<void> {
  const slice = 20;
  for (const { id } of await listIdleImports(db, ['receiving'], now - dayMs, slice)) await deleteImport(db, id);
  for (const { id } of await listIdleImports(db, ['mapping', 'checked'], now - keptMs, slice)) await deleteImport(db, id);
  for (const { id } of await listIdleImports(db, ['done', 'undone'], now - keptMs, slice)) {
    await deleteRows(db, id, true);
    await updateImport(db, id, { next_line: fileGone });
  }
}
