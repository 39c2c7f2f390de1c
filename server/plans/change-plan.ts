import { recordAudit, type Actor } from '../audit/record-audit.ts';
import { transact, type Db } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import { describePlan } from './describe-plan.ts';
import { getPlan } from './get-plan.ts';
import { listModules, replacePlanModules } from './modules.store.ts';
import type { PlanContent } from './plan.rules.ts';
import { insertPlan, updatePlan, type Plan } from './plans.store.ts';

/** `updated_at` of the plan as it was seen when the change was decided. Undefined: whatever stands there. */
type Seen = number | undefined;

/** Adds a plan. Throws CONFLICT when the code is taken, INVALID_REQUEST for a module that there is not. */
export function createPlan(db: Db, code: string, content: PlanContent, by: Actor, now: number): Promise<Plan> {
  return transact(db, async (trx) => {
    const { modules, ...columns } = content;
    const plan: Plan = {
      ...columns, id: newId(), code, ai_proxy: content.ai_proxy ? 1 : 0, features: '[]', feature_versions: null, quotas: null, allowed_models: null, max_input_tokens: null, max_output_tokens: null, own_keys_use_quota: 0,
      archived_at: null, created_at: now, updated_at: now,
    };
    if (!(await insertPlan(trx, plan))) throw new AppError('CONFLICT', `There is a plan with the code "${code}" already.`, { field: 'code' });
    const features = await saveModules(trx, plan.id, modules);
    await recordAudit(trx, by, { action: 'plan.created', entity: 'plan', entityId: plan.id, after: { plan: code, ...content } }, now);
    return { ...plan, ...features };
  });
}

/**
 * Changes what a plan includes and costs; it holds for all its licences with their next request. What is paid already is not charged
 * again, and a site that uses a licence keeps its place. Throws NOT_FOUND, INVALID_REQUEST, and CONFLICT when it is not as `seen`.
 */
export function changePlan(db: Db, code: string, changes: Partial<PlanContent>, by: Actor, now: number, seen?: Seen): Promise<Plan> {
  return transact(db, async (trx) => {
    const plan = await takePlan(trx, code, seen);
    const before = await describePlan(trx, plan);
    const after = { ...before, ...changes };
    const { modules, ai_proxy, ...columns } = after;
    const features = await saveModules(trx, plan.id, modules);
    const row = { ...columns, ...features, ai_proxy: ai_proxy ? 1 : 0, updated_at: now };
    await updatePlan(trx, plan.id, row);
    if (JSON.stringify(before) !== JSON.stringify(after)) await recordAudit(trx, by, { action: 'plan.changed', entity: 'plan', entityId: plan.id, before: { plan: code, ...before }, after: { plan: code, ...after } }, now);
    return { ...plan, ...row };
  });
}

/** Takes a plan off the list of what can be chosen, or puts it back. Licences keep it, and what a shop sells under it goes on being delivered. Throws NOT_FOUND. */
export function archivePlan(db: Db, code: string, isArchived: boolean, by: Actor, now: number): Promise<Plan> {
  return transact(db, async (trx) => {
    const plan = await takePlan(trx, code, undefined);
    if ((plan.archived_at !== null) === isArchived) return plan;
    const changes = { archived_at: isArchived ? now : null, updated_at: now };
    await updatePlan(trx, plan.id, changes);
    await recordAudit(trx, by, { action: isArchived ? 'plan.archived' : 'plan.restored', entity: 'plan', entityId: plan.id, after: { plan: code } }, now);
    return { ...plan, ...changes };
  });
}

/** What a plan says of AI besides its numbers of requests. Null: no such limit. The texts are JSON, checked by whoever calls. */
export type PlanAi = Pick<Plan, 'quotas' | 'allowed_models' | 'max_input_tokens' | 'max_output_tokens' | 'own_keys_use_quota'>;

/** Changes what a plan's AI includes; it holds for all its licences with their next request. Throws NOT_FOUND for a plan that there is not. */
export async function changePlanAi(db: Db, code: string, changes: PlanAi, by: Actor, now: number): Promise<void> {
  await transact(db, async (trx) => {
    const plan = await getPlan(trx, code);
    await updatePlan(trx, plan.id, { ...changes, updated_at: now });
    await recordAudit(trx, by, { action: 'plan.changed', entity: 'plan', entityId: plan.id, before: visible(plan), after: visible({ ...plan, ...changes }) }, now);
  });
}

/** Takes the row first, so that two changes of one plan follow each other on every database. */
async function takePlan(db: Db, code: string, seen: Seen): Promise<Plan> {
  const known = await getPlan(db, code);
  await updatePlan(db, known.id, { position: known.position });
  const plan = await getPlan(db, code);
  if (seen !== undefined && plan.updated_at !== seen) throw new AppError('CONFLICT', 'The plan has been changed meanwhile. Load it again and repeat your change.');
  return plan;
}

/** Writes the modules of a plan and what verdicts read of them. */
async function saveModules(db: Db, planId: string, modules: PlanContent['modules']): Promise<Pick<Plan, 'features' | 'feature_versions'>> {
  const known = new Map((await listModules(db)).map((module) => [module.code, module]));
  const rows = modules.map(({ code, max_version: maxVersion }) => {
    const module = known.get(code);
    if (!module) throw new AppError('INVALID_REQUEST', `modules: there is no module "${code}"; the modules are ${[...known.keys()].join(', ')}`, { field: 'modules' });
    return { moduleId: module.id, maxVersion, code, position: module.position };
  });
  await replacePlanModules(db, planId, rows);
  const bounded = rows.filter(({ maxVersion }) => maxVersion !== null);
  const features = {
    features: JSON.stringify(rows.sort((a, b) => a.position - b.position).map(({ code }) => code)),
    feature_versions: bounded.length === 0 ? null : JSON.stringify(Object.fromEntries(bounded.map(({ code, maxVersion }) => [code, maxVersion]))),
  };
  await updatePlan(db, planId, features);
  return features;
}

function visible({ code, quotas, allowed_models: models, max_input_tokens, max_output_tokens, own_keys_use_quota }: PlanAi & { code: string }): Record<string, unknown> {
  return { plan: code, quotas: parsed(quotas), allowed_models: parsed(models), max_input_tokens, max_output_tokens, own_keys_use_quota: own_keys_use_quota === 1 };
}

function parsed(json: string | null): unknown {
  return json === null ? null : (JSON.parse(json) as unknown);
}
