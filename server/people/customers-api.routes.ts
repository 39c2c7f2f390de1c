import { z } from 'zod';
import { changeCustomer } from '../customers/change-customer.ts';
import { createCustomer } from '../customers/create-customer.ts';
import { customerFields } from '../customers/customer-body.ts';
import { emailAddress, locale, personText } from '../customers/customer.rules.ts';
import { customerActions } from '../customers/customer-status.rules.ts';
import { getCustomerWithin } from '../customers/get-customer.ts';
import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import type { ApiCaller } from '../http/admin-auth.ts';
import { idParams } from '../http/admin-route.ts';
import { adminWrite } from '../http/admin-write.ts';
import type { Route } from '../http/route.ts';
import { customerRecords } from '../records/customers.records.ts';
import { readRecord } from '../records/records.ts';
import { assignCustomer } from './assign-customer.ts';
import { doerOf } from './doer-of.ts';
import { eraseCustomer } from './erase-customer.ts';
import { exportCustomer } from './export-customer.ts';
import { mergeCustomers } from './merge-customers.ts';
import { setCustomerStatus } from './set-customer-status.ts';

const notes = z.string().max(10_000).meta({ description: 'For your own people; the customer does not see them.', example: 'Prefers to be called in the morning.' });
export const reasonField = z.string().trim().min(1).max(255).regex(/^\P{Cc}*$/u, 'must be one line of text').meta({ description: 'Stands in the audit log.', example: 'Asked for by telephone' });
const effects = {
  validate: 'Licences that were given to the customer by hand and wait are confirmed.',
  suspend: 'All licences of the customer are suspended, with the reason `customer_suspended`.',
  reactivate: 'The licences that were suspended with the customer are again what they were.',
} as const;

/** Customers under /api/v1: what the pages of the dashboard do, by the same use cases. */
export function customerWriteRoutes(deps: Deps): Route[] {
  const tag = 'Customers';
  const scope = 'customers.write';
  const params = idParams('customer');
  const read = (db: Db, id: string, caller: ApiCaller) => readRecord({ ...deps, db }, customerRecords, id, caller);
  const responses = { 200: { description: 'The customer as it is now.', schema: customerRecords.item } };

  const add = adminWrite(
    deps,
    {
      method: 'post', path: '/api/v1/customers', operationId: 'addCustomer', tag, scope, summary: 'Add a customer',
      description: 'With the token of an organisation, the customer belongs to it. Addresses are compared without case.',
      body: z.object({ email: emailAddress, ...customerFields, notes: notes.optional() }),
      responses: { 201: { description: 'The new customer.', schema: customerRecords.item } }, errors: ['CONFLICT', 'FORBIDDEN'],
    },
    async ({ body, caller, trx, at }) => {
      const { id } = await createCustomer(trx, body, doerOf(caller, 'customers.write'), at);
      return { status: 201, body: await read(trx, id, caller) };
    },
  );

  const change = adminWrite(
    deps,
    {
      method: 'patch', path: '/api/v1/customers/:id', operationId: 'updateCustomer', tag, scope, summary: 'Change a customer', description: 'Only what is sent is changed; null takes the company or the notes away.', params,
      body: z.object({ email: emailAddress, name: personText, company: personText.nullable(), locale, notes: notes.nullable() }).partial().refine((fields) => Object.values(fields).some((value) => value !== undefined), 'send at least one of email, name, company, locale and notes'),
      responses, errors: ['CONFLICT', 'FORBIDDEN'], current: { hold: 'customers', read: (db, { id = '' }, caller) => read(db, id, caller) },
    },
    async ({ params: { id }, body, caller, trx, at }) => {
      const { scope: reach, by } = doerOf(caller, 'customers.write');
      await getCustomerWithin(trx, reach, id);
      await changeCustomer(trx, id, body, by, at);
      return { body: await read(trx, id, caller) };
    },
  );

  const actions = customerActions.map((action) =>
    adminWrite(
      deps,
      {
        method: 'post', path: `/api/v1/customers/:id/${action}`, operationId: `${action}Customer`, tag, scope, summary: `${action.charAt(0).toUpperCase()}${action.slice(1)} a customer`, description: effects[action], params,
        body: z.object({ reason: action === 'suspend' ? reasonField : reasonField.optional(), ...(action === 'validate' ? { send_keys: z.boolean().default(false).meta({ description: 'The keys of the confirmed licences go out by e-mail.' }) } : {}) }),
        responses, errors: ['CONFLICT', 'FORBIDDEN'],
      },
      async ({ params: { id }, body, caller, trx, at }) => {
        const { reason, send_keys: sendKeys } = body as { reason?: string; send_keys?: boolean };
        await setCustomerStatus(trx, deps.config, id, { action, reason, sendKeys: sendKeys ?? false }, doerOf(caller, 'customers.validate'), at);
        return { body: await read(trx, id, caller) };
      },
    ),
  );

  const assign = adminWrite(
    deps,
    {
      method: 'post', path: '/api/v1/customers/:id/assign', operationId: 'assignCustomer', tag, scope, summary: 'Give a customer and all its licences to an organisation', params,
      body: z.object({ organization_id: z.string().min(1).max(64).nullable().meta({ description: 'Null: the operator’s own.' }), reason: reasonField.optional() }), responses, errors: ['FORBIDDEN'],
    },
    async ({ params: { id }, body, caller, trx, at }) => {
      await assignCustomer(trx, id, body.organization_id, doerOf(caller, 'customers.assign'), at, body.reason);
      return { body: await read(trx, id, caller) };
    },
  );

  const merge = adminWrite(
    deps,
    {
      method: 'post', path: '/api/v1/customers/:id/merge', operationId: 'mergeCustomers', tag, scope: 'customers.delete', summary: 'Make one customer of two', params,
      description: 'Licences, orders and accounts of `from` go to this customer, and `from` is gone. Its address stays known: an order that comes under it later is this customer’s.',
      body: z.object({ from: z.string().min(1).max(64).meta({ description: 'The id of the other customer.' }), reason: reasonField.optional() }), responses, errors: ['FORBIDDEN'],
    },
    async ({ params: { id }, body, caller, trx, at }) => {
      await mergeCustomers(trx, deps.config, { intoId: id, fromId: body.from, reason: body.reason }, doerOf(caller, 'customers.delete'), at);
      return { body: await read(trx, id, caller) };
    },
  );

  const erase = adminWrite(
    deps,
    {
      method: 'delete', path: '/api/v1/customers/:id', operationId: 'eraseCustomer', tag, scope: 'customers.delete', summary: 'Erase a customer', params,
      description: 'Everything personal is erased and all licences end. Orders with their amounts and what the licences have used stay, under nobody’s name. It cannot be undone; a job goes through everything that is stored.',
      responses: { 200: { description: 'The erasure is under way.', schema: z.object({ id: z.string(), erased: z.literal(true) }) } }, errors: ['FORBIDDEN'],
    },
    async ({ params: { id }, caller, trx, at }) => {
      await eraseCustomer(trx, id, doerOf(caller, 'customers.delete'), at);
      return { body: { id, erased: true } };
    },
  );

  const everything = adminWrite(
    deps,
    {
      method: 'post', path: '/api/v1/customers/:id/export', operationId: 'exportCustomerData', tag, scope: 'customers.delete', summary: 'Everything that is stored of one customer', params,
      description: 'Rows as they are stored, times in epoch milliseconds. Each time stands in the audit log.',
      responses: { 200: { description: 'The rows of every table that say something of the customer.', schema: z.looseObject({ exported_at: z.iso.datetime() }) } }, errors: ['FORBIDDEN'],
    },
    async ({ params: { id }, caller, trx, at }) => ({ body: await exportCustomer(trx, id, doerOf(caller, 'customers.delete'), at) }),
  );

  return [add, change, ...actions, assign, merge, erase, everything];
}
