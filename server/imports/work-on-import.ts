import { othersTurn } from '../others-turn.ts';
import { recordAudit } from '../audit/record-audit.ts';
import { transact } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { checkLines } from './check-lines.ts';
import { clearCheck } from './delete-import.ts';
import { getImport, parseMapping, reportOf } from './get-import.ts';
import { loadImportContext } from './import-context.ts';
import { lineReader } from './import-lines.ts';
import { findImport, moveImport, takeLines, updateImport, type Import } from './imports.store.ts';
import type { Mapping } from './mapping.rules.ts';
import type { ImportContext } from './read-line.rules.ts';
import { isWorking } from './report.rules.ts';
import { runLines } from './run-lines.ts';
import { enqueueWork } from './steer-import.ts';
import { undoItems } from './undo-items.ts';
import { importActor, type Work } from './work.ts';

/** A job that runs longer than this hands over to the next, so that a server which is told to stop need not wait for a million lines. */
const jobMs = 3_000;
const linesChecked = 50;
const linesRun = 20;
const itemsUndone = 10;

type WorkDeps = Pick<Deps, 'db' | 'vault' | 'now'>;

/**
 * Works on an import from where it stands: dry run, import or undoing. Each slice is a transaction that moves the place along with what
 * it does, so a crash loses nothing and repeats nothing, and of two processes one is always sent on. Between two slices everybody else
 * gets a turn.
 */
export async function workOnImport(deps: WorkDeps, { importId }: { importId: string }): Promise<void> {
  const { db, vault, now } = deps;
  const endsAt = performance.now() + jobMs;
  const first = await findImport(db, importId);
  const mapping = parseMapping(first?.mapping);
  if (!first || !mapping) return;
  const context = await loadImportContext(db, mapping);
  const read = lineReader(db, vault, importId);
  for (let row: Import | undefined = first; row && isWorking(row.status); row = await findImport(db, importId)) {
    if (performance.now() > endsAt) {
      await enqueueWork(db, row, now());
      return;
    }
    if (row.status === 'undoing') await undoSlice(deps, row);
    else await lineSlice(deps, row, mapping, context, read);
    await othersTurn();
  }
}

async function lineSlice({ db, vault, now }: WorkDeps, row: Import, mapping: Mapping, context: ImportContext, read: ReturnType<typeof lineReader>): Promise<void> {
  const isCheck = row.status === 'checking';
  if (row.next_line < 0) {
    await clearCheck(db, row.id);
    await transact(db, (trx) => takeLines(trx, row, 0, now()), 'unsynced');
    return;
  }
  const lines = await read(row.next_line, isCheck ? linesChecked : linesRun);
  if (lines.length === 0) return finish({ db, vault, now }, row, isCheck ? 'checked' : 'done');
  const work: Work = { row, mapping, context, lines };
  // Losing the last slices in a power failure takes their place back with them.
  await transact(db, async (trx) => {
    if (!(await takeLines(trx, row, row.next_line + lines.length, now()))) return;
    const report = reportOf(await getImport(trx, row.id));
    await updateImport(trx, row.id, { report: JSON.stringify(await (isCheck ? checkLines : runLines)(trx, vault, work, report, now())) });
  }, 'unsynced');
}

async function undoSlice({ db, vault, now }: WorkDeps, row: Import): Promise<void> {
  if (row.next_line <= 0) return finish({ db, vault, now }, row, 'undone');
  const to = Math.max(row.next_line - itemsUndone, 0);
  await transact(db, async (trx) => {
    if (!(await takeLines(trx, row, to, now()))) return;
    const report = reportOf(await getImport(trx, row.id));
    await updateImport(trx, row.id, { report: JSON.stringify(await undoItems(trx, row, { from: to, before: row.next_line }, report, now())) });
  }, 'unsynced');
}

/** Synced: with this commit everything before it is durable too. */
async function finish({ db, now }: WorkDeps, row: Import, status: 'checked' | 'done' | 'undone'): Promise<void> {
  const at = now();
  await transact(db, async (trx) => {
    if (!(await moveImport(trx, row.id, [row.status], { status, reason: null, updated_at: at, ...(status === 'checked' ? {} : { finished_at: at }) }))) return;
    const report = reportOf(await getImport(trx, row.id));
    const after = status === 'done' ? report.run : report.undo;
    if (status !== 'checked') await recordAudit(trx, { actor: importActor(row.id) }, { action: `import.${status === 'done' ? 'finished' : 'undone'}`, entity: 'import', entityId: row.id, after }, at);
  });
}

/** Notes why the work on an import was given up. */
export async function markImportStopped({ db, now }: Pick<Deps, 'db' | 'now'>, { importId }: { importId: string }, reason: string): Promise<void> {
  await updateImport(db, importId, { reason: reason.slice(0, 2_000), updated_at: now() });
}
