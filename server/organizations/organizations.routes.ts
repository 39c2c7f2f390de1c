import { z } from 'zod';
import { personText } from '../customers/customer.rules.ts';
import type { Deps } from '../deps.ts';
import type { ApiCaller } from '../http/admin-auth.ts';
import { idParams } from '../http/admin-route.ts';
import { adminWrite } from '../http/admin-write.ts';
import type { Route } from '../http/route.ts';
import { reasonField } from '../people/customers-api.routes.ts';
import { organizationRecords } from '../records/people.records.ts';
import { currentRecord } from '../records/records.ts';
import { moveOrganization } from './move-organization.ts';
import { organizationKinds, type Manager } from '../users/manager.ts';
import { changeOrganization, createOrganization, disableOrganization, enableOrganization, highestQuota } from './manage-organization.ts';

const tag = 'People';
const scope = 'organizations.write';
const params = idParams('organisation');
const quota = z.int().min(0).max(highestQuota).nullable().meta({ description: 'How many licences it and all below it may hold. Null: no limit of its own.', example: 100 });

/** The tree of resellers, sub-companies and agents. Reading is in records/. */
export function organizationRoutes(deps: Deps): Route[] {
  const current = currentRecord(deps, organizationRecords);
  const answer = { 200: { description: 'The organisation as it is now.', schema: organizationRecords.item } };
  const switched = (action: 'disable' | 'enable', summary: string) =>
    adminWrite(deps, { method: 'post', path: `/api/v1/organizations/:id/${action}`, operationId: `${action}Organization`, tag, scope, summary, params, responses: answer }, async ({ params: { id }, caller, trx, at }) => {
      await (action === 'disable' ? disableOrganization : enableOrganization)(trx, id, managerOf(caller), caller.by, at);
      return { body: await current.read(trx, { id }, caller) };
    });

  return [
    adminWrite(
      deps,
      { method: 'post', path: '/api/v1/organizations', operationId: 'createOrganization', tag, scope, summary: 'Add an organisation', body: z.object({ name: personText, kind: z.enum(organizationKinds), parent_id: z.string().max(64).nullable().default(null).meta({ description: 'Null: at the top, where only resellers stand.' }), license_quota: quota.default(null) }), responses: { 201: { description: 'Added.', schema: organizationRecords.item } }, errors: ['NOT_FOUND'] },
      async ({ body: { name, kind, parent_id: parentId, license_quota: limit }, caller, trx, at }) => {
        const { id } = await createOrganization(trx, { name, kind, parentId, quota: limit }, managerOf(caller), caller.by, at);
        return { status: 201, body: await current.read(trx, { id }, caller) };
      },
    ),
    adminWrite(
      deps,
      { method: 'put', path: '/api/v1/organizations/:id', operationId: 'changeOrganization', tag, scope, summary: 'Change name and licence quota of an organisation', description: 'A quota below what is used stops new licences and takes none away.', params, body: z.object({ name: personText, license_quota: quota }), responses: answer, current },
      async ({ params: { id }, body: { name, license_quota: limit }, caller, trx, at }) => {
        await changeOrganization(trx, id, { name, quota: limit }, managerOf(caller), caller.by, at);
        return { body: await current.read(trx, { id }, caller) };
      },
    ),
    adminWrite(
      deps,
      {
        method: 'post', path: '/api/v1/organizations/:id/move', operationId: 'moveOrganization', tag, scope, summary: 'Put an organisation with all below it under another parent',
        description: 'Its licences count on the organisations above the new place instead of those above the old one. Refused where it cannot stand, where a quota has no room, and under a parent that is disabled.',
        params, body: z.object({ parent_id: z.string().min(1).max(64), reason: reasonField.optional() }), responses: answer, errors: ['CONFLICT', 'LICENSE_QUOTA_EXHAUSTED', 'FORBIDDEN'],
      },
      async ({ params: { id }, body: { parent_id: parentId, reason }, caller, trx, at }) => {
        await moveOrganization(trx, id, parentId, managerOf(caller), caller.by, at, reason);
        return { body: await current.read(trx, { id }, caller) };
      },
    ),
    switched('disable', 'Close an organisation: its people and those of all below it cannot sign in'),
    switched('enable', 'Open an organisation again'),
  ];
}

function managerOf({ scope: reach, scopes }: ApiCaller): Manager {
  return { role: scopes.includes('admin') ? 'superadmin' : 'reseller', scope: reach };
}
