import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { enqueueJob, runAgain } from '../jobs/enqueue.ts';
import { listCatalogue } from '../plans/list-catalogue.ts';
import { getImport, reportOf } from './get-import.ts';
import { moveImport, updateImport, type Import } from './imports.store.ts';
import { mappingProblem, type FileHead, type Mapping } from './mapping.rules.ts';
import { emptyTally, isWorking } from './report.rules.ts';

/** The place before the first line: what an earlier dry run has found is cleared away first. */
export const beforeFirstLine = -1;

/**
 * Decides what the columns and words of a file mean and begins the dry run. Throws INVALID_REQUEST naming what is missing (`detail`: its
 * code), and CONFLICT once the import has begun.
 */
export async function checkImport(db: Db, id: string, mapping: Mapping, head: FileHead, by: Actor, now: number): Promise<void> {
  const problem = mappingProblem(mapping, head, await listCatalogue(db));
  if (problem) throw new AppError('INVALID_REQUEST', `${problem.field}: ${problem.code.replaceAll('_', ' ')}`, { field: `body.${problem.field}`, detail: problem.code });
  await transact(db, async (trx) => {
    const report = { ...reportOf(await getImport(trx, id)), check: emptyTally() };
    const changes = { status: 'checking', mapping: JSON.stringify(mapping), report: JSON.stringify(report), reason: null, next_line: beforeFirstLine, updated_at: now };
    if (!(await moveImport(trx, id, ['mapping', 'checked'], changes))) throw tooLate();
    await recordAudit(trx, by, { action: 'import.checked', entity: 'import', entityId: id, after: { kind: mapping.kind, existing: mapping.existing, new_keys: mapping.newKeys } }, now);
    await enqueueWork(trx, await getImport(trx, id), now);
  });
}

/** Keeps what has been decided so far. A dry run that was done is void. Throws NOT_FOUND, and CONFLICT once the import has begun. */
export async function saveMapping(db: Db, id: string, mapping: Mapping, now: number): Promise<void> {
  await transact(db, async (trx) => {
    await getImport(trx, id);
    if (!(await moveImport(trx, id, ['mapping', 'checked'], { status: 'mapping', mapping: JSON.stringify(mapping), updated_at: now }))) throw tooLate();
  });
}

/** Imports what the dry run has accepted. Throws NOT_FOUND, and CONFLICT unless the dry run is done. */
export async function startImport(db: Db, id: string, by: Actor, now: number): Promise<void> {
  await transact(db, async (trx) => {
    await getImport(trx, id);
    if (!(await moveImport(trx, id, ['checked'], { status: 'running', next_line: 0, started_at: now, updated_at: now }))) throw tooLate();
    const row = await getImport(trx, id);
    await recordAudit(trx, by, { action: 'import.started', entity: 'import', entityId: id, after: { file_name: row.file_name, lines: row.total_lines } }, now);
    await enqueueWork(trx, row, now);
  });
}

/** Takes back what an import has made and nobody has used since. Throws NOT_FOUND, and CONFLICT unless it is done. */
export async function undoImport(db: Db, id: string, by: Actor, reason: string | undefined, now: number): Promise<void> {
  await transact(db, async (trx) => {
    const { items } = reportOf(await getImport(trx, id));
    if (!(await moveImport(trx, id, ['done'], { status: 'undoing', next_line: items, updated_at: now }))) throw tooLate();
    const row = await getImport(trx, id);
    await recordAudit(trx, by, { action: 'import.undo_started', entity: 'import', entityId: id, after: { file_name: row.file_name, items }, reason }, now);
    await enqueueWork(trx, row, now);
  });
}

/** Goes on with an import whose work was given up. Throws NOT_FOUND, and CONFLICT when nothing is left to do. */
export async function resumeImport(db: Db, id: string, by: Actor, now: number): Promise<void> {
  await transact(db, async (trx) => {
    const row = await getImport(trx, id);
    if (!isWorking(row.status)) throw new AppError('CONFLICT', 'There is nothing to go on with.');
    await updateImport(trx, id, { reason: null, updated_at: now });
    await recordAudit(trx, by, { action: 'import.resumed', entity: 'import', entityId: id }, now);
    if (!(await enqueueWork(trx, row, now))) await runAgain(trx, workKey(row), now);
  });
}

/** Asks for the work from the place on where an import stands. False when the job stands in the queue already. */
export function enqueueWork(db: Db, row: Import, now: number): Promise<boolean> {
  return enqueueJob(db, { kind: 'work-on-import', payload: { importId: row.id }, dedupeKey: workKey(row) }, now);
}

function workKey({ id, status, next_line }: Import): string {
  return `import:${id}:${status}:${next_line}`;
}

function tooLate(): AppError {
  return new AppError('CONFLICT', 'The import has gone on since this was asked for. Look at where it stands.');
}
