import { sql, type SelectQueryBuilder, type SqlBool } from 'kysely';

/** The order of a list: a column that is never null and an index holds (with the filters before it), ties cut by the id. */
export type Order = { column: string; id: string; direction: 'asc' | 'desc' };
/** A place in a list: the values of its last row. */
export type Place = { at: string | number; id: string };

/**
 * The places that follow one, found by its values and not by counting, so that the last are as quick as the first. `query` filters and
 * selects nothing: only the two columns of the order are read, so both databases stay inside an index that holds them and the filters.
 */
export function placesAfter<DB, TB extends keyof DB>(query: SelectQueryBuilder<DB, TB, object>, order: Order, after: Place | undefined, limit: number): Promise<Place[]> {
  const at = sql.ref(order.column);
  const id = sql.ref(order.id);
  let bounded = query;
  // The first comparison is what both databases can look up in an index; the second cuts the ties.
  if (after && order.direction === 'desc') bounded = bounded.where(sql<SqlBool>`${at} <= ${after.at} and (${at} < ${after.at} or ${id} < ${after.id})`);
  if (after && order.direction === 'asc') bounded = bounded.where(sql<SqlBool>`${at} >= ${after.at} and (${at} > ${after.at} or ${id} > ${after.id})`);
  return bounded
    .select([sql<string | number>`${at}`.as('at'), sql<string>`${id}`.as('id')])
    .orderBy(at, order.direction)
    .orderBy(id, order.direction)
    .limit(limit)
    .$castTo<Place>()
    .execute();
}

/** The places that follow one in several lists of one order, as if they were one list. */
export async function mergedPlacesAfter<DB, TB extends keyof DB>(queries: SelectQueryBuilder<DB, TB, object>[], order: Order, after: Place | undefined, limit: number): Promise<Place[]> {
  const [only, ...others] = queries;
  if (!only) return [];
  if (others.length === 0) return placesAfter(only, order, after, limit);
  const lists: Place[][] = [];
  for (const query of queries) lists.push(await placesAfter(query, order, after, limit));
  const sign = order.direction === 'asc' ? 1 : -1;
  // Texts are compared as the databases compare them: by their bytes.
  const compare = (a: string | number, b: string | number) => (typeof a === 'number' && typeof b === 'number' ? a - b : Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b))));
  return lists.flat().sort((a, b) => sign * (compare(a.at, b.at) || compare(a.id, b.id))).slice(0, limit);
}

/** The rows of these places, in their order; one that has gone meanwhile is left out. */
export async function rowsAt<Row extends { id: string }>(places: readonly Place[], load: (ids: string[]) => Promise<Row[]>): Promise<Row[]> {
  if (places.length === 0) return [];
  const byId = new Map((await load(places.map(({ id }) => id))).map((row) => [row.id, row]));
  return places.flatMap(({ id }) => byId.get(id) ?? []);
}
