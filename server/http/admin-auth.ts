import type { Request, RequestHandler, Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { authenticateToken, type TokenIdentity } from '../api-tokens/authenticate-token.ts';
import type { ApiScope } from '../api-tokens/scopes.rules.ts';
import type { Scope } from '../access/scope.ts';
import type { Actor } from '../audit/record-audit.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { bearerToken } from './license-key.ts';
import { limitByAddress } from './rate-limit.ts';

/** What one address may try with tokens that are not good, in a minute. */
const failuresPerMinute = 600;
/** What one token may ask for in a minute, over all endpoints. */
export const tokenRequestsPerMinute = 1_200;

/** Who made a request that adminAuth let through; `scope` is whose rows it sees and changes. */
export type ApiCaller = { tokenId: string; by: Actor; scopes: readonly ApiScope[]; scope: Scope };

/** Whether an endpoint bounds what it shows and changes by the caller's `scope`; one that does not is closed to the tokens of organisations. */
type Reach = 'bounded' | 'everything';

const limits = new WeakMap<object, { byAddress: RequestHandler; byToken: RequestHandler }>();

/** One count for all endpoints of a server. */
function limitsOf(deps: object): { byAddress: RequestHandler; byToken: RequestHandler } {
  const known = limits.get(deps);
  if (known) return known;
  const made = {
    byAddress: limitByAddress(failuresPerMinute, (res) => res.locals['token'] === undefined),
    byToken: rateLimit({
      windowMs: 60_000,
      limit: tokenRequestsPerMinute,
      // RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset (seconds) and RateLimit-Policy.
      standardHeaders: 'draft-6',
      legacyHeaders: false,
      keyGenerator: (_req: Request, res: Response) => tokenOf(res).id,
      passOnStoreError: true,
      handler: (_req, res, next) => next(new AppError('RATE_LIMITED', 'Too many requests with this API token. Try again in a minute.', { retryAfterSeconds: Number(res.getHeader('RateLimit-Reset') ?? 60) })),
    }),
  };
  limits.set(deps, made);
  return made;
}

/**
 * Runs before the body is read: lets requests through whose API token has the scope, as often as a token may ask.
 * Throws UNAUTHENTICATED, FORBIDDEN or RATE_LIMITED.
 */
export function adminAuth(deps: Pick<Deps, 'db' | 'secrets' | 'now'>, scope: ApiScope, reach: Reach = 'everything'): RequestHandler[] {
  const { byAddress, byToken } = limitsOf(deps);
  const authenticate: RequestHandler = async (req, res, next) => {
    const token = await authenticateToken(deps, bearerToken(req), scope);
    res.locals['token'] = token;
    if (reach === 'everything' && token.scope.kind !== 'all') throw new AppError('FORBIDDEN', 'The API token of an organisation works under /api/v1 only.', { field: 'headers.authorization' });
    next();
  };
  return [byAddress, authenticate, byToken];
}

function tokenOf(res: Response): TokenIdentity {
  return res.locals['token'] as TokenIdentity;
}

/** Who makes a request that adminAuth let through. */
export function callerOf(res: Response): ApiCaller {
  const { id, actor, scopes, scope } = tokenOf(res);
  return { tokenId: id, scopes, scope, by: { actor, requestId: res.locals['requestId'] as string } };
}
