import { sql, type Selectable, type SqlBool } from 'kysely';
import { insertedOnce, type Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';

export type Import = Selectable<Schema['imports']>;
/** The place in a file of which only the report is left. */
export const fileGone = -2;
type Batch = Selectable<Schema['import_batches']>;
export type ImportItem = Selectable<Schema['import_items']>;
export type ImportProblem = Selectable<Schema['import_problems']>;

export async function insertImport(db: Db, row: Import): Promise<void> {
  await db.insertInto('imports').values(row).execute();
}

export function findImport(db: Db, id: string): Promise<Import | undefined> {
  return db.selectFrom('imports').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function updateImport(db: Db, id: string, changes: Partial<Import>): Promise<void> {
  await db.updateTable('imports').set(changes).where('id', '=', id).execute();
}

/** Changes an import if it stands in one of these statuses; false when it does not. The row is held until the transaction ends. */
export async function moveImport(db: Db, id: string, from: string[], changes: Partial<Import>): Promise<boolean> {
  const { numUpdatedRows } = await db.updateTable('imports').set(changes).where('id', '=', id).where('status', 'in', from).executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Moves the place of whoever works on an import, if it is where they think; false when somebody else has gone on. The row is held until the transaction ends. */
export async function takeLines(db: Db, { id, status, next_line }: Import, nextLine: number, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db.updateTable('imports').set({ next_line: nextLine, updated_at: now }).where('id', '=', id).where('status', '=', status).where('next_line', '=', next_line).executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** The mapping that was last decided for a file with the same columns. */
export async function findLatestMapping(db: Db, headerDigest: Uint8Array): Promise<string | undefined> {
  const row = await db.selectFrom('imports').select('mapping').where('header_digest', '=', headerDigest).where('mapping', 'is not', null).orderBy('created_at', 'desc').limit(1).executeTakeFirst();
  return row?.mapping ?? undefined;
}

/** An earlier import of the very same file that has been run. */
export function findEarlierImport(db: Db, { id, file_digest }: Pick<Import, 'id' | 'file_digest'>): Promise<Pick<Import, 'id' | 'created_at' | 'status'> | undefined> {
  return db.selectFrom('imports').select(['id', 'created_at', 'status']).where('file_digest', '=', file_digest).where('id', '!=', id).where('started_at', 'is not', null).orderBy('created_at', 'desc').limit(1).executeTakeFirst();
}

/** Imports newest first, before a place. */
export function listImports(db: Db, before: { at: number; id: string } | undefined, limit: number): Promise<Import[]> {
  let query = db.selectFrom('imports').selectAll();
  if (before) query = query.where('created_at', '<=', before.at).where((eb) => eb.or([eb('created_at', '<', before.at), eb('id', '<', before.id)]));
  return query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute();
}

/** Imports in these statuses that nothing has happened to since a moment and whose file is still there. */
export function listIdleImports(db: Db, statuses: string[], before: number, limit: number): Promise<Import[]> {
  return db.selectFrom('imports').selectAll().where('status', 'in', statuses).where('updated_at', '<', before).where('next_line', '>=', fileGone + 1).orderBy('updated_at').limit(limit).execute();
}

export async function insertBatch(db: Db, batch: Batch): Promise<void> {
  await db.insertInto('import_batches').values(batch).execute();
}

export function findBatch(db: Db, importId: string, number: number): Promise<Batch | undefined> {
  return db.selectFrom('import_batches').selectAll().where('import_id', '=', importId).where('number', '=', number).executeTakeFirst();
}

export function listBatchesUnderOtherKeys(db: Db, keyId: string, limit: number): Promise<Batch[]> {
  return db.selectFrom('import_batches').selectAll().where('key_id', '!=', keyId).orderBy('key_id').limit(limit).execute();
}

/** Replaces the ciphertext of a batch if it is still under the key that was read; false when it is not. */
export async function replaceBatchCipher(db: Db, { import_id, number, key_id }: Batch, sealed: { keyId: string; cipher: Uint8Array }): Promise<boolean> {
  const { numUpdatedRows } = await db.updateTable('import_batches').set({ key_id: sealed.keyId, cipher: sealed.cipher }).where('import_id', '=', import_id).where('number', '=', number).where('key_id', '=', key_id).executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** The imports whose files are still here. */
export async function listImportsWithFile(db: Db): Promise<string[]> {
  const rows = await db.selectFrom('imports').select('id').where('next_line', '>', fileGone).orderBy('id').execute();
  return rows.map(({ id }) => id);
}

export async function insertItems(db: Db, items: ImportItem[]): Promise<void> {
  if (items.length > 0) await db.insertInto('import_items').values(items).execute();
}

/** Items before a place, the last first. */
export function listItemsBackwards(db: Db, importId: string, before: number, limit: number): Promise<ImportItem[]> {
  return db.selectFrom('import_items').selectAll().where('import_id', '=', importId).where('seq', '<', before).orderBy('seq', 'desc').limit(limit).execute();
}

export async function insertProblems(db: Db, problems: ImportProblem[]): Promise<void> {
  if (problems.length > 0) await db.insertInto('import_problems').values(problems).execute();
}

/** Problems of a phase in order, from a place on. */
export function listProblems(db: Db, importId: string, phase: string, from: number, limit: number): Promise<ImportProblem[]> {
  return db.selectFrom('import_problems').selectAll().where('import_id', '=', importId).where('phase', '=', phase).where('seq', '>=', from).orderBy('seq').limit(limit).execute();
}

/** Adds what a file has not shown before; returns which of them it had. */
export async function markSeen(db: Db, importId: string, digests: Uint8Array[]): Promise<Set<string>> {
  if (digests.length === 0) return new Set();
  const rows = await db.selectFrom('import_marks').select('digest').where('import_id', '=', importId).where('digest', 'in', digests).execute();
  const seen = new Set(rows.map(({ digest }) => Buffer.from(digest).toString('base64')));
  const fresh = digests.filter((digest) => !seen.has(Buffer.from(digest).toString('base64')));
  if (fresh.length > 0) await db.insertInto('import_marks').values(fresh.map((digest) => ({ import_id: importId, digest }))).execute();
  return seen;
}

export async function findSources(db: Db, digests: Uint8Array[]): Promise<Set<string>> {
  if (digests.length === 0) return new Set();
  const rows = await db.selectFrom('import_sources').select('digest').where('digest', 'in', digests).execute();
  return new Set(rows.map(({ digest }) => Buffer.from(digest).toString('base64')));
}

export async function findSource(db: Db, digest: Uint8Array): Promise<string | undefined> {
  return (await db.selectFrom('import_sources').select('license_id').where('digest', '=', digest).executeTakeFirst())?.license_id;
}

/** False when the line has become a licence already. */
export function insertSource(db: Db, digest: Uint8Array, licenseId: string): Promise<boolean> {
  return insertedOnce(db.insertInto('import_sources').values({ digest, license_id: licenseId }).execute());
}

export async function deleteSourceOf(db: Db, licenseId: string): Promise<void> {
  await db.deleteFrom('import_sources').where('license_id', '=', licenseId).execute();
}

const sliceRows = 2_000;
/** Batches are long. */
const sliceBatches = 20;

/** Deletes some thousand rows of an import and returns whether there may be more. `keepReport`: only the contents of the file. */
export async function deleteSomeRows(db: Db, importId: string, keepReport: boolean): Promise<boolean> {
  if (await deleteSomeMarks(db, importId)) return true;
  if (await deleteSomeOf(db, 'import_batches', 'number', importId, sliceBatches)) return true;
  return !keepReport && ((await deleteSomeOf(db, 'import_problems', 'seq', importId, sliceRows)) || deleteSomeOf(db, 'import_items', 'seq', importId, sliceRows));
}

/** The same for what the dry run has written. */
export async function deleteSomeCheckRows(db: Db, importId: string): Promise<boolean> {
  return (await deleteSomeMarks(db, importId)) || deleteSomeOf(db, 'import_problems', 'seq', importId, sliceRows, 'check');
}

async function deleteSomeMarks(db: Db, importId: string): Promise<boolean> {
  const limit = 500;
  const rows = await db.selectFrom('import_marks').select('digest').where('import_id', '=', importId).limit(limit).execute();
  if (rows.length > 0) await db.deleteFrom('import_marks').where('import_id', '=', importId).where('digest', 'in', rows.map(({ digest }) => digest)).execute();
  return rows.length === limit;
}

/** Deletes the first rows by a numbered column; whether there are more. */
async function deleteSomeOf(db: Db, table: 'import_batches' | 'import_problems' | 'import_items', column: 'number' | 'seq', importId: string, limit: number, phase?: string): Promise<boolean> {
  const within = phase === undefined ? sql<SqlBool>`import_id = ${importId}` : sql<SqlBool>`import_id = ${importId} and phase = ${phase}`;
  const { rows } = await sql<{ edge: number }>`select ${sql.ref(column)} as edge from ${sql.table(table)} where ${within} order by ${sql.ref(column)} limit 1 offset ${sql.lit(limit)}`.execute(db);
  const edge = rows[0]?.edge;
  await sql`delete from ${sql.table(table)} where ${within} ${edge === undefined ? sql`` : sql`and ${sql.ref(column)} < ${edge}`}`.execute(db);
  return edge !== undefined;
}

export async function deleteImportRow(db: Db, id: string): Promise<void> {
  await db.deleteFrom('imports').where('id', '=', id).execute();
}

/** Id of every organisation by its id and by its name. */
export function listOrganizationNames(db: Db): Promise<{ id: string; name: string }[]> {
  return db.selectFrom('organizations').select(['id', 'name']).where('disabled_at', 'is', null).orderBy('created_at', 'desc').execute();
}
