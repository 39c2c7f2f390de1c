import type { RequestHandler, Response } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { AppError } from '../errors.ts';

const ipv6Subnet = 56;

/** What one address may ask of anything public that has no limit of its own. */
export const requestsPerMinute = 600;

/**
 * At most `limit` requests a minute from one address (IPv6: one /56). Counted in this process: it protects the machine, quotas are enforced in the database.
 * With `counts`, a request for which it says no when the answer has gone is not held against the address.
 */
export function limitByAddress(limit: number, counts?: (res: Response) => boolean): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit,
    standardHeaders: false,
    legacyHeaders: false,
    // An IPv4 address is its own key; the library would match each against the pattern of IPv6 first.
    keyGenerator: ({ ip = '' }) => (ip.includes(':') ? ipKeyGenerator(ip, ipv6Subnet) : ip),
    passOnStoreError: true,
    ...(counts === undefined ? {} : { skipSuccessfulRequests: true, requestWasSuccessful: (_req: unknown, res: Response) => !counts(res) }),
    handler: (_req, _res, next) => next(new AppError('RATE_LIMITED', 'Too many requests from this address. Try again in a minute.', { retryAfterSeconds: 60 })),
  });
}
