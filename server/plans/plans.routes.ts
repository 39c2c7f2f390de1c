import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import type { ApiCaller } from '../http/admin-auth.ts';
import { idParams } from '../http/admin-route.ts';
import { adminWrite } from '../http/admin-write.ts';
import type { Route } from '../http/route.ts';
import { planRecords } from '../records/catalog.records.ts';
import { readRecord } from '../records/records.ts';
import { archivePlan, changePlan, createPlan } from './change-plan.ts';
import { catalogCode, planContent } from './plan.rules.ts';

const tag = 'Products';
const scope = 'plans.write';
const answer = { 200: { description: 'The plan as it is now.', schema: planRecords.item } };

/** Writing plans. */
export function planRoutes(deps: Deps): Route[] {
  const { now } = deps;
  const read = (db: Db, id: string, caller: ApiCaller) => readRecord({ db, now }, planRecords, id, caller);
  const current = { hold: 'plans' as const, read: (db: Db, { id = '' }: Record<string, string>, caller: ApiCaller) => read(db, id, caller) };

  const create = adminWrite(
    deps,
    { method: 'post', path: '/api/v1/plans', operationId: 'createPlan', tag, scope, summary: 'Add a plan', body: planContent.extend({ code: catalogCode }), responses: { 201: answer[200] }, errors: ['CONFLICT'] },
    async ({ body: { code, ...content }, caller, trx, at }) => ({ status: 201, body: await read(trx, (await createPlan(trx, code, content, caller.by, at)).id, caller) }),
  );

  const change = adminWrite(
    deps,
    {
      method: 'patch', path: '/api/v1/plans/:id', operationId: 'changePlan', tag, scope, summary: 'Change a plan',
      description: 'It holds for every licence of the plan from its next request on: sites in use keep their places also beyond a lower limit, and a lower number of requests counts for the running month. What was paid stays paid.',
      params: idParams('plan'), body: planContent.partial(), responses: answer, current,
    },
    async ({ params: { id }, body, caller, trx, at }) => {
      const { code } = await read(trx, id, caller);
      const changes = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
      await changePlan(trx, code, changes, caller.by, at);
      return { body: await read(trx, id, caller) };
    },
  );

  const archived = (isArchived: boolean) =>
    adminWrite(
      deps,
      { method: 'post', path: `/api/v1/plans/:id/${isArchived ? 'archive' : 'restore'}`, operationId: isArchived ? 'archivePlan' : 'restorePlan', tag, scope, summary: isArchived ? 'Offer a plan no more' : 'Offer a plan again', description: 'Licences that have an archived plan keep it, and products that are mapped to it go on being delivered.', params: idParams('plan'), responses: answer },
      async ({ params: { id }, caller, trx, at }) => {
        const { code } = await read(trx, id, caller);
        await archivePlan(trx, code, isArchived, caller.by, at);
        return { body: await read(trx, id, caller) };
      },
    );
  return [create, change, archived(true), archived(false)];
}
