import type { StoredLine } from './import-lines.ts';
import type { Import, ImportProblem } from './imports.store.ts';
import type { Mapping } from './mapping.rules.ts';
import type { ImportContext, LineProblem } from './read-line.rules.ts';

/** A slice of a file, and what it is read by. */
export type Work = { row: Import; mapping: Mapping; context: ImportContext; lines: StoredLine[] };

/** Who makes what an import makes, in the audit log: it tells its doings from those of everybody else. */
export function importActor(id: string): string {
  return `import:${id}`;
}

/** What a line without a key is known by, so that it never becomes a second licence: all that it says. */
export function sourceText(cells: string[]): string {
  return `import-source\n${JSON.stringify(cells.map((cell) => cell.trim()))}`;
}

export function problemRow(row: Pick<Import, 'id'>, phase: 'check' | 'run', place: number, line: number, { field, code }: LineProblem): ImportProblem {
  return { import_id: row.id, phase, seq: place, line, field, code, entity_id: null };
}
