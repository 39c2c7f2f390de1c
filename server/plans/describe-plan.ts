import type { Db } from '../db/database.ts';
import { listPlanModules } from './modules.store.ts';
import type { PlanContent } from './plan.rules.ts';
import type { Plan } from './plans.store.ts';

/** What a plan says, in the form in which it is changed. */
export async function describePlan(db: Db, plan: Plan): Promise<PlanContent> {
  const { name, max_sites, max_staging_sites, monthly_requests, hourly_requests, monthly_price_cents, yearly_price_cents, currency, position } = plan;
  const modules = (await listPlanModules(db, plan.id)).map(({ code, max_version }) => ({ code, max_version }));
  return { name, ai_proxy: plan.ai_proxy === 1, max_sites, max_staging_sites, monthly_requests, hourly_requests, monthly_price_cents, yearly_price_cents, currency, position, modules };
}
