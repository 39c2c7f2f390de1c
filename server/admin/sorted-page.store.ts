import type { SelectQueryBuilder } from 'kysely';
import { mergedPlacesAfter, rowsAt, type Order, type Place } from '../db/keyset.ts';
import { pageSize, type PageOf } from './paging.store.ts';

/** The first page, or the one after or before a place. */
export type SortedRequest = { after?: Place; before?: Place };

/** Reads `?after=` or `?before=` of a list in this order; whatever is no place of it means the first page. */
export function sortedRequest(query: Record<string, string>, kind: 'number' | 'text'): SortedRequest {
  const after = parsePlace(query['after'], kind);
  if (after) return { after };
  const before = parsePlace(query['before'], kind);
  return before ? { before } : {};
}

function parsePlace(text: string | undefined, kind: 'number' | 'text'): Place | undefined {
  const [, at = '', id = ''] = /^(.{0,400})\.([\w-]{1,36})$/su.exec(text ?? '') ?? [];
  if (id === '' || (kind === 'number' && !/^\d{1,15}$/.test(at))) return undefined;
  return { at: kind === 'number' ? Number(at) : at, id };
}

/** keysetPage for any order: one page, found by its place and not by counting. The queries, of which each row is in one, filter and select nothing. */
export async function sortedPage<DB, TB extends keyof DB, Row extends { id: string }>(
  queries: SelectQueryBuilder<DB, TB, object>[],
  order: Order,
  { after, before }: SortedRequest,
  load: (ids: string[]) => Promise<Row[]>,
): Promise<PageOf<Row>> {
  const turned: Order = { ...order, direction: order.direction === 'asc' ? 'desc' : 'asc' };
  const found = await mergedPlacesAfter(queries, before ? turned : order, before ?? after, pageSize + 1);
  const hasMore = found.length > pageSize;
  const places = found.slice(0, pageSize);
  if (before) places.reverse();
  const named = (place: Place | undefined) => place && `${place.at}.${place.id}`;
  return {
    rows: await rowsAt(places, load),
    next: before || hasMore ? named(places.at(-1)) : undefined,
    previous: after || (before && hasMore) ? named(places[0]) : undefined,
  };
}
