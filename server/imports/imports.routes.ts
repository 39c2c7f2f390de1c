import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { adminAuth, callerOf } from '../http/admin-auth.ts';
import { adminRead, idParams } from '../http/admin-route.ts';
import { adminWrite } from '../http/admin-write.ts';
import { route, type Route } from '../http/route.ts';
import { importRecords } from '../records/imports.records.ts';
import { currentRecord, readRecord } from '../records/records.ts';
import { fileProblemSentence } from './csv-file.rules.ts';
import { deleteImport, markDiscarded } from './delete-import.ts';
import { getHead, getImport, mappingOf } from './get-import.ts';
import { mappingRequest, mappingFrom, mappingShown } from './mapping-request.ts';
import { listProblems } from './imports.store.ts';
import { receiveImport } from './receive-import.ts';
import { checkImport, resumeImport, startImport, undoImport } from './steer-import.ts';

const tag = 'Imports';
const scope = 'imports.write';
const params = idParams('import');
const path = '/api/v1/imports' as const;

/** Imports from files: upload, dry run, import, report and undoing. Reading them is in records/. */
export function importRoutes(deps: Deps): Route[] {
  const { db, vault } = deps;
  const current = currentRecord(deps, importRecords);
  const answer = { 200: { description: 'The import as it is now.', schema: importRecords.item } };

  const upload = route(
    {
      method: 'post', path, operationId: 'createImport', tag, auth: 'admin', scope, before: adminAuth(deps, scope, 'everything'),
      summary: 'Upload a CSV file to import', description: 'The body is the file, up to 200 MB, which has to come within 30 seconds; a larger one may be sent in parts, since nothing becomes double. Nothing is imported yet: `check` comes next. There is no `Idempotency-Key`: a file that is uploaded twice is two imports, the second of which finds everything there.',
      query: z.strictObject({ file_name: z.string().min(1).max(200).default('import.csv').meta({ example: 'licences.csv' }) }), body: 'stream',
      responses: { 201: { description: 'The import, with what its columns most likely are.', schema: importRecords.item.extend({ columns: z.array(z.string()), mapping: mappingShown }) } }, errors: [],
    },
    async ({ query, req, res }) => {
      const caller = callerOf(res);
      const received = await receiveImport(deps, { stream: req, fileName: query.file_name }, caller.by);
      if ('problem' in received) throw new AppError(received.problem.code === 'too_large' ? 'BODY_TOO_LARGE' : 'INVALID_REQUEST', `body: ${fileProblemSentence(received.problem)}`, { field: 'body' });
      const head = await getHead(db, vault, received.importId);
      const mapping = await mappingOf(db, await getImport(db, received.importId), head);
      return { status: 201, body: { ...(await readRecord(deps, importRecords, received.importId, caller)), columns: head.columns, mapping: mappingRequest(mapping, head) } };
    },
  );

  const check = adminWrite(
    deps,
    { method: 'post', path: `${path}/:id/check`, operationId: 'checkImport', tag, scope, summary: 'Say what a file means and try it out', description: 'Begins the dry run, which changes nothing. What is left out is guessed, or as it was for the last file with the same columns.', params, body: mappingShown.partial(), responses: answer, errors: ['CONFLICT'] },
    async ({ params: { id }, body, caller, trx, at }) => {
      await getImport(trx, id);
      const head = await getHead(trx, vault, id);
      await checkImport(trx, id, await mappingFrom(trx, body, head, await mappingOf(trx, await getImport(trx, id), head)), head, caller.by, at);
      return { body: await current.read(trx, { id }, caller) };
    },
  );

  const start = adminWrite(
    deps,
    { method: 'post', path: `${path}/:id/start`, operationId: 'startImport', tag, scope, summary: 'Import what the dry run has accepted', params, responses: answer, errors: ['CONFLICT'] },
    async ({ params: { id }, caller, trx, at }) => {
      await startImport(trx, id, caller.by, at);
      return { body: await current.read(trx, { id }, caller) };
    },
  );

  const undo = adminWrite(
    deps,
    { method: 'post', path: `${path}/:id/undo`, operationId: 'undoImport', tag, scope, summary: 'Take back what an import has made', description: 'Whatever somebody has used or changed since stays, and `problems` says what and why.', params, body: z.object({ reason: z.string().trim().max(500).optional() }), responses: answer, errors: ['CONFLICT'] },
    async ({ params: { id }, body, caller, trx, at }) => {
      await undoImport(trx, id, caller.by, body.reason === '' ? undefined : body.reason, at);
      return { body: await current.read(trx, { id }, caller) };
    },
  );

  const resume = adminWrite(
    deps,
    { method: 'post', path: `${path}/:id/resume`, operationId: 'resumeImport', tag, scope, summary: 'Go on with an import whose work was given up', params, responses: answer, errors: ['CONFLICT'] },
    async ({ params: { id }, caller, trx, at }) => {
      await resumeImport(trx, id, caller.by, at);
      return { body: await current.read(trx, { id }, caller) };
    },
  );

  const discard = adminWrite(
    deps,
    { method: 'delete', path: `${path}/:id`, operationId: 'discardImport', tag, scope, summary: 'Throw away a file that has not been imported', params, responses: { 200: { description: 'Deleted.', schema: z.object({ id: z.string(), deleted: z.literal(true) }) } }, errors: ['CONFLICT'] },
    async ({ params: { id }, caller, trx, at }) => {
      await getImport(trx, id);
      await markDiscarded(trx, id, caller.by, at);
      return { body: { id, deleted: true }, afterCommit: () => deleteImport(db, id) };
    },
  );

  const problem = z.object({ line: z.int().meta({ description: 'As a text editor counts them; 1 is the header.' }), field: z.string().nullable().meta({ example: 'expires' }), code: z.string().meta({ example: 'date_invalid' }), entity_id: z.string().nullable().meta({ description: 'What was left, of an undoing.', example: null }) });
  const problems = adminRead(
    deps,
    {
      path: `${path}/:id/problems`, operationId: 'listImportProblems', tag, scope, summary: 'Lines that were refused, or what was left', params,
      query: z.strictObject({ phase: z.enum(['check', 'run', 'undo']).default('check'), from: z.coerce.number().int().min(0).max(1_000_000_000).default(0).meta({ description: 'The `next` of the page before.' }) }),
      answer: z.object({ data: z.array(problem), next: z.int().nullable().meta({ description: 'For `from`, to read on; null: this was the last page.', example: null }) }),
    },
    async ({ params: { id }, query: { phase, from } }) => {
      await getImport(db, id);
      const limit = 100;
      const found = await listProblems(db, id, phase, from, limit + 1);
      return { data: found.slice(0, limit).map(({ line, field, code, entity_id }) => ({ line, field, code, entity_id })), next: found[limit]?.seq ?? null };
    },
  );

  return [upload, check, start, undo, resume, discard, problems];
}
