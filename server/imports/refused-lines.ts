import type { Db } from '../db/database.ts';
import { csvText } from '../csv.rules.ts';
import type { Vault } from '../vault.ts';
import { findHead, lineReader } from './import-lines.ts';
import { listProblems, type ImportProblem } from './imports.store.ts';

const slice = 200;

/** The refused lines of a phase as they stood in the file, with their numbers and the reasons before them: put right, they can be imported as they are. */
export async function* refusedLinesCsv(db: Db, vault: Vault, importId: string, phase: 'check' | 'run', words: { line: string; reason: string; reasonOf: (problem: ImportProblem) => string }): AsyncGenerator<string> {
  const head = await findHead(db, vault, importId);
  if (!head) return;
  yield csvText([[words.line, words.reason, ...head.columns]]);
  const read = lineReader(db, vault, importId);
  for (let from = 0; ; ) {
    const problems = await listProblems(db, importId, phase, from, slice);
    const rows: (string | number)[][] = [];
    for (const problem of problems) {
      const [line] = await read(problem.seq, 1);
      rows.push([problem.line, words.reasonOf(problem), ...(line?.cells ?? [])]);
    }
    if (rows.length > 0) yield csvText(rows);
    if (problems.length < slice) return;
    from = (problems.at(-1)?.seq ?? from) + 1;
  }
}
