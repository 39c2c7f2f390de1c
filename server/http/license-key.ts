import type { Request } from 'express';
import { z } from 'zod';
import { AppError } from '../errors.ts';

/** The header of every call that is made with a licence. */
export const licenseKeyHeader = z.object({ 'x-license-key': z.string({ error: 'send the licence key in the header X-License-Key' }).min(1).max(200).meta({ description: 'The licence key. Case, spaces and missing hyphens do not matter.', example: 'CHA-TEST-1234-5678-ABCD' }) });

/** The bearer token of a request. Throws UNAUTHENTICATED. */
export function bearerToken(req: Request): string {
  const match = /^Bearer +(\S+)$/i.exec(req.headers.authorization ?? '');
  if (!match?.[1]) throw new AppError('UNAUTHENTICATED', 'Send the API token as: Authorization: Bearer TOKEN', { field: 'headers.authorization' });
  return match[1];
}
