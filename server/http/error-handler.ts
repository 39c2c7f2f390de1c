import type { ErrorRequestHandler, Request, RequestHandler } from 'express';
import { z } from 'zod';
import { isRetryable } from '../db/database.ts';
import { AppError, errorText, type ErrorCode } from '../errors.ts';
import type { Deps } from '../deps.ts';
import type { ErrorShape } from './error-shape.ts';
import { routePath } from './request.ts';
import { sendJson } from './route.ts';

/** The one shape of every error answer. */
export const errorBody = z
  .object({
    error: z.object({
      code: z.string().meta({ description: 'For programs; stable.', example: 'INVALID_REQUEST' }),
      message: z.string().meta({ description: 'For people: what is wrong and what to do.', example: 'body.email: must be an e-mail address such as anna@example.com' }),
      field: z.string().optional().meta({ description: 'The field at fault, as a path.', example: 'body.email' }),
      request_id: z.string().meta({ description: 'Stands in the log of the server, and in the header X-Request-Id.', example: '3f5fecb7-786f-4036-87ad-803ebe00aef6' }),
    }),
  })
  .meta({ id: 'Error' });

/** For paths that nothing answers. */
export const notFound: RequestHandler = (req) => {
  throw new AppError('NOT_FOUND', `There is nothing at ${req.method} ${req.path}. GET / lists the endpoints.`);
};

/** The answer to anything thrown, in the error shape of the route. Internals go to the log, never to the client. */
export function errorAnswer(log: Deps['log'], error: unknown, req: Request, requestId: string): { status: number; headers: Record<string, string>; body: object } {
  const appError = toAppError(error);
  const { status, code, message, field, retryAfterSeconds } = appError;
  const line = { request_id: requestId, method: req.method, route: routePath(req), status, code };
  if (status >= 500) log.error({ ...line, detail: errorText(error), stack: error instanceof Error ? error.stack : undefined }, 'request failed');
  else log.info(line, 'request refused');
  const headers: Record<string, string> = {};
  if (retryAfterSeconds !== undefined) headers['Retry-After'] = String(retryAfterSeconds);
  // The SDKs of AI providers repeat a 429 at once, whatever Retry-After says, unless they are told not to; and it takes another token for another outcome.
  if (status === 429 || code.startsWith('VISITOR_TOKEN_')) headers['x-should-retry'] = 'false';
  const shape = req.res?.locals['errorShape'] as ErrorShape | undefined;
  if (shape) {
    const shaped = shape.answer(appError, req, requestId);
    return { ...shaped, headers: { ...headers, ...shaped.headers } };
  }
  return { status, headers, body: { error: { code, message, ...(field === undefined ? {} : { field }), request_id: requestId } } };
}

/** Answers anything thrown in the error shape. An answer that has begun is cut off instead. */
export function errorHandler({ log }: Pick<Deps, 'log'>): ErrorRequestHandler {
  return (error, req, res, _next) => {
    const { status, headers, body } = errorAnswer(log, error, req, res.locals['requestId'] as string);
    if (res.headersSent) res.destroy();
    else sendJson(res, status, body, headers);
  };
}

// Of Express's own parser, which reads the forms of the dashboard.
const bodyParserCodes: Record<string, ErrorCode> = {
  'entity.too.large': 'BODY_TOO_LARGE',
  'encoding.unsupported': 'UNSUPPORTED_MEDIA_TYPE',
  'charset.unsupported': 'UNSUPPORTED_MEDIA_TYPE',
};
const databaseGone = new Set(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'PROTOCOL_CONNECTION_LOST', 'ER_CON_COUNT_ERROR', 'ER_SERVER_SHUTDOWN', 'POOL_CLOSED']);
// SQLITE_BUSY, SQLITE_LOCKED, SQLITE_IOERR, SQLITE_FULL, SQLITE_CANTOPEN
const sqliteUnavailable = new Set([5, 6, 10, 13, 14]);

/** Whatever was thrown as an AppError whose message may be shown. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { type, code, status, errcode } = (typeof error === 'object' && error !== null ? error : {}) as { type?: string; code?: string; status?: number; errcode?: number };
  if (type && bodyParserCodes[type]) return new AppError(bodyParserCodes[type], type === 'entity.too.large' ? 'The form is too large.' : 'This encoding is not supported. Send plain UTF-8.', { field: 'body', cause: error });
  if (typeof status === 'number' && status >= 400 && status < 500) return new AppError('INVALID_REQUEST', 'The request could not be read.', { cause: error });
  if ((code && databaseGone.has(code)) || (errcode !== undefined && sqliteUnavailable.has(errcode & 0xff)) || isRetryable(error)) {
    return new AppError('BUSY', 'The server cannot reach its database just now. Try again in a moment.', { detail: errorText(error), retryAfterSeconds: 2, cause: error });
  }
  return new AppError('INTERNAL', 'Something went wrong on our side. It has been logged.', { detail: errorText(error), cause: error });
}
