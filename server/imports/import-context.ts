import type { Db } from '../db/database.ts';
import { defaultProductCode } from '../plans/get-plan.ts';
import { listCatalogue } from '../plans/list-catalogue.ts';
import { plainValue } from './import-values.rules.ts';
import { listOrganizationNames } from './imports.store.ts';
import type { Mapping } from './mapping.rules.ts';
import type { ImportContext } from './read-line.rules.ts';

/** What the words of a file are held against, as things stand now. */
export async function loadImportContext(db: Db, mapping: Pick<Mapping, 'columns'>): Promise<ImportContext> {
  const { plans, products } = await listCatalogue(db);
  const organizations = new Map<string, string>();
  if (mapping.columns.organization !== undefined) {
    // Of two with the same name neither is meant: such a line has to say the id.
    const rows = await listOrganizationNames(db);
    const names = rows.map(({ name }) => plainValue(name));
    for (const [index, { id }] of rows.entries()) {
      organizations.set(id, id);
      const name = names[index] ?? '';
      if (names.indexOf(name) === names.lastIndexOf(name)) organizations.set(name, id);
    }
  }
  return { plans, products, organizations, defaultProductCode };
}
