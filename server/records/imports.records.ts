import { z } from 'zod';
import { createdFilters } from '../http/list-query.rules.ts';
import { importStatuses, type ImportReport } from '../imports/report.rules.ts';
import { between, having } from './conditions.store.ts';
import { count, idShape, iso, isoOrNull, text, textOrNull, time, timeOrNull } from './record.rules.ts';
import type { Records } from './records.ts';

const tally = z.object({ new: count, existing: count, changed: count, refused: count, customers: count, licenses: count, sites: count }).meta({ id: 'ImportTally', description: 'Lines by what has become of them, and what was made.' });
const importFilters = { status: z.enum(importStatuses).optional(), ...createdFilters };
const importItem = z
  .object({
    id: idShape, file_name: text.meta({ example: 'licences.csv' }), size_bytes: count, lines: count, status: z.enum(importStatuses),
    stopped_because: textOrNull.meta({ description: 'Why the work was given up; `resume` goes on.', example: null }),
    progress: z.object({ done: count, total: count }).meta({ description: 'Of the work that the status names; in lines, or when it is being undone in things to undo.' }),
    dry_run: tally, imported: tally, undone: z.object({ removed: count, restored: count, left: count }),
    created_by: text.meta({ example: 'token:Migration' }), created_at: time, started_at: timeOrNull, finished_at: timeOrNull,
  })
  .meta({ id: 'ImportRecord' });

/** Imports from files, without what the files say. */
export const importRecords: Records<'imports', typeof importFilters, typeof importItem> = {
  table: 'imports', name: 'imports', what: 'import', operations: { list: 'listImports', read: 'readImport' }, tag: 'Imports', scope: 'imports.write',
  item: importItem, filters: importFilters, sorts: { created_at: 'imports.created_at' },
  select: (db, { status, created_from, created_to }) => between(having(db.selectFrom('imports').where('imports.status', '!=', 'receiving'), 'imports.status', status), 'imports.created_at', { from: created_from, to: created_to }),
  load: async (db, ids) =>
    (await db.selectFrom('imports').selectAll().where('id', 'in', ids).execute()).map((row) => {
      const report = JSON.parse(row.report) as ImportReport;
      const isUndoing = row.status === 'undoing' || row.status === 'undone';
      const isFinished = ['checked', 'done', 'undone'].includes(row.status);
      const total = isUndoing ? report.items : row.total_lines;
      const place = Math.max(row.next_line, 0);
      return {
        id: row.id, file_name: row.file_name, size_bytes: row.size_bytes, lines: row.total_lines, status: row.status as (typeof importStatuses)[number], stopped_because: row.reason,
        progress: { total, done: isFinished ? total : isUndoing ? total - place : place },
        dry_run: report.check, imported: report.run, undone: report.undo,
        created_by: row.created_by, created_at: iso(row.created_at), started_at: isoOrNull(row.started_at), finished_at: isoOrNull(row.finished_at),
      };
    }),
};
