import type { Express, Request, RequestHandler, Response } from 'express';
import type { z } from 'zod';
import type { ApiScope } from '../api-tokens/scopes.rules.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import { plainIssue } from '../plain-issue.ts';
import { preflight, type OriginCheck } from './cors.ts';
import type { ErrorShape } from './error-shape.ts';
import { parseJson } from './json.ts';
import { limitByAddress, requestsPerMinute } from './rate-limit.ts';
import { readBody } from './read-body.ts';

const defaultBodyLimitBytes = 100 * 1024;

/** `also`: further content types that the same answer can have, by what is asked for. */
type Answer = { description: string; schema?: z.ZodType; contentType?: string; also?: Record<string, z.ZodType> };

/** A public endpoint, described once: it parses the requests, documents itself in the OpenAPI document, and is what the tests hold the answers against. */
export type RouteSpec = {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Express notation: `/api/customer/:id`. */
  path: string;
  operationId: string;
  summary: string;
  description?: string;
  tag: string;
  auth: 'none' | 'license' | 'admin' | 'webhook';
  /** What the API token must be allowed to do, of a route with `auth: 'admin'`. */
  scope?: ApiScope;
  params?: z.ZodObject;
  query?: z.ZodObject;
  headers?: z.ZodObject;
  /** JSON body. `raw` hands over the bytes as they came; `stream` leaves them to be read from the request. */
  body?: z.ZodType | 'raw' | 'stream';
  bodyLimitBytes?: number;
  /** Middleware of this route alone, such as its rate limit. */
  before?: readonly RequestHandler[];
  /** Which origins browsers may call from; without it none. Answers only preflights: what a real answer allows depends on its caller (allowOrigin). */
  cors?: OriginCheck;
  /** Without it errors have the shape of this API. */
  errorShape?: ErrorShape;
  /** Successful answers by status; the error shape is documented for every route. */
  responses: Record<number, Answer>;
  /** Codes of its own refusals, for the documentation; those of input, login and limits are known without. With it the list is promised to be whole. */
  errors?: readonly ErrorCode[];
  /** Refusals of a provider go back as they came, whatever their status: beside those that are documented. */
  passesBack?: true;
};

type Parsed<Schema, Otherwise = undefined> = Schema extends z.ZodType ? z.output<Schema> : Otherwise;
export type Input<Spec extends RouteSpec> = {
  params: Parsed<Spec['params']>;
  query: Parsed<Spec['query']>;
  headers: Parsed<Spec['headers']>;
  body: Spec['body'] extends 'raw' ? Buffer : Parsed<Spec['body']>;
  req: Request;
  res: Response;
};
/** What a handler returns: a JSON body with its status. A handler that has written the response itself returns undefined. */
export type Reply = { status?: number; body: unknown; headers?: Record<string, string> } | undefined;

export type Route = { spec: RouteSpec; handle: RequestHandler };

/** Binds a handler to its description. Inputs that do not fit are refused with INVALID_REQUEST that names the field. */
export function route<const Spec extends RouteSpec>(spec: Spec, handler: (input: Input<Spec>) => Promise<Reply>): Route {
  const handle: RequestHandler = async (req, res) => {
    const input = {
      params: spec.params ? parsePart(spec.params, req.params, 'path') : undefined,
      query: spec.query ? parsePart(spec.query, req.query, 'query') : undefined,
      headers: spec.headers ? parsePart(spec.headers, req.headers, 'headers') : undefined,
      body: spec.body === 'raw' ? bytesOf(req) : spec.body !== undefined && spec.body !== 'stream' ? parsePart(spec.body, jsonOf(req), 'body') : undefined,
      req,
      res,
    } as Input<Spec>;
    const reply = await handler(input);
    if (reply) sendJson(res, reply.status ?? 200, reply.body, reply.headers);
  };
  return { spec, handle };
}

/** Mounts routes in order; a known path with another method answers 405. */
export function mountRoutes(app: Express, routes: Route[]): void {
  const preflightLimit = limitByAddress(requestsPerMinute);
  for (const { spec, handle } of routes) {
    const body = spec.body === undefined || spec.body === 'stream' ? [] : [readBody(spec.bodyLimitBytes ?? defaultBodyLimitBytes)];
    app[spec.method](spec.path, ...withErrorShape(spec.errorShape), ...(spec.before ?? []), ...body, handle);
  }
  for (const path of new Set(routes.map(({ spec }) => spec.path))) {
    const specs = routes.map(({ spec }) => spec).filter((spec) => spec.path === path);
    const allowed = specs.map(({ method }) => method.toUpperCase());
    const open = specs.filter(({ cors }) => cors !== undefined);
    const mayCall = open[0]?.cors;
    const preflights = mayCall ? [preflightLimit, preflight(open.map(({ method }) => method.toUpperCase()), mayCall)] : [];
    app.options(path, ...preflights, (_req, res) => void res.set('Allow', allowed.join(', ')).status(204).end());
    app.all(path, ...withErrorShape(specs[0]?.errorShape), (_req, res) => {
      res.set('Allow', allowed.join(', '));
      throw new AppError('METHOD_NOT_ALLOWED', `${path} takes ${allowed.join(' and ')}.`);
    });
  }
}

function withErrorShape(errorShape: ErrorShape | undefined): RequestHandler[] {
  if (errorShape === undefined) return [];
  return [
    (_req, res, next) => {
      res.locals['errorShape'] = errorShape;
      next();
    },
  ];
}

/** Parses one part of a request, or throws INVALID_REQUEST naming the first field at fault. */
export function parsePart<Schema extends z.ZodType>(schema: Schema, value: unknown, part: string): z.output<Schema> {
  const result = schema.safeParse(value, { error: plainIssue });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = [part, ...(issue?.path ?? [])].map(String).join('.');
  throw new AppError('INVALID_REQUEST', `${field}: ${issue?.message ?? 'is not valid'}`, { field });
}

function bytesOf(req: Request): Buffer {
  return Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
}

function jsonOf(req: Request): unknown {
  const bytes = bytesOf(req);
  if (bytes.length === 0) return {};
  const type = req.headers['content-type'];
  if (type !== undefined && !type.includes('json')) {
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json.', { field: 'headers.content-type' });
  }
  return parseJson(bytes);
}

/** Writes a JSON answer with its length, so that it leaves in one packet. */
export function sendJson(res: Response, status: number, body: unknown, headers: Record<string, string> = {}): void {
  const text = JSON.stringify(body);
  res.statusCode = status;
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.setHeader('Content-Length', Buffer.byteLength(text));
  for (const name in headers) res.setHeader(name, headers[name] ?? '');
  res.end(text);
}
