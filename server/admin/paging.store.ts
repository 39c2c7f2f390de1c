import { sql, type SelectQueryBuilder, type SqlBool } from 'kysely';

/** A place in a list that is ordered by a time and an id. */
type Position = { at: number; id: string };
/** The newest page, or the one after or before a place. */
export type PageRequest = { after?: Position; before?: Position };
export type PageOf<Row> = { rows: Row[]; next: string | undefined; previous: string | undefined };

export const pageSize = 25;

/** Reads `?after=` or `?before=`; whatever is no position means the newest page. */
export function pageRequest(query: Record<string, string>): PageRequest {
  const after = parsePosition(query['after']);
  if (after) return { after };
  const before = parsePosition(query['before']);
  return before ? { before } : {};
}

function parsePosition(text: string | undefined): Position | undefined {
  const match = /^(\d{1,15})\.([\w-]{1,36})$/.exec(text ?? '');
  return match?.[1] && match[2] ? { at: Number(match[1]), id: match[2] } : undefined;
}

/**
 * One page of a query, newest first, found by its place and not by counting, so that the last page is as quick as the first.
 * `query` filters and selects nothing; `at` and `id` name the columns of the order (`licenses.created_at`). Only these two are read at
 * first: both databases then stay inside an index that holds them and the filters. `load` fetches the rows of the page.
 */
export async function keysetPage<DB, TB extends keyof DB, Row extends { id: string }>(
  query: SelectQueryBuilder<DB, TB, object>,
  columns: { at: string; id: string },
  { after, before }: PageRequest,
  load: (ids: string[]) => Promise<Row[]>,
): Promise<PageOf<Row>> {
  const at = sql.ref(columns.at);
  const id = sql.ref(columns.id);
  // The first comparison is what both databases can look up in an index; the second cuts the ties.
  if (after) query = query.where(sql<SqlBool>`${at} <= ${after.at} and (${at} < ${after.at} or ${id} < ${after.id})`);
  if (before) query = query.where(sql<SqlBool>`${at} >= ${before.at} and (${at} > ${before.at} or ${id} > ${before.id})`);
  const direction = before ? 'asc' : 'desc';
  const selected = query.select([sql<number>`${at}`.as('at'), sql<string>`${id}`.as('id')]).orderBy(at, direction).orderBy(id, direction).limit(pageSize + 1);
  const found: Position[] = await selected.$castTo<Position>().execute();
  const hasMore = found.length > pageSize;
  const places = found.slice(0, pageSize);
  if (before) places.reverse();
  const place = (position: Position | undefined) => position && `${position.at}.${position.id}`;
  const byId = new Map(places.length === 0 ? [] : (await load(places.map((position) => position.id))).map((row) => [row.id, row]));
  return {
    rows: places.flatMap((position) => byId.get(position.id) ?? []),
    next: before || hasMore ? place(places.at(-1)) : undefined,
    previous: after || (before && hasMore) ? place(places[0]) : undefined,
  };
}

/** The addresses of the neighbouring pages, with the filters kept. */
export function pageLinks(path: string, filters: Record<string, string | undefined>, { next, previous }: PageOf<unknown>): { newer: string | undefined; older: string | undefined } {
  const link = (name: string, place: string | undefined) => (place === undefined ? undefined : addressOf(path, { ...filters, [name]: place }));
  return { newer: link('before', previous), older: link('after', next) };
}

/** A path with the parameters that are not empty. */
export function addressOf(path: string, parameters: Record<string, string | undefined>): string {
  const present = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '');
  return present.length === 0 ? path : `${path}?${new URLSearchParams(present).toString()}`;
}
