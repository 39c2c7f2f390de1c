import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { transact } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { findToken, touchToken } from './api-tokens.store.ts';

const touchAfterMs = 60_000;
const scopesColumn = z.array(z.string());

/** Which token made a request: `configured` (ADMIN_API_TOKEN) or the id of a row of api_tokens. */
export type TokenIdentity = { id: string };

/**
 * Who holds this API token. ADMIN_API_TOKEN may do everything; a stored token is known by its SHA-256 alone, must not be revoked and
 * needs the scope. Compared in constant time. Throws UNAUTHENTICATED, or FORBIDDEN when the scope is missing.
 */
export async function authenticateToken({ db, secrets, now }: Pick<Deps, 'db' | 'secrets' | 'now'>, token: string, scope: 'admin'): Promise<TokenIdentity> {
  const digest = sha256(token);
  if (timingSafeEqual(digest, sha256(secrets.adminApiToken))) return { id: 'configured' };
  const stored = await findToken(db, digest);
  if (!stored) throw new AppError('UNAUTHENTICATED', 'This API token is not known, or it was revoked.', { field: 'headers.authorization' });
  if (!scopesColumn.parse(JSON.parse(stored.scopes)).includes(scope)) throw new AppError('FORBIDDEN', `This API token lacks the scope "${scope}".`, { field: 'headers.authorization' });
  if (now() - (stored.last_used_at ?? 0) > touchAfterMs) await transact(db, (trx) => touchToken(trx, stored.id, now()), 'unsynced');
  return { id: stored.id };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
