import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { AppError } from '../errors.ts';

/** What one address may ask of anything public that has no limit of its own. */
export const requestsPerMinute = 600;

/** At most `limit` requests a minute from one address (IPv6: one /56). Counted in this process: it protects the machine, quotas are enforced in the database. */
export function limitByAddress(limit: number): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit,
    standardHeaders: false,
    legacyHeaders: false,
    ipv6Subnet: 56,
    passOnStoreError: true,
    handler: (_req, _res, next) => next(new AppError('RATE_LIMITED', 'Too many requests from this address. Try again in a minute.', { retryAfterSeconds: 60 })),
  });
}
