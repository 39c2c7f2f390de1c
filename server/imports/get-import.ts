import type { Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import type { Vault } from '../vault.ts';
import { listCatalogue } from '../plans/list-catalogue.ts';
import { findHead } from './import-lines.ts';
import { findImport, findLatestMapping, type Import } from './imports.store.ts';
import { guessMapping, mappingSchema, type FileHead, type Mapping } from './mapping.rules.ts';
import type { ImportReport } from './report.rules.ts';

/** An import that has been received; what is still on its way is not there yet. Throws NOT_FOUND. */
export async function getImport(db: Db, id: string): Promise<Import> {
  const row = await findImport(db, id);
  if (!row || row.status === 'receiving') throw new AppError('NOT_FOUND', 'There is no import with this id.', { field: 'path.id' });
  return row;
}

/** The head of a file that is still kept. Throws NOT_FOUND. */
export async function getHead(db: Db, vault: Vault, id: string): Promise<FileHead> {
  const head = await findHead(db, vault, id);
  if (!head) throw new AppError('NOT_FOUND', 'The file of this import is not kept any more.', { field: 'path.id' });
  return head;
}

/** What is decided of a file, or what it most likely means, going by the last file with the same columns. */
export async function mappingOf(db: Db, row: Import, head: FileHead): Promise<Mapping> {
  const decided = parseMapping(row.mapping);
  if (decided) return decided;
  return guessMapping(head, await listCatalogue(db), parseMapping(await findLatestMapping(db, row.header_digest)));
}

/** A mapping as it is stored. */
export function parseMapping(text: string | null | undefined): Mapping | undefined {
  return text === null || text === undefined ? undefined : mappingSchema.parse(JSON.parse(text));
}

export function reportOf(row: Pick<Import, 'report'>): ImportReport {
  return JSON.parse(row.report) as ImportReport;
}
