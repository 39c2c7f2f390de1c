import type { RequestHandler, Response } from 'express';

/** Whether pages of an origin (`https://shop.example.com`) may call; asked in preflights, before there is anything else to judge by. */
export type OriginCheck = (origin: string) => Promise<boolean>;

const preflightSeconds = 7_200;
/** What our own clients and the official SDKs of OpenAI and Anthropic send from a browser. */
const requestHeaders = new Set([
  'accept', 'authorization', 'content-type', 'user-agent', 'x-api-key', 'x-license-key', 'x-site-domain', 'x-client-request-id', 'idempotency-key', 'anthropic-version', 'anthropic-beta',
  'anthropic-dangerous-direct-browser-access', 'openai-beta', 'openai-organization', 'openai-project',
]);
const sdkHeader = /^x-stainless-[a-z-]{1,40}$/;
const exposed = [
  'X-Request-Id', 'request-id', 'Retry-After', 'x-should-retry', 'x-chatello-cache', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset',
  ...['requests', 'tokens'].flatMap((unit) => ['limit', 'remaining', 'reset'].flatMap((part) => [`x-ratelimit-${part}-${unit}`, `anthropic-ratelimit-${unit}-${part}`])),
].join(', ');

/** Adds to the answer of a preflight that the origin may call with these methods, if the check says so. Never with credentials: cookies mean nothing here. */
export function preflight(methods: string[], mayCall: OriginCheck): RequestHandler {
  return async (req, res, next) => {
    res.setHeader('Vary', 'Origin');
    const { origin, 'access-control-request-method': method = '', 'access-control-request-headers': asked = '' } = req.headers;
    if (origin !== undefined && methods.includes(method) && (await mayCall(origin))) {
      const names = asked.toLowerCase().split(',').map((name) => name.trim());
      res.setHeader('Access-Control-Allow-Origin', origin);
      res.setHeader('Access-Control-Allow-Methods', methods.join(', '));
      res.setHeader('Access-Control-Allow-Headers', names.filter((name) => requestHeaders.has(name) || sdkHeader.test(name)).join(', '));
      res.setHeader('Access-Control-Max-Age', preflightSeconds);
    }
    next();
  };
}

/** Lets pages of this origin read the answer, whatever it will be, and what it says of limits. */
export function allowOrigin(res: Response, origin: string): void {
  res.setHeader('Access-Control-Allow-Origin', origin);
  res.setHeader('Access-Control-Expose-Headers', exposed);
  res.setHeader('Vary', 'Origin');
}
