import { z } from 'zod';
import { roles } from '../access/access.rules.ts';
import { organizationsWithin } from '../access/scope.ts';
import { knownScopes } from '../api-tokens/scopes.rules.ts';
import { momentFilter } from '../http/list-query.rules.ts';
import { between, having } from './conditions.store.ts';
import { count, countOrNull, idFilter, idShape, iso, isoOrNull, nullableId, text, textOrNull, time, timeOrNull, wordFilter } from './record.rules.ts';
import type { Records, Rows } from './records.ts';

const organizationFilters = { parent_id: idFilter('parent') };
const organizationItem = z
  .object({ id: idShape, parent_id: nullableId, kind: text.meta({ example: 'reseller' }), name: text, license_quota: countOrNull.meta({ description: 'Null: no limit of its own.' }), licenses_used: count, disabled_at: timeOrNull, created_at: time, updated_at: time })
  .meta({ id: 'OrganizationRecord' });

/** The tree of resellers, sub-companies and agents. */
export const organizationRecords: Records<'organizations', typeof organizationFilters, typeof organizationItem> = {
  table: 'organizations', name: 'organizations', what: 'organisation', operations: { list: 'listOrganizations', read: 'readOrganization' }, tag: 'People', scope: 'organizations.read',
  item: organizationItem, filters: organizationFilters, sorts: { created_at: 'organizations.created_at' },
  select: (db, { parent_id }, { scope }) => having(db.selectFrom('organizations').where(organizationsWithin(scope)), 'organizations.parent_id', parent_id),
  load: async (db, ids) =>
    (await db.selectFrom('organizations').select(['id', 'parent_id', 'kind', 'name', 'license_quota', 'licenses_used', 'disabled_at', 'created_at', 'updated_at']).where('id', 'in', ids).execute()).map(({ disabled_at, created_at, updated_at, ...row }) => ({
      ...row, disabled_at: isoOrNull(disabled_at), created_at: iso(created_at), updated_at: iso(updated_at),
    })),
};

const userFilters = { organization_id: idFilter('organisation') };
const userItem = z
  .object({ id: idShape, email: text, name: text, role: z.enum(roles), organization_id: nullableId, customer_id: nullableId, has_totp: z.boolean().meta({ description: 'Signs in with a second factor.' }), invited_at: timeOrNull.meta({ description: 'Asked in and not yet come.' }), disabled_at: timeOrNull, last_login_at: timeOrNull, created_at: time, updated_at: time })
  .meta({ id: 'UserRecord' });

/** Everybody who can sign in. The token of an organisation sees those of its subtree. */
export const userRecords: Records<'users', typeof userFilters, typeof userItem> = {
  table: 'users', name: 'users', what: 'user', operations: { list: 'listUsers', read: 'readUser' }, tag: 'People', scope: 'users.read',
  item: userItem, filters: userFilters, sorts: { created_at: 'users.created_at' },
  select(db, { organization_id }, { scope }) {
    let rows: Rows<'users'> = db.selectFrom('users');
    if (scope.kind !== 'all') rows = rows.where('users.organization_id', 'in', db.selectFrom('organizations').select('organizations.id').where(organizationsWithin(scope)));
    return having(rows, 'users.organization_id', organization_id);
  },
  load: async (db, ids) =>
    (await db.selectFrom('users').select(['id', 'email', 'name', 'role', 'organization_id', 'customer_id', 'totp_confirmed_at', 'invited_at', 'disabled_at', 'last_login_at', 'created_at', 'updated_at']).where('id', 'in', ids).execute()).map(
      ({ role, totp_confirmed_at, invited_at, disabled_at, last_login_at, created_at, updated_at, ...row }) => ({ ...row, role: z.enum(roles).parse(role), has_totp: totp_confirmed_at !== null, invited_at: isoOrNull(invited_at), disabled_at: isoOrNull(disabled_at), last_login_at: isoOrNull(last_login_at), created_at: iso(created_at), updated_at: iso(updated_at) }),
    ),
};

const noFilters = {};
const tokenItem = z
  .object({ id: idShape, name: text, scopes: z.array(text).meta({ example: ['customers.read'] }), organization_id: nullableId, created_by: text.meta({ example: 'user:anna@example.com' }), expires_at: timeOrNull, last_used_at: timeOrNull, revoked_at: timeOrNull, revoked_by: textOrNull, created_at: time })
  .meta({ id: 'ApiTokenRecord' });

/** The API tokens; none can be shown again. */
export const apiTokenRecords: Records<'api_tokens', typeof noFilters, typeof tokenItem> = {
  table: 'api_tokens', name: 'api-tokens', what: 'API token', operations: { list: 'listApiTokens', read: 'readApiToken' }, tag: 'People', scope: 'admin',
  item: tokenItem, filters: noFilters, sorts: { created_at: 'api_tokens.created_at' },
  select: (db) => db.selectFrom('api_tokens'),
  load: async (db, ids) =>
    (await db.selectFrom('api_tokens').select(['id', 'name', 'scopes', 'organization_id', 'created_by', 'expires_at', 'last_used_at', 'revoked_at', 'revoked_by', 'created_at']).where('id', 'in', ids).execute()).map(({ scopes, expires_at, last_used_at, revoked_at, created_at, ...row }) => ({
      ...row, scopes: knownScopes(scopes), expires_at: isoOrNull(expires_at), last_used_at: isoOrNull(last_used_at), revoked_at: isoOrNull(revoked_at), created_at: iso(created_at),
    })),
};

const auditFilters = {
  entity: wordFilter('What kind of thing was changed.', 'license'),
  entity_id: wordFilter('Which one; with `entity`.', '01a1fdfd-2f56-7160-aec7-9a074e78721c'),
  actor: wordFilter('Who did it, as the log has it.', 'user:anna@example.com'),
  from: momentFilter.optional().meta({ description: 'At this moment or later.', example: '2026-11-01' }),
  to: momentFilter.optional().meta({ description: 'Before this moment.', example: '2026-12-01' }),
};
const auditItem = z
  .object({
    id: idShape, at: time, actor: text.meta({ example: 'user:anna@example.com' }), action: text.meta({ example: 'license.suspended' }), entity: text.meta({ example: 'license' }), entity_id: text, before: z.unknown().meta({ description: 'Null: nothing.' }), after: z.unknown().meta({ description: 'Null: nothing.' }),
    reason: textOrNull, request_id: textOrNull, seq: countOrNull.meta({ description: 'The place in the hash chain; null: not sealed yet.' }), hash: textOrNull.meta({ description: 'SHA-256 of the seal, in hexadecimal.' }),
  })
  .meta({ id: 'AuditRecord' });
const parsed = (json: string | null): unknown => (json === null ? null : JSON.parse(json));

/** The audit log, with the seals of its lines. */
export const auditRecords: Records<'audit_log', typeof auditFilters, typeof auditItem> = {
  table: 'audit_log', name: 'audit', what: 'line of the audit log', operations: { list: 'listAudit', read: 'readAuditLine' }, tag: 'People', scope: 'audit.read',
  item: auditItem, filters: auditFilters, sorts: { at: 'audit_log.at' },
  select: (db, { entity, entity_id, actor, from, to }) => between(having(having(having(db.selectFrom('audit_log'), 'audit_log.entity', entity), 'audit_log.entity_id', entity_id), 'audit_log.actor', actor), 'audit_log.at', { from, to }),
  load: async (db, ids) =>
    (await db.selectFrom('audit_log').leftJoin('audit_seals', 'audit_seals.audit_id', 'audit_log.id').selectAll('audit_log').select(['audit_seals.seq', 'audit_seals.hash']).where('audit_log.id', 'in', ids).execute()).map(
      ({ id, at, actor, action, entity, entity_id, before_json, after_json, reason, request_id, seq, hash }) => ({ id, at: iso(at), actor, action, entity, entity_id, before: parsed(before_json), after: parsed(after_json), reason, request_id, seq, hash: hash === null ? null : Buffer.from(hash).toString('hex') }),
    ),
};
