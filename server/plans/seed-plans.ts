import type { Db } from '../db/database.ts';
import { newId } from '../ids.ts';
import { defaultProductCode } from './get-plan.ts';
import { findProductByCode, insertPlan, insertProduct, listPlans } from './plans.store.ts';

const common = { max_staging_sites: 3, currency: 'EUR', quotas: null, allowed_models: null, max_input_tokens: null, max_output_tokens: null, own_keys_use_quota: 0 };
const plans = [
  { ...common, code: 'starter', name: 'Starter', ai_proxy: 0, max_sites: 1, monthly_requests: 0, hourly_requests: 100, monthly_price_cents: 900, yearly_price_cents: 9_000, features: ['assistant', 'updates'] },
  { ...common, code: 'pro', name: 'Pro', ai_proxy: 1, max_sites: 3, monthly_requests: 1_000, hourly_requests: 100, monthly_price_cents: 2_900, yearly_price_cents: 29_000, features: ['assistant', 'updates', 'ai_proxy'] },
  { ...common, code: 'agency', name: 'Agency', ai_proxy: 1, max_sites: 25, monthly_requests: 10_000, hourly_requests: 1_000, monthly_price_cents: 9_900, yearly_price_cents: 99_000, features: ['assistant', 'updates', 'ai_proxy', 'white_label'] },
];

/** Adds the product and the plans that a new database needs. What is there stays as the operator left it. */
export async function seedPlans(db: Db, now: number): Promise<void> {
  const times = { created_at: now, updated_at: now };
  const known = new Set((await listPlans(db)).map(({ code }) => code));
  for (const [position, plan] of plans.entries()) {
    if (!known.has(plan.code)) await insertPlan(db, { id: newId(), ...plan, ...times, features: JSON.stringify(plan.features), position });
  }
  if (!(await findProductByCode(db, defaultProductCode))) await insertProduct(db, { id: newId(), code: defaultProductCode, name: 'Chatello', ...times });
}
