import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import helmet from 'helmet';
import type { Deps } from '../deps.ts';

/** Gives every request an id, in the answer too, and logs how it ended. Successful validations are many and alike: they are logged at debug level. */
export function requestContext({ log }: Pick<Deps, 'log'>): RequestHandler {
  return (req, res, next) => {
    const requestId = randomUUID();
    const startedAt = performance.now();
    res.locals['requestId'] = requestId;
    res.setHeader('X-Request-Id', requestId);
    res.once('finish', () => {
      const level = res.statusCode >= 400 ? 'info' : 'debug';
      if (!log.isLevelEnabled(level)) return;
      const route = (req.route as { path?: string } | undefined)?.path;
      log[level]({ request_id: requestId, method: req.method, route, status: res.statusCode, duration_ms: Math.round(performance.now() - startedAt) }, 'request');
    });
    next();
  };
}

/** helmet's headers. They are the same for every answer of the API, so they are worked out once. */
export function securityHeaders(): RequestHandler {
  const headers = new Map<string, string>();
  const recorder = { setHeader: (name: string, value: string) => headers.set(name, value), removeHeader: (name: string) => headers.delete(name) };
  helmet({ contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"] } } })({} as never, recorder as never, () => undefined);
  return (_req, res, next) => {
    res.setHeaders(headers);
    next();
  };
}
