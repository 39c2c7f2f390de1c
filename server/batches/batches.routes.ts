import { z } from 'zod';
import { covers } from '../api-tokens/scopes.rules.ts';
import { customerStatuses } from '../customers/customer-status.rules.ts';
import { emailAddress } from '../customers/customer.rules.ts';
import { reachCustomer } from '../customers/create-customer.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { adminRead, idParams } from '../http/admin-route.ts';
import { adminWrite } from '../http/admin-write.ts';
import type { Route } from '../http/route.ts';
import { reasonField } from '../people/customers-api.routes.ts';
import { doerOf } from '../people/doer-of.ts';
import { getNodeWithin } from '../people/organizations.store.ts';
import { getPlanByCode, getProductByCode } from '../plans/get-plan.ts';
import type { BatchInput } from './batch-kinds.ts';
import { downloadKeys, readBatch, stopBatch, type BatchState } from './read-batch.ts';
import { startBatch } from './start-batch.ts';

const id = z.string().min(1).max(64);
const ids = z.array(id).min(1).max(1_000);
const months = z.int().min(1).max(120);
const licenseTarget = z.union([z.object({ ids }), z.object({ status: z.enum(['pending', 'active', 'suspended', 'expired', 'cancelled']).optional(), plan: z.string().max(64).optional(), customer_id: id.optional(), organization_id: id.optional() }).meta({ description: 'All that match; without any filter, all that the token reaches.' })]);
const customerTarget = z.union([z.object({ ids }), z.object({ status: z.enum(customerStatuses).exclude(['erased']).optional(), organization_id: id.optional() }).meta({ description: 'All that match; without any filter, all that the token reaches.' })]);
const ofLicenses = { licenses: licenseTarget, reason: reasonField };
const ofCustomers = { customers: customerTarget, reason: reasonField };

const body = z.discriminatedUnion('action', [
  z.object({ action: z.literal('suspend-licenses'), ...ofLicenses }),
  z.object({ action: z.literal('reactivate-licenses'), ...ofLicenses }),
  z.object({ action: z.literal('extend-licenses'), ...ofLicenses, months }),
  z.object({ action: z.literal('change-plan'), ...ofLicenses, plan: z.string().min(1).max(64) }),
  z.object({ action: z.literal('send-keys'), licenses: licenseTarget }),
  z.object({ action: z.literal('validate-customers'), ...ofCustomers, send_keys: z.boolean().default(false) }),
  z.object({ action: z.literal('suspend-customers'), ...ofCustomers }),
  z.object({ action: z.literal('reactivate-customers'), ...ofCustomers }),
  z.object({ action: z.literal('assign-customers'), ...ofCustomers, organization_id: id.nullable() }),
  z.object({ action: z.literal('create-licenses'), email: emailAddress, plan: z.string().min(1).max(64), product: z.string().min(1).max(64).optional(), months: months.nullable().meta({ description: 'Null: for ever.' }), count: z.int().min(1).max(10_000) }),
]);

const shape = z
  .object({
    id: z.string(), action: z.string().meta({ example: 'suspend-licenses' }), status: z.enum(['running', 'done', 'stopped', 'failed']),
    total: z.int().meta({ description: 'Up to 10,000 exactly; 10,001 means more.' }), changed: z.int(), skipped: z.int(), problems: z.array(z.object({ id: z.string(), code: z.string() })).meta({ description: 'The first of those that were skipped, and why.' }),
    created_at: z.iso.datetime(), finished_at: z.iso.datetime().nullable(), keys_until: z.iso.datetime().nullable().meta({ description: 'Until when the keys that were made can be fetched, once.' }),
  })
  .meta({ id: 'Batch' });

/** Changes of many customers or licences at once, and many licences made at once. */
export function batchRoutes(deps: Deps): Route[] {
  const tag = 'Batches';
  const params = idParams('batch');
  const responses = { 200: { description: 'The batch as it stands.', schema: shape } };

  const start = adminWrite(
    deps,
    {
      method: 'post', path: '/api/v1/batches', operationId: 'startBatch', tag, scope: 'licenses.issue', summary: 'Change many at once, or make many licences', body,
      description: 'Runs in the background, as far as the token reaches. What cannot be changed is skipped, counted and named. Changes of customers need `customers.write` as well, changes of licences `licenses.write`.',
      responses: { 202: { description: 'It is under way: read it until its status is another than running.', schema: shape } }, errors: ['CONFLICT', 'FORBIDDEN', 'NOT_FOUND', 'LICENSE_QUOTA_EXHAUSTED'],
    },
    async ({ body: asked, caller, trx, at }) => {
      const permission = asked.action === 'create-licenses' ? 'licenses.issue' : asked.action === 'assign-customers' ? 'customers.assign' : 'customers' in asked ? 'customers.validate' : 'licenses.write';
      const doer = doerOf(caller, permission);
      const needed = asked.action === 'create-licenses' ? 'licenses.issue' : 'customers' in asked ? 'customers.write' : 'licenses.write';
      if (!covers(caller.scopes, needed)) throw new AppError('FORBIDDEN', `This API token lacks the scope "${needed}".`, { field: 'headers.authorization' });
      const within = async (nodeId: string | undefined) => {
        if (nodeId === undefined) return undefined;
        const { id: node, path } = await getNodeWithin(trx, doer.scope, nodeId);
        return { kind: 'organization' as const, id: node, path };
      };
      const licenses = async (target: z.output<typeof licenseTarget>) => 'ids' in target ? { ids: target.ids } : { status: target.status, planId: target.plan === undefined ? undefined : (await getPlanByCode(trx, target.plan)).id, customerId: target.customer_id, within: await within(target.organization_id) };
      const customers = async (target: z.output<typeof customerTarget>) => 'ids' in target ? { ids: target.ids } : { status: target.status, within: await within(target.organization_id) };
      let input: BatchInput;
      switch (asked.action) {
        case 'suspend-licenses': case 'reactivate-licenses':
          input = { kind: asked.action, of: 'licenses', target: await licenses(asked.licenses), reason: asked.reason };
          break;
        case 'extend-licenses':
          input = { kind: asked.action, of: 'licenses', target: await licenses(asked.licenses), reason: asked.reason, months: asked.months };
          break;
        case 'change-plan':
          input = { kind: asked.action, of: 'licenses', target: await licenses(asked.licenses), reason: asked.reason, planId: (await getPlanByCode(trx, asked.plan)).id };
          break;
        case 'send-keys':
          input = { kind: asked.action, of: 'licenses', target: await licenses(asked.licenses) };
          break;
        case 'validate-customers':
          input = { kind: asked.action, of: 'customers', target: await customers(asked.customers), reason: asked.reason, sendKeys: asked.send_keys };
          break;
        case 'suspend-customers': case 'reactivate-customers':
          input = { kind: asked.action, of: 'customers', target: await customers(asked.customers), reason: asked.reason };
          break;
        case 'assign-customers':
          input = { kind: asked.action, of: 'customers', target: await customers(asked.customers), reason: asked.reason, organizationId: asked.organization_id };
          break;
        case 'create-licenses': {
          const { customer } = await reachCustomer(trx, { email: asked.email }, doer, at);
          input = { kind: asked.action, of: 'new-licenses', customerId: customer.id, planId: (await getPlanByCode(trx, asked.plan)).id, productId: (await getProductByCode(trx, asked.product)).id, months: asked.months, count: asked.count };
        }
      }
      const batchId = await startBatch(trx, input, doer, at);
      return { status: 202, body: batchBody(await readBatch(trx, batchId, doer, at)) };
    },
  );

  const read = adminRead(deps, { path: '/api/v1/batches/:id', operationId: 'readBatch', tag, scope: 'licenses.read', summary: 'How far a batch has come', params, answer: shape }, async ({ params: { id: batchId }, caller }) => batchBody(await readBatch(deps.db, batchId, caller, deps.now())));

  const stop = adminWrite(deps, { method: 'post', path: '/api/v1/batches/:id/stop', operationId: 'stopBatch', tag, scope: 'licenses.issue', summary: 'Stop a batch', description: 'What it has changed stays changed.', params, responses, errors: ['FORBIDDEN'] }, async ({ params: { id: batchId }, caller, trx, at }) => {
    const doer = doerOf(caller, 'licenses.issue');
    await stopBatch(trx, batchId, doer, at);
    return { body: batchBody(await readBatch(trx, batchId, doer, at)) };
  });

  const keys = adminWrite(
    deps,
    { method: 'post', path: '/api/v1/batches/:id/keys', operationId: 'fetchBatchKeys', tag, scope: 'keys.read', summary: 'The keys that a batch has made', description: 'Once, within an hour of its end, as CSV. Stands in the audit log.', params, responses: { 200: { description: 'The keys.', schema: z.object({ csv: z.string().meta({ description: 'number, license_id, license_key, expires_at' }) }) } }, errors: ['CONFLICT', 'FORBIDDEN'] },
    async ({ params: { id: batchId }, caller, trx, at }) => ({ body: { csv: (await Array.fromAsync(await downloadKeys({ db: trx, vault: deps.vault }, batchId, doerOf(caller, 'licenses.issue'), at))).join('') } }),
  );

  return [start, read, stop, keys];
}

function batchBody({ id: batchId, kind, status, total, changed, skipped, problemList, created_at, finished_at, keysUntil }: BatchState): z.input<typeof shape> {
  const iso = (ms: number) => new Date(ms).toISOString();
  return { id: batchId, action: kind, status: shape.shape.status.parse(status), total, changed, skipped, problems: problemList, created_at: iso(created_at), finished_at: finished_at === null ? null : iso(finished_at), keys_until: keysUntil === undefined ? null : iso(keysUntil) };
}
