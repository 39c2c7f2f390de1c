import { z } from 'zod';
import { transact } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { adminAuth, callerOf } from '../http/admin-auth.ts';
import { route, type Route } from '../http/route.ts';
import { answerOnce, idempotencyHeader } from '../idempotency/answer-once.ts';
import { changeCustomer, deleteCustomer } from './change-customer.ts';
import { customerBody, customerFields, customerParams, customerShape } from './customer-body.ts';
import { emailAddress, locale, personText } from './customer.rules.ts';
import { findOrCreateCustomer } from './find-or-create-customer.ts';

/** Customers, for programs that hold the API token. Reading one with its licences is in licenses/admin-licenses.routes.ts. */
export function customerRoutes(deps: Deps): Route[] {
  const { db, vault, now } = deps;
  const tag = 'Administration';
  const params = customerParams;

  const create = route(
    {
      method: 'post', path: '/api/customer', operationId: 'createCustomer', tag, auth: 'admin', scope: 'customers.write', before: adminAuth(deps, 'customers.write'),
      summary: 'Find or create a customer by e-mail address',
      description: 'Addresses are compared without case. An existing customer is answered as it is, with 200.',
      headers: idempotencyHeader, body: z.object({ email: emailAddress, ...customerFields }),
      responses: { 201: { description: 'Created.', schema: customerShape }, 200: { description: 'There is one with this address already.', schema: customerShape } }, errors: ['IDEMPOTENCY_KEY_REUSED'],
    },
    ({ headers, body, res }) =>
      answerOnce(db, vault, { scope: `createCustomer:${callerOf(res).tokenId}`, key: headers['idempotency-key'], body }, now(), async (trx) => {
        const { customer, created } = await findOrCreateCustomer(trx, body, callerOf(res).by, now());
        return { status: created ? 201 : 200, body: customerBody(customer) };
      }),
  );

  const change = route(
    {
      method: 'put', path: '/api/customer/:id', operationId: 'changeCustomer', tag, auth: 'admin', scope: 'customers.write', before: adminAuth(deps, 'customers.write'),
      summary: 'Change a customer',
      description: 'Only what is sent is changed; `company: null` takes the company away.',
      params,
      body: z
        .object({ email: emailAddress, name: personText.meta({ example: 'Anna Bianchi' }), company: personText.nullable().meta({ example: 'Bianchi Srl' }), locale })
        .partial()
        .refine((fields) => Object.values(fields).some((value) => value !== undefined), 'send at least one of email, name, company and locale'),
      responses: { 200: { description: 'The customer as it is now.', schema: customerShape } }, errors: ['NOT_FOUND', 'CONFLICT'],
    },
    async ({ params: { id }, body, res }) => ({ body: customerBody(await transact(db, (trx) => changeCustomer(trx, id, body, callerOf(res).by, now()))) }),
  );

  const remove = route(
    {
      method: 'delete', path: '/api/customer/:id', operationId: 'deleteCustomer', tag, auth: 'admin', scope: 'customers.write', before: adminAuth(deps, 'customers.write'),
      summary: 'Delete a customer without licences and orders',
      params,
      responses: { 200: { description: 'Deleted.', schema: z.object({ id: customerShape.shape.id, deleted: z.literal(true) }) } }, errors: ['NOT_FOUND', 'CUSTOMER_IN_USE'],
    },
    async ({ params: { id }, res }) => {
      await transact(db, (trx) => deleteCustomer(trx, id, callerOf(res).by, now()));
      return { body: { id, deleted: true } };
    },
  );

  return [create, change, remove];
}
