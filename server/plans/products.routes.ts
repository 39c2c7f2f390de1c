import { z } from 'zod';
import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import type { ApiCaller } from '../http/admin-auth.ts';
import { idParams } from '../http/admin-route.ts';
import { adminWrite } from '../http/admin-write.ts';
import type { Route } from '../http/route.ts';
import { moduleRecords, productRecords } from '../records/catalog.records.ts';
import { readRecord } from '../records/records.ts';
import { archiveModule, changeModule, createModule } from './change-module.ts';
import { archiveProduct, changeProduct, createProduct } from './change-product.ts';
import { catalogCode, catalogName } from './plan.rules.ts';

const tag = 'Products';
const scope = 'products.write';
const description = z.string().trim().max(500, 'must be at most 500 characters').nullable();

/** Writing products and modules. */
export function productRoutes(deps: Deps): Route[] {
  return [...productWrites(deps), ...moduleWrites(deps)];
}

function productWrites(deps: Deps): Route[] {
  const read = (db: Db, id: string, caller: ApiCaller) => readRecord({ db, now: deps.now }, productRecords, id, caller);
  const current = { hold: 'products' as const, read: (db: Db, { id = '' }: Record<string, string>, caller: ApiCaller) => read(db, id, caller) };
  const params = idParams('product');
  const answer = { 200: { description: 'The product as it is now.', schema: productRecords.item } };

  const create = adminWrite(
    deps,
    { method: 'post', path: '/api/v1/products', operationId: 'createProduct', tag, scope, summary: 'Add a product', body: z.object({ code: catalogCode, name: catalogName }), responses: { 201: answer[200] }, errors: ['CONFLICT'] },
    async ({ body, caller, trx, at }) => ({ status: 201, body: await read(trx, (await createProduct(trx, body, caller.by, at)).id, caller) }),
  );
  const change = adminWrite(
    deps,
    { method: 'patch', path: '/api/v1/products/:id', operationId: 'changeProduct', tag, scope, summary: 'Rename a product', params, body: z.object({ name: catalogName }), responses: answer, current },
    async ({ params: { id }, body, caller, trx, at }) => {
      await changeProduct(trx, (await read(trx, id, caller)).code, body, caller.by, at);
      return { body: await read(trx, id, caller) };
    },
  );
  const archived = (isArchived: boolean) =>
    adminWrite(
      deps,
      { method: 'post', path: `/api/v1/products/:id/${isArchived ? 'archive' : 'restore'}`, operationId: isArchived ? 'archiveProduct' : 'restoreProduct', tag, scope, summary: isArchived ? 'Offer a product no more' : 'Offer a product again', params, responses: answer, errors: isArchived ? ['CONFLICT'] : [] },
      async ({ params: { id }, caller, trx, at }) => {
        await archiveProduct(trx, (await read(trx, id, caller)).code, isArchived, caller.by, at);
        return { body: await read(trx, id, caller) };
      },
    );
  return [create, change, archived(true), archived(false)];
}

function moduleWrites(deps: Deps): Route[] {
  const read = (db: Db, id: string, caller: ApiCaller) => readRecord({ db, now: deps.now }, moduleRecords, id, caller);
  const current = { hold: 'modules' as const, read: (db: Db, { id = '' }: Record<string, string>, caller: ApiCaller) => read(db, id, caller) };
  const params = idParams('module');
  const answer = { 200: { description: 'The module as it is now.', schema: moduleRecords.item } };

  const create = adminWrite(
    deps,
    { method: 'post', path: '/api/v1/modules', operationId: 'createModule', tag, scope, summary: 'Add a module', description: 'No plan has it yet: PATCH /api/v1/plans/:id gives it to one, PUT /api/v1/licenses/:id/modules to a licence.', body: z.object({ code: catalogCode, name: catalogName, description: description.default(null) }), responses: { 201: answer[200] }, errors: ['CONFLICT'] },
    async ({ body: { code, ...content }, caller, trx, at }) => ({ status: 201, body: await read(trx, (await createModule(trx, code, content, caller.by, at)).id, caller) }),
  );
  const change = adminWrite(
    deps,
    { method: 'patch', path: '/api/v1/modules/:id', operationId: 'changeModule', tag, scope, summary: 'Rename or describe a module', params, body: z.object({ name: catalogName.optional(), description: description.optional() }), responses: answer, current },
    async ({ params: { id }, body: { name, description: text }, caller, trx, at }) => {
      await changeModule(trx, (await read(trx, id, caller)).code, { ...(name === undefined ? {} : { name }), ...(text === undefined ? {} : { description: text }) }, caller.by, at);
      return { body: await read(trx, id, caller) };
    },
  );
  const archived = (isArchived: boolean) =>
    adminWrite(
      deps,
      { method: 'post', path: `/api/v1/modules/:id/${isArchived ? 'archive' : 'restore'}`, operationId: isArchived ? 'archiveModule' : 'restoreModule', tag, scope, summary: isArchived ? 'Offer a module no more' : 'Offer a module again', description: 'Plans and licences that have an archived module keep it.', params, responses: answer },
      async ({ params: { id }, caller, trx, at }) => {
        await archiveModule(trx, (await read(trx, id, caller)).code, isArchived, caller.by, at);
        return { body: await read(trx, id, caller) };
      },
    );
  return [create, change, archived(true), archived(false)];
}
