import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { getPlanByCode } from './get-plan.ts';
import { updatePlan, type Plan } from './plans.store.ts';

/** What a plan says of AI besides its numbers of requests. Null: no such limit. The texts are JSON, checked by whoever calls. */
export type PlanAi = Pick<Plan, 'quotas' | 'allowed_models' | 'max_input_tokens' | 'max_output_tokens' | 'own_keys_use_quota'>;

/** Changes what a plan's AI includes; it holds for all its licences with their next request. Throws INVALID_REQUEST for a plan that there is not. */
export async function changePlanAi(db: Db, code: string, changes: PlanAi, by: Actor, now: number): Promise<void> {
  await transact(db, async (trx) => {
    const plan = await getPlanByCode(trx, code, 'path.code');
    await updatePlan(trx, plan.id, { ...changes, updated_at: now });
    await recordAudit(trx, by, { action: 'plan.changed', entity: 'plan', entityId: plan.id, before: visible(plan), after: visible({ ...plan, ...changes }) }, now);
  });
}

function visible({ code, quotas, allowed_models: models, max_input_tokens, max_output_tokens, own_keys_use_quota }: PlanAi & { code: string }): Record<string, unknown> {
  return { plan: code, quotas: parsed(quotas), allowed_models: parsed(models), max_input_tokens, max_output_tokens, own_keys_use_quota: own_keys_use_quota === 1 };
}

function parsed(json: string | null): unknown {
  return json === null ? null : (JSON.parse(json) as unknown);
}
