import { sql, type SelectQueryBuilder, type SqlBool } from 'kysely';
import type { z } from 'zod';
import type { ApiScope } from '../api-tokens/scopes.rules.ts';
import { placesAfter, rowsAt, type Order, type Place } from '../db/keyset.ts';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import type { ApiCaller } from '../http/admin-auth.ts';
import { adminList, adminRead, idParams } from '../http/admin-route.ts';
import type { Route } from '../http/route.ts';
import type { Cells } from './export-cells.rules.ts';

/** Rows of a table without columns, for conditions to be added. */
export type Rows<Table extends keyof Schema> = SelectQueryBuilder<Schema, Table, object>;

/**
 * A kind of record as it is read from outside, described once: its list, its reading by id and its export follow from it.
 * Every filter and every sort must be one that an index answers at a million rows.
 */
export type Records<Table extends keyof Schema = keyof Schema, Filters extends z.ZodRawShape = z.ZodRawShape, Item extends z.ZodObject = z.ZodObject> = {
  table: Table;
  /** The path under /api/v1, in the plural. */
  name: string;
  /** One of them, in words. */
  what: string;
  /** The ending of the operation ids: `listCustomers` and `readCustomer`. */
  operations: { list: string; read: string };
  tag: string;
  scope: ApiScope;
  item: Item;
  filters: Filters;
  /** Column by the name of the sort; none may be null. The first, newest first, is the order without being asked. */
  sorts: { created_at: string } | Record<string, string>;
  /** The rows that the filters leave, of those that the caller may see. */
  select: (db: Db, filters: z.output<z.ZodObject<Filters>>, caller: ApiCaller, now: number) => Rows<Table> | Promise<Rows<Table>>;
  /** What is shown of these rows, in any order. */
  load: (db: Db, ids: string[], now: number) => Promise<(z.input<Item> & { id: string })[]>;
  /** How lists in it are written in a table. */
  cells?: Cells;
  /** Fields that are written for colleagues: null for whom the record belongs to. */
  internal?: readonly string[];
};

/** The records as whom they belong to sees them: without what is written for colleagues. */
export function asOwnersSee<Table extends keyof Schema, Filters extends z.ZodRawShape, Item extends z.ZodObject>(records: Records<Table, Filters, Item>): Records<Table, Filters, Item> {
  const blank = Object.fromEntries((records.internal ?? []).map((field) => [field, null]));
  return { ...records, load: async (db, ids, now) => (await records.load(db, ids, now)).map((row) => ({ ...row, ...blank })) };
}

/** The names of the orders: each both ways, the newest first. */
export function sortNames({ sorts }: Pick<Records, 'sorts'>): [string, ...string[]] {
  return Object.keys(sorts).flatMap((name) => [`-${name}`, name]) as [string, ...string[]];
}

/** The order of this name. */
export function orderOf({ table, sorts }: Pick<Records, 'table' | 'sorts'>, sort: string): Order {
  const column = (sorts as Record<string, string>)[sort.replace(/^-/, '')];
  if (column === undefined) throw new Error(`${table} has no sort "${sort}"`);
  return { column, id: `${table}.id`, direction: sort.startsWith('-') ? 'desc' : 'asc' };
}

/** The next places of what the filters leave, after one, in the order of this name. */
export async function recordPlaces<Table extends keyof Schema, Filters extends z.ZodRawShape, Item extends z.ZodObject>(
  { db, now }: Pick<Deps, 'db' | 'now'>,
  records: Records<Table, Filters, Item>,
  { filters, caller, sort, after, limit }: { filters: z.output<z.ZodObject<Filters>>; caller: ApiCaller; sort: string; after: Place | undefined; limit: number },
): Promise<Place[]> {
  const order = orderOf(records, sort);
  const from = order.column === Object.values(records.sorts)[0] ? beginningAt(filters, order, after) : filters;
  return placesAfter(await records.select(db, from, caller, now()), order, after, limit);
}

/** The same filters with a time that begins at a place: of two bounds on one side the embedded database takes the first for the index, and would read everything between them. */
function beginningAt<Filters extends object>(filters: Filters, { direction }: Order, after: Place | undefined): Filters {
  const { created_from: from, created_to: to } = filters as { created_from?: number | undefined; created_to?: number | undefined };
  if (!after) return filters;
  if (direction === 'desc' && to !== undefined) return { ...filters, created_to: Math.min(to, Number(after.at) + 1) };
  if (direction === 'asc' && from !== undefined) return { ...filters, created_from: Math.max(from, Number(after.at)) };
  return filters;
}

/** Up to `limit` records after a place, and where they end when there are more. */
export async function pageOfRecords<Table extends keyof Schema, Filters extends z.ZodRawShape, Item extends z.ZodObject>(
  { db, now }: Pick<Deps, 'db' | 'now'>,
  records: Records<Table, Filters, Item>,
  { filters, caller, sort, after, limit }: { filters: z.output<z.ZodObject<Filters>>; caller: ApiCaller; sort: string; after: Place | undefined; limit: number },
): Promise<{ data: (z.input<Item> & { id: string })[]; next: Place | undefined }> {
  const found = await recordPlaces({ db, now }, records, { filters, caller, sort, after, limit: limit + 1 });
  const places = found.slice(0, limit);
  return { data: await rowsAt(places, (ids) => records.load(db, ids, now())), next: found.length > limit ? places.at(-1) : undefined };
}

/** One record, as GET answers it. Throws NOT_FOUND, also for one that the caller may not see. */
export async function readRecord<Table extends keyof Schema, Filters extends z.ZodRawShape, Item extends z.ZodObject>(
  { db, now }: Pick<Deps, 'db' | 'now'>,
  records: Records<Table, Filters, Item>,
  id: string,
  caller: ApiCaller,
): Promise<z.input<Item> & { id: string }> {
  const query = (await records.select(db, {} as z.output<z.ZodObject<Filters>>, caller, now())).where(sql<SqlBool>`${sql.ref(`${records.table}.id`)} = ${id}`);
  const [place] = await query.select(sql<string>`${sql.ref(`${records.table}.id`)}`.as('id')).execute();
  const [record] = place ? await records.load(db, [id], now()) : [];
  if (!record) throw new AppError('NOT_FOUND', `There is no ${records.what} with this id.`, { field: 'path.id' });
  return record;
}

/** For adminWrite's `current`: a record is locked, and read as GET reads it. */
export function currentRecord<Table extends keyof Schema, Filters extends z.ZodRawShape, Item extends z.ZodObject>({ now }: Pick<Deps, 'now'>, records: Records<Table, Filters, Item>) {
  return {
    hold: records.table,
    read: (db: Db, { id = '' }: Record<string, string>, caller: ApiCaller): Promise<z.input<Item> & { id: string }> => readRecord({ db, now }, records, id, caller),
  };
}

/** The two endpoints of a kind of record: the list and one by id. */
export function recordRoutes<Table extends keyof Schema, Filters extends z.ZodRawShape, Item extends z.ZodObject>(deps: Deps, records: Records<Table, Filters, Item>): Route[] {
  const { name, what, operations, tag, scope, filters, item } = records;
  return [
    adminList(deps, { path: `/api/v1/${name}`, operationId: operations.list, tag, scope, summary: `List ${name.replaceAll('-', ' ')}`, filters, sorts: sortNames(records), item }, ({ filters: given, page: { sort, after, limit }, caller }) =>
      pageOfRecords(deps, records, { filters: given, caller, sort, after, limit }),
    ),
    adminRead(deps, { path: `/api/v1/${name}/:id`, operationId: operations.read, tag, scope, summary: `Read one ${what}`, params: idParams(what), answer: item }, ({ params: { id }, caller }) => readRecord(deps, records, id, caller)),
  ];
}
