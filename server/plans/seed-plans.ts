import { transact, type Db } from '../db/database.ts';
import { newId } from '../ids.ts';
import { defaultProductCode } from './get-plan.ts';
import { insertModule, listModules, listPlanModules, replacePlanModules } from './modules.store.ts';
import { findProductByCode, insertPlan, insertProduct, listPlans } from './plans.store.ts';

const common = { max_staging_sites: 3, currency: 'EUR', feature_versions: null, archived_at: null, quotas: null, allowed_models: null, max_input_tokens: null, max_output_tokens: null, own_keys_use_quota: 0 };
const plans = [
  { ...common, code: 'starter', name: 'Starter', ai_proxy: 0, max_sites: 1, monthly_requests: 0, hourly_requests: 100, monthly_price_cents: 900, yearly_price_cents: 9_000, features: ['assistant', 'updates'] },
  { ...common, code: 'pro', name: 'Pro', ai_proxy: 1, max_sites: 3, monthly_requests: 1_000, hourly_requests: 100, monthly_price_cents: 2_900, yearly_price_cents: 29_000, features: ['assistant', 'updates', 'ai_proxy'] },
  { ...common, code: 'agency', name: 'Agency', ai_proxy: 1, max_sites: 25, monthly_requests: 10_000, hourly_requests: 1_000, monthly_price_cents: 9_900, yearly_price_cents: 99_000, features: ['assistant', 'updates', 'ai_proxy', 'white_label'] },
];
const moduleNames: Record<string, string> = { assistant: 'Assistant', updates: 'Updates', ai_proxy: 'AI included', white_label: 'White label' };

/** Adds the product, the plans and the modules that a new database needs. What is there stays as the operator left it. */
export async function seedPlans(db: Db, now: number): Promise<void> {
  const times = { created_at: now, updated_at: now };
  const known = new Set((await listPlans(db)).map(({ code }) => code));
  for (const [position, plan] of plans.entries()) {
    if (!known.has(plan.code)) await insertPlan(db, { id: newId(), ...plan, ...times, features: JSON.stringify(plan.features), position });
  }
  if (!(await findProductByCode(db, defaultProductCode))) await insertProduct(db, { id: newId(), code: defaultProductCode, name: 'Chatello', archived_at: null, ...times });
  await transact(db, (trx) => seedModules(trx, now));
}

/** A module for every feature that a plan names without having it: a plan that was made before there were modules names them only. */
async function seedModules(db: Db, now: number): Promise<void> {
  const linked = new Set((await listPlanModules(db)).map(({ plan_id }) => plan_id));
  const bare = (await listPlans(db)).map(({ id, features }) => ({ id, codes: JSON.parse(features) as string[] })).filter(({ id, codes }) => codes.length > 0 && !linked.has(id));
  if (bare.length === 0) return;
  const known = new Set((await listModules(db)).map(({ code }) => code));
  const missing = [...new Set(bare.flatMap(({ codes }) => codes))].filter((code) => !known.has(code));
  for (const [index, code] of missing.entries()) {
    await insertModule(db, { id: newId(), code, name: moduleNames[code] ?? code, description: null, position: known.size + index, archived_at: null, created_at: now, updated_at: now });
  }
  const ids = new Map((await listModules(db)).map(({ code, id }) => [code, id]));
  for (const { id, codes } of bare) {
    await replacePlanModules(db, id, codes.flatMap((code) => { const moduleId = ids.get(code); return moduleId === undefined ? [] : [{ moduleId, maxVersion: null }]; }));
  }
}
