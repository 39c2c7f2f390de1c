import type { Response } from 'express';
import { z } from 'zod';
import type { ApiScope } from '../api-tokens/scopes.rules.ts';
import type { Place } from '../db/keyset.ts';
import type { Deps } from '../deps.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import { adminAuth, callerOf, type ApiCaller } from './admin-auth.ts';
import { entityTag, namesTag } from './entity-tag.ts';
import { pageFields, readCursor, writeCursor, type Cursor } from './list-query.rules.ts';
import { route, type Route } from './route.ts';

/** What every endpoint under /api/v1 that is made for API tokens says of itself. */
export type AdminSpec = { path: `/api/v1/${string}`; operationId: string; tag: string; summary: string; description?: string; scope: ApiScope; errors?: readonly ErrorCode[] };

const conditional = z.object({ 'if-none-match': z.string().max(1_000).optional().meta({ description: 'The `ETag` of an earlier answer. While nothing has changed, the answer is 304 without a body.' }) });
const unchanged = { 304: { description: 'As it was: the `ETag` in `If-None-Match` is still the one of this answer.' } };

type ListSpec<Filters extends z.ZodRawShape, Sort extends string, Item extends z.ZodType> = AdminSpec & {
  /** Each a query parameter; what is not listed is refused. */
  filters: Filters;
  /** The orders that an index holds; the first without being asked. `-created_at`: newest first. */
  sorts: readonly [Sort, ...Sort[]];
  item: Item;
};
type ListInput<Filters extends z.ZodRawShape, Sort extends string> = {
  filters: z.output<z.ZodObject<Filters>>;
  page: { sort: Sort; after: Cursor | undefined; limit: number };
  caller: ApiCaller;
};

/** A list: `{data, next_cursor}`, with the filters, the sorts and the ETag of all lists. `read` says in `next` where its page ended, if there is more. Throws INVALID_REQUEST for a cursor that is none. */
export function adminList<const Filters extends z.ZodRawShape, const Sort extends string, const Item extends z.ZodType>(
  deps: Deps,
  { filters, sorts, item, ...spec }: ListSpec<Filters, Sort, Item>,
  read: (input: ListInput<Filters, Sort>) => Promise<{ data: z.input<Item>[]; next: Place | undefined }>,
): Route {
  const answer = z.object({ data: z.array(item), next_cursor: z.string().nullable().meta({ description: 'For `cursor`, to read on; null: this was the last page.', example: null }) });
  const query = z.strictObject({ ...filters, ...pageFields(sorts) });
  return route({ ...spec, errors: spec.errors ?? [], method: 'get', auth: 'admin', before: adminAuth(deps, spec.scope, 'bounded'), query, headers: conditional, responses: { 200: { description: 'A page of the list.', schema: answer }, ...unchanged } }, async (input) => {
    const { limit, cursor, sort, ...others } = input.query as { limit: number; cursor: string | undefined; sort: Sort };
    const after = cursor === undefined ? undefined : readCursor(cursor, sort);
    if (cursor !== undefined && !after) throw new AppError('INVALID_REQUEST', 'query.cursor: is no cursor of this list in this order; begin again without one', { field: 'query.cursor' });
    const { data, next } = await read({ filters: others as z.output<z.ZodObject<Filters>>, page: { sort, after, limit }, caller: callerOf(input.res) });
    return answerUnlessKnown(input.res, input.headers['if-none-match'], { data, next_cursor: next ? writeCursor({ sort, ...next }) : null });
  });
}

type ReadSpec<Params extends z.ZodObject, Query extends z.ZodObject, Answer extends z.ZodType> = AdminSpec & { params?: Params; query?: Query; answer: Answer };
type ReadInput<Params extends z.ZodObject, Query extends z.ZodObject> = { params: z.output<Params>; query: z.output<Query>; caller: ApiCaller };

/** Something to read, with its ETag. NOT_FOUND is documented when it has parameters in its path. */
export function adminRead<const Params extends z.ZodObject, const Query extends z.ZodObject, const Answer extends z.ZodType>(
  deps: Deps,
  { params, query, answer, ...spec }: ReadSpec<Params, Query, Answer>,
  read: (input: ReadInput<Params, Query>) => Promise<z.input<Answer>>,
): Route {
  const errors: readonly ErrorCode[] = [...(params === undefined ? [] : (['NOT_FOUND'] as const)), ...(spec.errors ?? [])];
  return route(
    { ...spec, errors, ...(params === undefined ? {} : { params }), ...(query === undefined ? {} : { query }), method: 'get', auth: 'admin', before: adminAuth(deps, spec.scope, 'bounded'), headers: conditional, responses: { 200: { description: 'As it stands.', schema: answer }, ...unchanged } },
    async ({ res, headers, ...input }) => answerUnlessKnown(res, headers['if-none-match'], await read({ params: input.params as z.output<Params>, query: input.query as z.output<Query>, caller: callerOf(res) })),
  );
}

/** Answers with the tag of the body; with 304 alone when the caller has named that tag. Who reads personal data may keep it, but has to ask each time. */
function answerUnlessKnown(res: Response, known: string | undefined, body: unknown): { body: unknown; headers: Record<string, string> } | undefined {
  const tag = entityTag(body);
  const headers = { ETag: tag, 'Cache-Control': 'private, no-cache' };
  if (known === undefined || !namesTag(known, tag)) return { body, headers };
  res.status(304).set(headers).end();
  return undefined;
}

/** The row in the path. */
export function idParams(what: string): z.ZodObject<{ id: z.ZodString }> {
  return z.object({ id: z.string().min(1).max(64).meta({ description: `The \`id\` of the ${what}.`, example: '01a1fdfd-2f56-7160-aec7-9a074e78721c' }) });
}
