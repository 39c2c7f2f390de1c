import type { z } from 'zod';
import type { Permission } from '../access/access.rules.ts';
import type { Order } from '../db/keyset.ts';
import type { Schema } from '../db/schema.ts';
import type { Deps } from '../deps.ts';
import { exportFormats, exportRecords, idsInOrder, type IdBatches } from '../records/export-records.ts';
import { asOwnersSee, type Records, type Rows } from '../records/records.ts';
import type { PageOf } from './paging.store.ts';
import { page, type Page, type SignedInContext } from './web/page.ts';

const pagesAtOnce = 4;

type Listed<Table extends keyof Schema> = { rows: Rows<Table>; order: Order } | IdBatches;

/**
 * The file of a list: `listOf` is the query of the list with its order, or its ids, from the same address parameters, so the file holds
 * exactly what the list shows.
 * `?format=json` instead of CSV. The export is in the audit log with the parameters of the address.
 */
export function exportPage<Table extends keyof Schema, Filters extends z.ZodRawShape, Item extends z.ZodObject>(
  deps: Deps,
  path: `/exports/${string}`,
  permission: Permission,
  records: Records<Table, Filters, Item>,
  listOf: (context: SignedInContext) => Promise<Listed<Table>> | Listed<Table>,
): Page {
  return page('get', path, permission, async (context) => {
    const { format: wanted, ...asked } = context.query;
    const format = exportFormats.find((candidate) => candidate === wanted) ?? 'csv';
    const list = await listOf(context);
    return { file: await exportRecords(deps, context.scope.kind === 'customer' ? asOwnersSee(records) : records, { ids: 'rows' in list ? idsInOrder(list.rows, list.order) : list, format, asked, by: context.by }) };
  });
}

/** The ids of a list, page after page; `list` is given the parameters that lead to the next page (`after`). */
export async function* listedIds(list: (query: Record<string, string>) => Promise<PageOf<{ id: string }>>): IdBatches {
  for (let query: Record<string, string> = {}; ; ) {
    const ids: string[] = [];
    for (let pages = 0; pages < pagesAtOnce; pages += 1) {
      const { rows, next } = await list(query);
      ids.push(...rows.map(({ id }) => id));
      if (next === undefined) {
        if (ids.length > 0) yield ids;
        return;
      }
      query = { after: next };
    }
    yield ids;
  }
}
