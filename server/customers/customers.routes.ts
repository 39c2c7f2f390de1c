import { z } from 'zod';
import { transact } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { adminAuth, tokenActor, tokenIdOf } from '../http/admin-auth.ts';
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
  const before = adminAuth(deps);
  const params = customerParams;

  const create = route(
    {
      method: 'post', path: '/api/customer', operationId: 'createCustomer', tag, auth: 'admin',
      summary: 'Find or create a customer by e-mail address',
      description: 'Addresses are compared without case. An existing customer is answered as it is, with 200.',
      headers: idempotencyHeader, body: z.object({ email: emailAddress, ...customerFields }), before,
      responses: { 201: { description: 'Created.', schema: customerShape }, 200: { description: 'There is one with this address already.', schema: customerShape } }, errors: ['IDEMPOTENCY_KEY_REUSED'],
    },
    ({ headers, body, res }) =>
      answerOnce(db, vault, { scope: `createCustomer:${tokenIdOf(res)}`, key: headers['idempotency-key'], body }, now(), async (trx) => {
        const { customer, created } = await findOrCreateCustomer(trx, body, tokenActor(res), now());
        return { status: created ? 201 : 200, body: customerBody(customer) };
      }),
  );

  const change = route(
    {
      method: 'put', path: '/api/customer/:id', operationId: 'changeCustomer', tag, auth: 'admin',
      summary: 'Change a customer',
      description: 'Only what is sent is changed; `company: null` takes the company away.',
      params, before,
      body: z
        .object({ email: emailAddress, name: personText.meta({ example: 'Anna Bianchi' }), company: personText.nullable().meta({ example: 'Bianchi Srl' }), locale })
        .partial()
        .refine((fields) => Object.values(fields).some((value) => value !== undefined), 'send at least one of email, name, company and locale'),
      responses: { 200: { description: 'The customer as it is now.', schema: customerShape } }, errors: ['NOT_FOUND', 'CONFLICT'],
    },
    async ({ params: { id }, body, res }) => ({ body: customerBody(await transact(db, (trx) => changeCustomer(trx, id, body, tokenActor(res), now()))) }),
  );

  const remove = route(
    {
      method: 'delete', path: '/api/customer/:id', operationId: 'deleteCustomer', tag, auth: 'admin',
      summary: 'Delete a customer without licences and orders',
      params, before,
      responses: { 200: { description: 'Deleted.', schema: z.object({ id: customerShape.shape.id, deleted: z.literal(true) }) } }, errors: ['NOT_FOUND', 'CUSTOMER_IN_USE'],
    },
    async ({ params: { id }, res }) => {
      await transact(db, (trx) => deleteCustomer(trx, id, tokenActor(res), now()));
      return { body: { id, deleted: true } };
    },
  );

  return [create, change, remove];
}
