import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { idParams } from '../http/admin-route.ts';
import { adminWrite } from '../http/admin-write.ts';
import type { Route } from '../http/route.ts';
import { apiTokenRecords } from '../records/people.records.ts';
import { readRecord } from '../records/records.ts';
import { createToken, revokeToken, tokenName } from './create-token.ts';
import { apiScopes } from './scopes.rules.ts';

const tag = 'People';

/** Making and revoking API tokens. Reading them is in records/. */
export function tokenRoutes(deps: Deps): Route[] {
  const create = adminWrite(
    deps,
    {
      method: 'post', path: '/api/v1/api-tokens', operationId: 'createApiToken', tag, scope: 'admin', summary: 'Make an API token',
      description: 'The answer is the only place where the token stands; what is kept is its SHA-256. The token of an organisation sees its subtree alone and can hold only what a reseller may do.',
      body: z.object({
        name: tokenName.meta({ description: 'Stands in the audit log. A name is given once.', example: 'Shop' }),
        scopes: z.array(z.enum(apiScopes)).min(1).max(apiScopes.length).meta({ example: ['customers.read', 'licenses.read'] }),
        expires_at: z.iso.datetime({ offset: true }).nullable().optional().meta({ description: 'Null or nothing: never.' }),
        organization_id: z.string().min(1).max(36).nullable().optional().meta({ example: null }),
      }),
      responses: { 201: { description: 'The token, this once.', schema: apiTokenRecords.item.extend({ token: z.string().meta({ example: 'chatello_q2VX…' }) }) } }, errors: ['CONFLICT'],
    },
    async ({ body: { name, scopes, expires_at: ends, organization_id: organizationId = null }, caller, trx, deps: inside, at }) => {
      const { token, stored } = await createToken(trx, { name, scopes: [...new Set(scopes)], expiresAt: ends === undefined || ends === null ? null : Date.parse(ends), organizationId }, caller.by, at);
      return { status: 201, body: { ...(await readRecord(inside, apiTokenRecords, stored.id, caller)), token } };
    },
  );

  const revoke = adminWrite(
    deps,
    {
      method: 'delete', path: '/api/v1/api-tokens/:id', operationId: 'revokeApiToken', tag, scope: 'admin', summary: 'Revoke an API token', description: 'Ends it at once and for good; the record stays.', params: idParams('API token'),
      responses: { 200: { description: 'The token, revoked.', schema: apiTokenRecords.item } },
    },
    async ({ params: { id }, caller, trx, deps: inside, at }) => {
      await revokeToken(trx, id, caller.by, at);
      return { body: await readRecord(inside, apiTokenRecords, id, caller) };
    },
  );
  return [create, revoke];
}
