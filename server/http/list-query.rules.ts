import { z } from 'zod';

const limitText = 'must be a whole number from 1 to 100';

/** Where a page of a list ended. `sort` belongs to it: a place means nothing in another order. */
export type Cursor = { sort: string; at: string | number; id: string };

const cursorParts = z.tuple([z.string().max(64), z.union([z.string().max(400), z.int()]), z.string().min(1).max(64)]);
const longestCursor = 2_000;

/** The cursor of a place, opaque for whoever gets it. */
export function writeCursor({ sort, at, id }: Cursor): string {
  return Buffer.from(JSON.stringify([sort, at, id])).toString('base64url');
}

/** The place that a cursor names, in this order; undefined for one of another order and for whatever is no cursor. */
export function readCursor(text: string, sort: string): Cursor | undefined {
  try {
    const parsed = cursorParts.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
    if (!parsed.success || parsed.data[0] !== sort) return undefined;
    return { sort, at: parsed.data[1], id: parsed.data[2] };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** `limit`, `cursor` and `sort` of every list. */
export function pageFields<const Sort extends string>(sorts: readonly [Sort, ...Sort[]]) {
  return {
    limit: z.coerce.number(limitText).int(limitText).min(1, limitText).max(100, limitText).default(25).meta({ description: 'How many at most: 1 to 100.', example: 25 }),
    cursor: z.string().min(1).max(longestCursor).optional().meta({ description: 'The `next_cursor` of the page before. Without one, the first page.' }),
    sort: z.enum(sorts).default(sorts[0]).meta({ description: 'A leading hyphen turns the order around.', example: sorts[0] }),
  };
}

/** A moment in a filter, as epoch milliseconds: ISO 8601, or a day, which means its beginning in UTC. */
export const momentFilter = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], 'must be a time such as 2026-11-21T12:00:00Z or a day such as 2026-11-21')
  .transform((text) => Date.parse(text))
  .meta({ example: '2026-11-21' });

/** The filters of a time that rows have: from this moment on, and before that one. */
export const createdFilters = {
  created_from: momentFilter.optional().meta({ description: 'Made at this moment or later.', example: '2026-11-01' }),
  created_to: momentFilter.optional().meta({ description: 'Made before this moment.', example: '2026-12-01' }),
};
