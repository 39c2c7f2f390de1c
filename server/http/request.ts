import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import helmet from 'helmet';
import type { Deps } from '../deps.ts';

/** Gives every request an id, in the answer too. Requests that go well are many and alike: only the debug level logs them; failures are logged by the error handler. */
export function requestContext({ log }: Pick<Deps, 'log'>): RequestHandler {
  return (req, res, next) => {
    const requestId = randomUUID();
    res.locals['requestId'] = requestId;
    res.setHeader('X-Request-Id', requestId);
    if (log.isLevelEnabled('debug')) {
      const startedAt = performance.now();
      res.once('finish', () => log.debug({ request_id: requestId, method: req.method, route: routePath(req), status: res.statusCode, duration_ms: Math.round(performance.now() - startedAt) }, 'request'));
    }
    next();
  };
}

/** The pattern of the route, never the address itself: that may hold what belongs to people. */
export function routePath(req: Request): string | undefined {
  return (req.route as { path?: string } | undefined)?.path;
}

/**
 * helmet's headers, and that nothing is kept in a cache: answers hold keys and personal data. They are the same for every answer of the API, so they
 * are worked out once. Those that only say how a browser treats a page are left out: an answer is no page, and each header costs a busy server a microsecond.
 */
export function securityHeaders(): RequestHandler {
  const headers = new Map<string, string>([['Cache-Control', 'no-store']]);
  const recorder = { setHeader: (name: string, value: string) => headers.set(name, value), removeHeader: (name: string) => headers.delete(name) };
  const ofPages = { crossOriginOpenerPolicy: false, originAgentCluster: false, xDnsPrefetchControl: false, xDownloadOptions: false, xPermittedCrossDomainPolicies: false, xXssProtection: false };
  helmet({ contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"] } }, ...ofPages })({} as never, recorder as never, () => undefined);
  return (_req, res, next) => {
    res.setHeaders(headers);
    next();
  };
}
