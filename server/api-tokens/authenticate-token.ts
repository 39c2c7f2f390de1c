import { createHash, timingSafeEqual } from 'node:crypto';
import { everything, type Scope } from '../access/scope.ts';
import { transact } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { findToken, touchToken } from './api-tokens.store.ts';
import { covers, isForOrganizations, knownScopes, type ApiScope } from './scopes.rules.ts';

const touchAfterMs = 60_000;
const field = 'headers.authorization';

/** Which token made a request: `configured` (ADMIN_API_TOKEN) or the id of a row of api_tokens; its name in the audit log, what it may do, and whose rows it sees. */
export type TokenIdentity = { id: string; actor: string; scopes: readonly ApiScope[]; scope: Scope };

/**
 * Who holds this API token. ADMIN_API_TOKEN may do everything; a stored token is known by its SHA-256 alone, must be neither revoked nor
 * expired nor one of a disabled organisation, and needs the scope. Compared in constant time. Throws UNAUTHENTICATED, or FORBIDDEN when the scope is missing.
 */
export async function authenticateToken({ db, secrets, now }: Pick<Deps, 'db' | 'secrets' | 'now'>, token: string, needed: ApiScope): Promise<TokenIdentity> {
  const digest = tokenDigest(token);
  if (timingSafeEqual(digest, tokenDigest(secrets.adminApiToken))) return { id: 'configured', actor: 'api-token', scopes: ['admin'], scope: everything };
  const stored = await findToken(db, digest);
  if (!stored) throw new AppError('UNAUTHENTICATED', 'This API token is not known, or it was revoked.', { field });
  if (stored.expires_at !== null && stored.expires_at <= now()) throw new AppError('UNAUTHENTICATED', 'This API token has expired.', { field });
  if (stored.organization_disabled_at !== null) throw new AppError('UNAUTHENTICATED', 'The organisation of this API token is disabled.', { field });
  const { organization_id: organizationId, path } = stored;
  const held = knownScopes(stored.scopes);
  const scopes = organizationId === null ? held : held.filter(isForOrganizations);
  if (!covers(scopes, needed)) throw new AppError('FORBIDDEN', `This API token lacks the scope "${needed}".`, { field });
  if (organizationId !== null && path === null) throw new AppError('UNAUTHENTICATED', 'The organisation of this API token is not there any more.', { field });
  if (now() - (stored.last_used_at ?? 0) > touchAfterMs) await transact(db, (trx) => touchToken(trx, stored.id, now()), 'unsynced');
  return { id: stored.id, actor: `token:${stored.name}`, scopes, scope: organizationId === null || path === null ? everything : { kind: 'organization', id: organizationId, path } };
}

/** What is kept of a token. */
export function tokenDigest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
