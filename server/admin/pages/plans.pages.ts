import { z } from 'zod';
import { may, type Role } from '../../access/access.rules.ts';
import type { Deps } from '../../deps.ts';
import { changePlanAi } from '../../plans/change-plan.ts';
import { listPlans, type Plan } from '../../plans/plans.store.ts';
import { quotaScopes, quotasSchema, quotaUnits, type Quotas } from '../../usage/limits.rules.ts';
import { quotaWindows } from '../../usage/period.rules.ts';
import { limitField, limitFields, limitsFromFields, modelList } from '../plan-ai-form.ts';
import { page, type Answer, type Page } from '../web/page.ts';
import type { Translate } from '../web/locale.ts';
import { pageNotFound } from '../web/shell.ts';

const doneTexts = ['plan-saved', 'plan-added', 'plan-archived', 'plan-restored'];
const largestCap = 10_000_000;
const models = z.array(z.string());

/** The plans, and what the AI of each includes. */
export function planPages({ db, now }: Deps): Page[] {
  return [
    page('get', '/plans', 'products.read', async ({ query, role, t }) => {
      const rows = (await listPlans(db)).map((plan) => ({ ...plan, isArchived: plan.archived_at !== null, hasAi: plan.ai_proxy === 1, models: modelsOf(plan), limits: Object.keys(limitFields(quotasOf(plan))).length }));
      const done = doneTexts.find((code) => code === query['done']);
      return { view: 'plans', title: t('nav.plans'), data: { rows, canWrite: may(role, 'products.write'), done: done && t(`done.${done}`) } };
    }),

    page('get', '/plans/:code', 'products.read', async ({ params, role, t }) => {
      const plan = (await findPlan(db, params['code'])) ?? pageNotFound();
      const form = {
        ...limitFields(quotasOf(plan)),
        allowed_models: modelsOf(plan)?.join('\n') ?? '',
        max_input_tokens: plan.max_input_tokens?.toString() ?? '',
        max_output_tokens: plan.max_output_tokens?.toString() ?? '',
        ...(plan.own_keys_use_quota === 1 ? { own_keys_use_quota: 'on' } : {}),
      };
      return planForm(t, plan, form, role);
    }),

    page('post', '/plans/:code', 'products.write', async ({ params, form, by, role, t }) => {
      const plan = (await findPlan(db, params['code'])) ?? pageNotFound();
      const { quotas, problems } = limitsFromFields(form);
      const allowed = modelList(form['allowed_models'] ?? '');
      const caps = { max_input_tokens: capOf(form['max_input_tokens']), max_output_tokens: capOf(form['max_output_tokens']) };
      const errors = {
        ...Object.fromEntries(Object.entries(problems).map(([name, text]) => [name, t(text)])),
        ...(allowed === undefined ? { allowed_models: t('error.model_list') } : {}),
        ...Object.fromEntries(Object.entries(caps).flatMap(([name, cap]) => (cap === undefined ? [[name, t('error.cap')]] : []))),
      };
      const { max_input_tokens: input, max_output_tokens: output } = caps;
      if (Object.keys(errors).length > 0 || allowed === undefined || input === undefined || output === undefined) return planForm(t, plan, form, role, errors);
      const changes = {
        quotas: Object.keys(quotas).length === 0 ? null : JSON.stringify(quotas),
        allowed_models: allowed.length === 0 ? null : JSON.stringify(allowed),
        max_input_tokens: input, max_output_tokens: output, own_keys_use_quota: form['own_keys_use_quota'] === undefined ? 0 : 1,
      };
      await changePlanAi(db, plan.code, changes, by, now());
      return { redirect: '/plans?done=plan-saved' };
    }),
  ];
}

function planForm(t: Translate, plan: Plan, form: Record<string, string>, role: Role, errors?: Record<string, string>): Answer {
  const scopes = quotaScopes.map((scope) => ({
    scope,
    windows: quotaWindows.map((window) => ({
      window,
      fields: quotaUnits.map((unit) => {
        const name = limitField(scope, window, unit);
        const standing = scope === 'license' && unit === 'requests' ? { hour: plan.hourly_requests, day: undefined, month: plan.monthly_requests }[window] : undefined;
        return { name, unit, value: form[name] ?? '', error: errors?.[name], standing, mode: unit === 'cost' ? 'decimal' : 'numeric', label: `${t(`quota.window.${window}`)}: ${t(`quota.unit.${unit}`)}` };
      }),
    })),
  }));
  return { view: 'plan', title: t('plan.title', { name: plan.name }), status: errors ? 422 : 200, data: { plan: { code: plan.code, name: plan.name, hasAi: plan.ai_proxy === 1, canWrite: may(role, 'products.write') }, form, errors, scopes } };
}

async function findPlan(db: Deps['db'], code: string | undefined): Promise<Plan | undefined> {
  return (await listPlans(db)).find((plan) => plan.code === code);
}

function quotasOf({ quotas }: Plan): Quotas {
  return quotas === null ? {} : quotasSchema.parse(JSON.parse(quotas));
}

function modelsOf({ allowed_models: json }: Plan): string[] | undefined {
  return json === null ? undefined : models.parse(JSON.parse(json));
}

/** Null: no cap. Undefined: not to be read. */
function capOf(text = ''): number | null | undefined {
  const entered = text.trim();
  if (entered === '') return null;
  return /^\d{1,8}$/.test(entered) && Number(entered) >= 1 && Number(entered) <= largestCap ? Number(entered) : undefined;
}
