import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Db } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';
import type { Deps } from '../deps.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import { answerOnce, hasAnswer, idempotencyHeader } from '../idempotency/answer-once.ts';
import { adminAuth, callerOf, type ApiCaller } from './admin-auth.ts';
import type { AdminSpec } from './admin-route.ts';
import { entityTag, namesTag } from './entity-tag.ts';
import { holdRow } from './hold-row.store.ts';
import { route, type Route, type RouteSpec } from './route.ts';

const matchHeader = z.object({ 'if-match': z.string().max(1_000).optional().meta({ description: 'The `ETag` that GET brought. The change is refused with 412 when something else was changed meanwhile.' }) });
const longestScope = 64;

/** For a change of something that GET can read (PUT and PATCH must have it): locks its row, reads what GET answers, and If-Match is held against that. */
type Current = {
  /** The table of the row whose id is the parameter `id`; or how else to lock it. */
  hold: keyof Schema | ((trx: Db, params: Record<string, string>) => Promise<void>);
  read: (db: Db, params: Record<string, string>, caller: ApiCaller) => Promise<unknown>;
};
type WriteSpec<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType> = AdminSpec & {
  method: 'post' | 'put' | 'patch' | 'delete';
  params?: Params;
  query?: Query;
  body?: Body;
  bodyLimitBytes?: number;
  responses: RouteSpec['responses'];
  current?: Current;
};
type Asked<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType> = { params: z.output<Params>; query: z.output<Query>; body: z.output<Body>; caller: ApiCaller; at: number };
type WriteInput<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType> = Asked<Params, Query, Body> & {
  /** The transaction of the write and of its Idempotency-Key: everything has to go through it. */
  trx: Db;
  /** Those of the server with `db` as the transaction. */
  deps: Deps;
};
/** `afterCommit`: what has to be told that something has changed. Not done for a repetition. */
type Written = { status?: number; body: unknown; afterCommit?: () => Promise<void> };

/**
 * A write: takes Idempotency-Key, runs in one transaction, and with `current` takes If-Match (throws PRECONDITION_FAILED). An answer that is
 * what GET reads carries its ETag. A key belongs to one token, one operation and one set of parameters.
 */
export function adminWrite<const Params extends z.ZodObject, const Query extends z.ZodObject, const Body extends z.ZodType>(
  deps: Deps,
  spec: WriteSpec<Params, Query, Body>,
  work: (input: WriteInput<Params, Query, Body>) => Promise<Written>,
): Route {
  const { current } = spec;
  return route(routeSpec(deps, spec), async ({ res, ...given }) => {
    const asked = { params: given.params, query: given.query, body: given.body, caller: callerOf(res), at: deps.now() } as Asked<Params, Query, Body>;
    const { 'if-match': match } = given.headers as { 'if-match'?: string };
    const after: (() => Promise<void>)[] = [];
    const answer = await answered(deps, spec.operationId, asked, given.headers, async (trx) => {
      after.length = 0;
      if (current !== undefined && match !== undefined) await requireTag(trx, current, given.params as Record<string, string>, match, asked.caller);
      const { status = 200, body, afterCommit } = await work({ ...asked, trx, deps: { ...deps, db: trx } });
      if (afterCommit) after.push(afterCommit);
      return { status, body };
    });
    for (const tell of after) await tell();
    // A deleted one has no tag any more.
    return current === undefined || spec.method === 'delete' ? answer : { ...answer, headers: { ...answer.headers, ETag: entityTag(answer.body) } };
  });
}

/**
 * A write that is a call to another server, which no transaction may wait for. A repetition brings the first answer and does not call again;
 * only two at the same time may both call. `record` writes what is to be recorded, with the answer.
 */
export function adminCall<const Params extends z.ZodObject, const Query extends z.ZodObject, const Body extends z.ZodType>(
  deps: Deps,
  spec: WriteSpec<Params, Query, Body>,
  call: (input: Asked<Params, Query, Body>) => Promise<{ status?: number; body: unknown; record?: (trx: Db) => Promise<void> }>,
): Route {
  return route(routeSpec(deps, spec), async ({ res, ...given }) => {
    const asked = { params: given.params, query: given.query, body: given.body, caller: callerOf(res), at: deps.now() } as Asked<Params, Query, Body>;
    const { 'idempotency-key': key } = given.headers as { 'idempotency-key'?: string };
    const isKnown = key !== undefined && (await hasAnswer(deps.db, { scope: scopeOf(spec.operationId, asked.caller.tokenId), idempotency_key: key }));
    const made = isKnown ? undefined : await call(asked);
    return answered(deps, spec.operationId, asked, given.headers, async (trx) => {
      if (!made) throw new AppError('BUSY', 'The first request with this Idempotency-Key has just been cleared away. Send it again.', { retryAfterSeconds: 1 });
      await made.record?.(trx);
      return { status: made.status ?? 200, body: made.body };
    });
  });
}

function routeSpec<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType>(deps: Deps, { params, query, body, current, ...spec }: WriteSpec<Params, Query, Body>) {
  const errors: readonly ErrorCode[] = [...new Set<ErrorCode>(['IDEMPOTENCY_KEY_REUSED', ...(params === undefined ? [] : (['NOT_FOUND'] as const)), ...(current === undefined ? [] : (['PRECONDITION_FAILED'] as const)), ...(spec.errors ?? [])])];
  const parts = { ...(params === undefined ? {} : { params }), ...(query === undefined ? {} : { query }), ...(body === undefined ? {} : { body }) };
  const headers = current === undefined ? idempotencyHeader : idempotencyHeader.extend(matchHeader.shape);
  return { ...spec, ...parts, errors, headers, auth: 'admin', before: adminAuth(deps, spec.scope, 'bounded') } as const;
}

function answered<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType>({ db, vault }: Deps, operationId: string, { params, query, body, caller, at }: Asked<Params, Query, Body>, headers: unknown, work: (trx: Db) => Promise<{ status: number; body: unknown }>): ReturnType<typeof answerOnce> {
  const { 'idempotency-key': key } = headers as { 'idempotency-key'?: string };
  return answerOnce(db, vault, { scope: scopeOf(operationId, caller.tokenId), key, body: { params, query, body } }, at, work);
}

/** The row is locked first: what is compared is what is changed. */
async function requireTag(trx: Db, { hold, read }: Current, params: Record<string, string>, match: string, caller: ApiCaller): Promise<void> {
  if (typeof hold === 'function') await hold(trx, params);
  else await holdRow(trx, hold, params['id'] ?? '');
  if (namesTag(match, entityTag(await read(trx, params, caller)))) return;
  throw new AppError('PRECONDITION_FAILED', 'It has changed since its ETag was read. Read it again and decide anew.', { field: 'headers.if-match' });
}

function scopeOf(operationId: string, tokenId: string): string {
  const scope = `${operationId}:${tokenId}`;
  return scope.length <= longestScope ? scope : createHash('sha256').update(scope).digest('hex');
}
