import type { z } from 'zod';
import type { Permission } from '../access/access.rules.ts';
import type { Order } from '../db/keyset.ts';
import type { Schema } from '../db/schema.ts';
import type { Deps } from '../deps.ts';
import { exportFormats, exportRecords } from '../records/export-records.ts';
import type { Records, Rows } from '../records/records.ts';
import { page, type Page, type SignedInContext } from './web/page.ts';

/**
 * The file of a list: `rowsOf` builds the query of the list from the same address parameters, so the file holds exactly what the list shows.
 * `?format=json` instead of CSV. The export is in the audit log with the parameters of the address.
 */
export function exportPage<Table extends keyof Schema, Filters extends z.ZodRawShape, Item extends z.ZodObject>(
  deps: Deps,
  path: `/exports/${string}`,
  permission: Permission,
  records: Records<Table, Filters, Item>,
  rowsOf: (context: SignedInContext) => Promise<{ rows: Rows<Table>; order: Order }> | { rows: Rows<Table>; order: Order },
): Page {
  return page('get', path, permission, async (context) => {
    const { format: wanted, ...asked } = context.query;
    const format = exportFormats.find((candidate) => candidate === wanted) ?? 'csv';
    return { file: await exportRecords(deps, records, { ...(await rowsOf(context)), format, asked, by: context.by }) };
  });
}
