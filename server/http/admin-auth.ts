import type { RequestHandler, Response } from 'express';
import { authenticateToken } from '../api-tokens/authenticate-token.ts';
import type { Actor } from '../audit/record-audit.ts';
import type { Deps } from '../deps.ts';
import { bearerToken } from './license-key.ts';
import { limitByAddress } from './rate-limit.ts';

/** Runs before the body is read: lets requests with a good API token through, as often as one address may try. Throws UNAUTHENTICATED or FORBIDDEN. */
export function adminAuth(deps: Pick<Deps, 'db' | 'secrets' | 'now'>): RequestHandler[] {
  const authenticate: RequestHandler = async (req, res, next) => {
    res.locals['tokenId'] = (await authenticateToken(deps, bearerToken(req), 'admin')).id;
    next();
  };
  return [limitByAddress(600), authenticate];
}

/** Who to name in the audit log for a request that adminAuth let through. */
export function tokenActor(res: Response): Actor {
  return { actor: 'api-token', requestId: res.locals['requestId'] as string };
}

/** The id of the token of a request that adminAuth let through. */
export function tokenIdOf(res: Response): string {
  return res.locals['tokenId'] as string;
}
