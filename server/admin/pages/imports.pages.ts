import type { Deps } from '../../deps.ts';
import { getImport, parseMapping, reportOf } from '../../imports/get-import.ts';
import { discardImport } from '../../imports/delete-import.ts';
import { findEarlierImport, listImports, listProblems, type Import, type ImportProblem } from '../../imports/imports.store.ts';
import { receiveImport } from '../../imports/receive-import.ts';
import { refusedLinesCsv } from '../../imports/refused-lines.ts';
import { isWorking } from '../../imports/report.rules.ts';
import { resumeImport, startImport, undoImport } from '../../imports/steer-import.ts';
import { addressOf, pageRequest, pageSize } from '../paging.store.ts';
import { page, parseForm, textField, type Page } from '../web/page.ts';
import { uploadOf } from '../web/upload.ts';
import type { Translate } from '../web/locale.ts';
import { z } from 'zod';

const problemsShown = 25;
const reasonLength = 500;

/** Imports from files: the list, a new one, where one stands, and its undoing. */
export function importPages(deps: Deps): Page[] {
  const { db, vault, now } = deps;
  return [
    page('get', '/imports', 'import.write', async ({ query, t }) => {
      const { after } = pageRequest(query);
      const found = await listImports(db, after, pageSize + 1);
      const rows = found.slice(0, pageSize);
      const last = found.length > pageSize ? rows.at(-1) : undefined;
      return {
        view: 'imports', title: t('nav.imports'),
        data: { rows: rows.filter(({ status }) => status !== 'receiving').map((row) => ({ ...row, tally: tallyOf(row) })), older: last && addressOf('/imports', { after: `${last.created_at}.${last.id}` }), isFirst: after === undefined, done: query['done'] === 'discarded' ? t('imports.done.discarded') : undefined },
      };
    }),

    page('get', '/imports/new', 'import.write', async ({ t }) => ({ view: 'import-new', title: t('imports.new') })),

    page('post', '/imports', 'import.write', async ({ by, res, t }) => {
      const upload = uploadOf(res);
      const received = upload && upload.fileName !== '' ? await receiveImport(deps, upload, by) : { problem: { code: 'empty' as const } };
      if ('importId' in received) return { redirect: `/imports/${received.importId}/mapping` };
      const { code, line } = received.problem as { code: string; line?: number };
      return { view: 'import-new', title: t('imports.new'), status: 422, data: { error: t(`imports.file.${code}`, { line }) } };
    }),

    page('get', '/imports/:id', 'import.write', async ({ params, query, t }) => {
      const row = await getImport(db, params['id'] ?? '');
      const report = reportOf(row);
      const phase = row.status === 'undoing' || row.status === 'undone' ? 'undo' : row.started_at === null ? 'check' : 'run';
      const from = /^\d{1,9}$/.test(query['from'] ?? '') ? Number(query['from']) : 0;
      const problems = await listProblems(db, row.id, phase, from, problemsShown + 1);
      const shown = problems.slice(0, problemsShown);
      const next = problems.length > problemsShown ? addressOf(`/imports/${row.id}`, { from: String((shown.at(-1)?.seq ?? 0) + 1) }) : undefined;
      const total = row.status === 'undoing' ? report.items : row.total_lines;
      const done = row.status === 'undoing' ? total - row.next_line : Math.max(row.next_line, 0);
      return {
        view: 'import', title: row.file_name,
        data: {
          row, report, tally: phase === 'check' ? report.check : report.run, phase,
          isWorking: isWorking(row.status) && row.reason === null, isStopped: isWorking(row.status) && row.reason !== null,
          progress: { done, total, percent: total === 0 ? 100 : Math.floor((done / total) * 100) },
          mapping: parseMapping(row.mapping), earlier: await findEarlierImport(db, row),
          problems: shown.map((problem) => ({ ...problem, text: reasonOf(problem, t), isLicense: problem.field?.startsWith('license') ?? false })), next, from,
          hasFile: row.next_line >= 0 || row.status === 'checking',
        },
      };
    }),

    page('get', '/imports/:id/refused.csv', 'import.write', async ({ params, t }) => {
      const row = await getImport(db, params['id'] ?? '');
      const words = { line: t('imports.line'), reason: t('imports.reason'), reasonOf: (problem: ImportProblem) => reasonOf(problem, t) };
      return { file: { name: `refused-${row.id}.csv`, type: 'text/csv; charset=utf-8', chunks: refusedLinesCsv(db, vault, row.id, row.started_at === null ? 'check' : 'run', words) } };
    }),

    page('post', '/imports/:id/start', 'import.write', async ({ params, by }) => {
      await startImport(db, params['id'] ?? '', by, now());
      return { redirect: `/imports/${params['id'] ?? ''}` };
    }),

    page('post', '/imports/:id/resume', 'import.write', async ({ params, by }) => {
      await resumeImport(db, params['id'] ?? '', by, now());
      return { redirect: `/imports/${params['id'] ?? ''}` };
    }),

    page('get', '/imports/:id/undo', 'import.write', async ({ params, t }) => {
      const row = await getImport(db, params['id'] ?? '');
      return { view: 'import-undo', title: t('imports.undo'), data: { row, tally: reportOf(row).run, isPossible: row.status === 'done', reasonLength } };
    }),

    page('post', '/imports/:id/undo', 'import.write', async ({ params, form, by, t }) => {
      const row = await getImport(db, params['id'] ?? '');
      const parsed = parseForm(z.object({ reason: textField(reasonLength).default('') }), form, t);
      if (!parsed.ok) return { view: 'import-undo', title: t('imports.undo'), status: 422, data: { row, tally: reportOf(row).run, isPossible: row.status === 'done', reasonLength, form, errors: parsed.errors } };
      await undoImport(db, row.id, by, parsed.data.reason || undefined, now());
      return { redirect: `/imports/${row.id}` };
    }),

    page('get', '/imports/:id/discard', 'import.write', async ({ params, t }) => ({ view: 'import-discard', title: t('imports.discard'), data: { row: await getImport(db, params['id'] ?? '') } })),

    page('post', '/imports/:id/discard', 'import.write', async ({ params, by }) => {
      await getImport(db, params['id'] ?? '');
      await discardImport(db, params['id'] ?? '', by, now());
      return { redirect: '/imports?done=discarded' };
    }),
  ];
}

function tallyOf(row: Import): unknown {
  const { check, run, undo } = reportOf(row);
  if (row.status === 'undoing' || row.status === 'undone') return { undo };
  return row.started_at === null ? (row.status === 'mapping' ? undefined : { lines: check }) : { lines: run };
}

/** The reason of a refusal, or why something was left, in words. */
function reasonOf({ field, code, entity_id }: { field: string | null; code: string; entity_id: string | null }, t: Translate): string {
  return entity_id === null ? `${t(`imports.field.${field ?? ''}`)}: ${t(`imports.problem.${code}`)}` : t(`imports.left.${code}`);
}
