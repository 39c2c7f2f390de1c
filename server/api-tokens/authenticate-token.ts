import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { transact } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { findToken, touchToken } from './api-tokens.store.ts';
import { covers, type ApiScope } from './scopes.rules.ts';

const touchAfterMs = 60_000;
const scopesColumn = z.array(z.string());
const field = 'headers.authorization';

/** Which token made a request: `configured` (ADMIN_API_TOKEN) or the id of a row of api_tokens; and its name in the audit log. */
export type TokenIdentity = { id: string; actor: string };

/**
 * Who holds this API token. ADMIN_API_TOKEN may do everything; a stored token is known by its SHA-256 alone, must be neither revoked nor
 * expired, and needs the scope. Compared in constant time. Throws UNAUTHENTICATED, or FORBIDDEN when the scope is missing.
 */
export async function authenticateToken({ db, secrets, now }: Pick<Deps, 'db' | 'secrets' | 'now'>, token: string, scope: ApiScope): Promise<TokenIdentity> {
  const digest = tokenDigest(token);
  if (timingSafeEqual(digest, tokenDigest(secrets.adminApiToken))) return { id: 'configured', actor: 'api-token' };
  const stored = await findToken(db, digest);
  if (!stored) throw new AppError('UNAUTHENTICATED', 'This API token is not known, or it was revoked.', { field });
  if (stored.expires_at !== null && stored.expires_at <= now()) throw new AppError('UNAUTHENTICATED', 'This API token has expired.', { field });
  if (!covers(readScopes(stored.scopes), scope)) throw new AppError('FORBIDDEN', `This API token lacks the scope "${scope}".`, { field });
  if (now() - (stored.last_used_at ?? 0) > touchAfterMs) await transact(db, (trx) => touchToken(trx, stored.id, now()), 'unsynced');
  return { id: stored.id, actor: `token:${stored.name}` };
}

/** The scopes in a column. */
export function readScopes(column: string): string[] {
  return scopesColumn.parse(JSON.parse(column));
}

/** What is kept of a token. */
export function tokenDigest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
