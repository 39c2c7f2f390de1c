import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';
import type { Deps } from '../deps.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import { answerOnce, idempotencyHeader } from '../idempotency/answer-once.ts';
import { adminAuth, callerOf, type ApiCaller } from './admin-auth.ts';
import type { AdminSpec } from './admin-route.ts';
import { entityTag, namesTag } from './entity-tag.ts';
import { holdRow } from './hold-row.store.ts';
import { route, type Route, type RouteSpec } from './route.ts';

const matchHeader = z.object({ 'if-match': z.string().max(1_000).optional().meta({ description: 'The `ETag` that GET brought. The change is refused with 412 when something else was changed meanwhile.' }) });
const longestScope = 64;

type WriteSpec<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType> = AdminSpec & {
  method: 'post' | 'put' | 'patch' | 'delete';
  params?: Params;
  query?: Query;
  body?: Body;
  bodyLimitBytes?: number;
  responses: RouteSpec['responses'];
  /** For a change of something that GET can read (PUT and PATCH must have it): its row, locked before it is read, and what GET answers, which If-Match is held against. */
  current?: { table: keyof Schema; read: (db: Db, id: string, caller: ApiCaller) => Promise<unknown> };
};
type WriteInput<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType> = {
  params: z.output<Params>;
  query: z.output<Query>;
  body: z.output<Body>;
  caller: ApiCaller;
  /** The transaction of the write and of its Idempotency-Key: everything has to go through it. */
  trx: Db;
  /** Those of the server with `db` as the transaction. */
  deps: Deps;
  at: number;
};

/**
 * A write: takes Idempotency-Key, runs in one transaction, and with `current` takes If-Match (throws PRECONDITION_FAILED). An answer that is
 * what GET reads carries its ETag. A key belongs to one token, one operation and one set of parameters.
 */
export function adminWrite<const Params extends z.ZodObject, const Query extends z.ZodObject, const Body extends z.ZodType>(
  deps: Deps,
  { params, query, body, current, ...spec }: WriteSpec<Params, Query, Body>,
  work: (input: WriteInput<Params, Query, Body>) => Promise<{ status?: number; body: unknown }>,
): Route {
  const { db, vault, now } = deps;
  const headers = current === undefined ? idempotencyHeader : idempotencyHeader.extend(matchHeader.shape);
  const errors: readonly ErrorCode[] = [...new Set<ErrorCode>(['IDEMPOTENCY_KEY_REUSED', ...(params === undefined ? [] : (['NOT_FOUND'] as const)), ...(current === undefined ? [] : (['PRECONDITION_FAILED'] as const)), ...(spec.errors ?? [])])];
  const parts = { ...(params === undefined ? {} : { params }), ...(query === undefined ? {} : { query }), ...(body === undefined ? {} : { body }) };
  return route({ ...spec, ...parts, errors, headers, auth: 'admin', before: adminAuth(deps, spec.scope, 'bounded') }, async ({ res, ...given }) => {
    const caller = callerOf(res);
    const input = { params: given.params, query: given.query, body: given.body } as Pick<WriteInput<Params, Query, Body>, 'params' | 'query' | 'body'>;
    const { 'idempotency-key': key, 'if-match': match } = given.headers as { 'idempotency-key'?: string; 'if-match'?: string };
    const answer = await answerOnce(db, vault, { scope: scopeOf(spec.operationId, caller.tokenId), key, body: input }, now(), async (trx) => {
      if (current !== undefined && match !== undefined) await requireTag(trx, current, (given.params as { id: string }).id, match, caller);
      const { status = 200, body: answered } = await work({ ...input, caller, trx, deps: { ...deps, db: trx }, at: now() });
      return { status, body: answered };
    });
    // A deleted one has no tag any more.
    return current === undefined || spec.method === 'delete' ? answer : { ...answer, headers: { ...answer.headers, ETag: entityTag(answer.body) } };
  });
}

/** The row is locked first: what is compared is what is changed. */
async function requireTag(trx: Db, { table, read }: NonNullable<WriteSpec<never, never, never>['current']>, id: string, match: string, caller: ApiCaller): Promise<void> {
  await holdRow(trx, table, id);
  if (namesTag(match, entityTag(await read(trx, id, caller)))) return;
  throw new AppError('PRECONDITION_FAILED', 'It has changed since its ETag was read. Read it again and decide anew.', { field: 'headers.if-match' });
}

function scopeOf(operationId: string, tokenId: string): string {
  const scope = `${operationId}:${tokenId}`;
  return scope.length <= longestScope ? scope : createHash('sha256').update(scope).digest('hex');
}
