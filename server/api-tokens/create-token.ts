import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import { insertToken, markRevoked, findTokenById, organizationExists, type ApiToken } from './api-tokens.store.ts';
import { tokenDigest } from './authenticate-token.ts';
import { isForOrganizations, knownScopes, type ApiScope } from './scopes.rules.ts';

const tokenBytes = 32;
/** With it, a token that has leaked into a log or a repository is found by scanners. */
const prefix = 'chatello_';
export const tokenNameLength = 80;

/** The name of a token: it stands in the audit log. */
export const tokenName = z.string().trim().min(1, 'must not be empty').max(tokenNameLength).regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must be one line of text');

export type TokenInput = { name: string; scopes: readonly ApiScope[]; expiresAt: number | null; organizationId: string | null };

/**
 * Makes an API token and returns it: only its SHA-256 is kept, so it can never be shown again. Throws CONFLICT for a name that was given
 * before (also to a token that is revoked), INVALID_REQUEST for an end in the past, an unknown organisation, or a scope that an organisation may not have.
 */
export function createToken(db: Db, { name, scopes, expiresAt, organizationId }: TokenInput, by: Actor, now: number): Promise<{ token: string; stored: ApiToken }> {
  return transact(db, async (trx) => {
    if (expiresAt !== null && expiresAt <= now) throw new AppError('INVALID_REQUEST', 'body.expires_at: must lie in the future', { field: 'body.expires_at' });
    if (organizationId !== null && !(await organizationExists(trx, organizationId))) throw new AppError('INVALID_REQUEST', 'body.organization_id: there is no organisation with this id', { field: 'body.organization_id' });
    const forbidden = organizationId === null ? undefined : scopes.find((scope) => !isForOrganizations(scope));
    if (forbidden !== undefined) throw new AppError('INVALID_REQUEST', `body.scopes: the token of an organisation cannot hold "${forbidden}"`, { field: 'body.scopes' });
    const token = prefix + randomBytes(tokenBytes).toString('base64url');
    const stored: ApiToken = {
      id: newId(), name, token_digest: tokenDigest(token), scopes: JSON.stringify(scopes), created_by: by.actor, created_at: now,
      expires_at: expiresAt, organization_id: organizationId, last_used_at: null, revoked_at: null, revoked_by: null,
    };
    if (!(await insertToken(trx, stored))) throw new AppError('CONFLICT', 'A token has had this name. Names are given once, so that the audit log stays clear.', { field: 'body.name' });
    await recordAudit(trx, by, { action: 'api_token.created', entity: 'api_token', entityId: stored.id, after: { name, scopes, expires_at: expiresAt, organization_id: organizationId } }, now);
    return { token, stored };
  });
}

/** Ends a token at once and for good. Revoking it again changes nothing. Throws NOT_FOUND. */
export function revokeToken(db: Db, id: string, by: Actor, now: number): Promise<void> {
  return transact(db, async (trx) => {
    const token = await findTokenById(trx, id);
    if (!token) throw new AppError('NOT_FOUND', 'There is no API token with this id.', { field: 'path.id' });
    if (!(await markRevoked(trx, id, by.actor, now))) return;
    await recordAudit(trx, by, { action: 'api_token.revoked', entity: 'api_token', entityId: id, before: { name: token.name, scopes: knownScopes(token.scopes) } }, now);
  });
}
