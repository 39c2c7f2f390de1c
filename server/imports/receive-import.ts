import { othersTurn } from '../others-turn.ts';
import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { newId } from '../ids.ts';
import type { Vault } from '../vault.ts';
import { columnNames, type FileProblem } from './csv-file.rules.ts';
import { deleteImport } from './delete-import.ts';
import { linesInBatch, storeHead, storeLines, type StoredLine } from './import-lines.ts';
import { collectHead } from './file-head.rules.ts';
import { insertImport, updateImport } from './imports.store.ts';
import { plainName } from './import-fields.rules.ts';
import type { FileHead } from './mapping.rules.ts';
import { readCsv } from './read-csv.ts';
import { emptyReport } from './report.rules.ts';

const maxColumns = 200;

/**
 * Takes a file in as it comes and keeps its lines sealed in the database, where every process can work on them. Nothing is imported yet.
 * Of a file that is no table nothing is kept. A connection that breaks throws; what came of the file is cleared away later.
 */
export async function receiveImport({ db, vault, now }: { db: Db; vault: Vault; now: () => number }, { stream, fileName }: { stream: AsyncIterable<Uint8Array>; fileName: string }, by: Actor): Promise<{ importId: string } | { problem: FileProblem }> {
  const id = newId();
  const at = now();
  const none = new Uint8Array(0);
  const row = { id, file_name: nameOf(fileName), file_digest: none, header_digest: none, size_bytes: 0, encoding: 'utf-8', delimiter: ',', status: 'receiving', reason: null, mapping: null, report: JSON.stringify(emptyReport()), total_lines: 0, next_line: 0, created_by: by.actor, created_at: at, updated_at: at, started_at: null, finished_at: null };
  await insertImport(db, row);

  let head: ReturnType<typeof collectHead> | undefined;
  let lines: StoredLine[] = [];
  let batches = 0;
  let total = 0;
  const keep = async () => {
    batches += 1;
    const number = batches;
    const kept = lines;
    lines = [];
    await transact(db, async (trx) => {
      await storeLines(trx, vault, id, number, kept);
      await updateImport(trx, id, { updated_at: now(), total_lines: total });
    }, 'unsynced');
    // Neither the parser nor the embedded database waits for anything, so others would not get their turn.
    await othersTurn();
  };
  const read = await readCsv(stream, async (line) => {
    if (!head) {
      head = collectHead(columnNames(line.cells));
      return;
    }
    head.take(line.cells);
    total += 1;
    lines.push(line);
    if (lines.length === linesInBatch) await keep();
  });
  const problem = 'problem' in read ? read.problem : problemOf(head, total);
  if ('problem' in read || !head || problem) {
    await deleteImport(db, id);
    return { problem: problem ?? { code: 'empty' } };
  }
  if (lines.length > 0) await keep();
  const whole = head.head();
  await transact(db, async (trx) => {
    await storeHead(trx, vault, id, whole);
    const facts = { size_bytes: read.sizeBytes, file_digest: read.digest, encoding: read.encoding, delimiter: read.delimiter, total_lines: total };
    await updateImport(trx, id, { ...facts, header_digest: vault.digest(`import-header\n${whole.columns.map(plainName).join('\n')}`), status: 'mapping', updated_at: now() });
    await recordAudit(trx, by, { action: 'import.received', entity: 'import', entityId: id, after: { file_name: row.file_name, size_bytes: read.sizeBytes, lines: total } }, now());
  });
  return { importId: id };
}

function problemOf(head: Pick<FileHead, 'columns'> | undefined, total: number): FileProblem | undefined {
  if (!head || total === 0) return { code: 'empty' };
  if (head.columns.length > maxColumns) return { code: 'too_many_columns' };
  return head.columns.every((name) => /^#\d+$/.test(name)) ? { code: 'no_table' } : undefined;
}

function nameOf(fileName: string): string {
  const name = fileName.replace(/^.*[/\\]/s, '').replace(/\p{Cc}/gu, '').toWellFormed().trim();
  return [...name].slice(0, 150).join('') || 'import.csv';
}
