import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { archivePlan, changePlan, createPlan } from '../../plans/change-plan.ts';
import { describePlan } from '../../plans/describe-plan.ts';
import { getPlan } from '../../plans/get-plan.ts';
import { listModules } from '../../plans/modules.store.ts';
import { effectsOf, type PlanContent } from '../../plans/plan.rules.ts';
import { listPlans, type Plan } from '../../plans/plans.store.ts';
import { codeField, contentOf, fieldsOf, modulesFromFields, planFields } from '../plan-form.ts';
import { countedUpTo, countLicensesOfPlan, listMappings } from '../products-list.store.ts';
import { page, parseForm, type Answer, type Page, type SignedInContext } from '../web/page.ts';

/** Adding a plan, changing one (first what it means for the licences that are there), and taking one off the list. */
export function planEditPages(deps: Deps): Page[] {
  const { db, now } = deps;
  return [
    page('get', '/plans/new', 'products.write', async (context) => {
      const position = Math.max(0, ...(await listPlans(db)).map((plan) => plan.position + 1));
      return planForm(deps, context, undefined, { currency: 'EUR', max_sites: '1', max_staging_sites: '3', monthly_requests: '0', hourly_requests: '100', monthly_price: '0.00', yearly_price: '0.00', position: String(position) });
    }),

    page('post', '/plans/new', 'products.write', async (context) => {
      const { form, by, t } = context;
      const read = await readForm(deps, context);
      const code = codeField.safeParse(form['code'] ?? '');
      const errors = { ...(read.ok ? {} : read.errors), ...(code.success ? {} : { code: t(code.error.issues[0]?.message ?? 'error.required') }) };
      if (!read.ok || !code.success) return planForm(deps, context, undefined, form, errors);
      try {
        await createPlan(db, code.data, read.content, by, now());
      } catch (error) {
        if (error instanceof AppError && error.code === 'CONFLICT') return planForm(deps, context, undefined, form, { code: t('plan_edit.error_taken') });
        throw error;
      }
      return { redirect: '/plans?done=plan-added' };
    }),

    page('get', '/plans/:code/edit', 'products.write', async (context) => {
      const plan = await getPlan(db, context.params['code'] ?? '');
      return planForm(deps, context, plan, { ...fieldsOf(await describePlan(db, plan)), seen: String(plan.updated_at) });
    }),

    page('post', '/plans/:code/edit', 'products.write', async (context) => {
      const { params, form, by, t } = context;
      const plan = await getPlan(db, params['code'] ?? '');
      const read = await readForm(deps, context);
      if (!read.ok) return planForm(deps, context, plan, form, read.errors);
      const seen = /^\d{1,15}$/.test(form['seen'] ?? '') ? Number(form['seen']) : undefined;
      const before = await describePlan(db, plan);
      const effects = effectsOf(before, read.content);
      const licenses = await countLicensesOfPlan(db, plan.id);
      if (effects.length > 0 && licenses > 0 && form['confirmed'] !== 'yes') return confirmChange(context, plan, before, read.content, licenses);
      try {
        await changePlan(db, plan.code, read.content, by, now(), seen);
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'CONFLICT') throw error;
        const current = await getPlan(db, plan.code);
        return { ...(await planForm(deps, context, current, { ...form, seen: String(current.updated_at) }, {}, t('plan_edit.changed_meanwhile'))), status: 409 };
      }
      return { redirect: '/plans?done=plan-saved' };
    }),

    page('get', '/plans/:code/archive', 'products.write', async ({ params, t }) => {
      const plan = await getPlan(db, params['code'] ?? '');
      const mappings = (await listMappings(db)).filter(({ plan_id: id }) => id === plan.id).length;
      return { view: 'plan-archive', title: t(plan.archived_at === null ? 'plan_edit.archive_title' : 'plan_edit.restore_title', { name: plan.name }), data: { plan, isArchived: plan.archived_at !== null, mappings, ...counted(await countLicensesOfPlan(db, plan.id)) } };
    }),

    page('post', '/plans/:code/archive', 'products.write', async ({ params, form, by }) => {
      const isArchived = form['restore'] === undefined;
      await archivePlan(db, params['code'] ?? '', isArchived, by, now());
      return { redirect: `/plans?done=${isArchived ? 'plan-archived' : 'plan-restored'}` };
    }),
  ];
}

async function readForm({ db }: Deps, { form, t }: SignedInContext): Promise<{ ok: true; content: PlanContent } | { ok: false; errors: Record<string, string> }> {
  const { modules, problems } = modulesFromFields(form, (await listModules(db)).map(({ code }) => code));
  const parsed = parseForm(planFields, form, t);
  const errors = { ...(parsed.ok ? {} : parsed.errors), ...Object.fromEntries(Object.entries(problems).map(([name, key]) => [name, t(key)])) };
  return parsed.ok && Object.keys(errors).length === 0 ? { ok: true, content: contentOf(parsed.data, modules) } : { ok: false, errors };
}

type View = Extract<Answer, { view: string }>;

async function planForm({ db }: Deps, { t }: SignedInContext, plan: Plan | undefined, form: Record<string, string>, errors?: Record<string, string>, problem?: string): Promise<View> {
  const modules = (await listModules(db))
    .filter(({ archived_at, code }) => archived_at === null || form[`module.${code}`] !== undefined)
    .map(({ code, name, description }) => ({ code, name, description, isChosen: form[`module.${code}`] !== undefined, version: form[`version.${code}`] ?? '', error: errors?.[`version.${code}`] }));
  const title = plan ? t('plan_edit.title', { name: plan.name }) : t('plan_edit.new_title');
  return { view: 'plan-edit', title, status: errors ? 422 : 200, data: { plan, form, errors, problem, modules, action: plan ? `/plans/${plan.code}/edit` : '/plans/new', isArchived: plan !== undefined && plan.archived_at !== null } };
}

/** What the change means for the licences that are there, before it is made. The form travels along unseen. */
function confirmChange({ form, locale, t }: SignedInContext, plan: Plan, before: PlanContent, after: PlanContent, licenses: number): View {
  const shown = (content: PlanContent, field: keyof PlanContent): string => {
    if (field === 'modules') return content.modules.map(({ code, max_version: version }) => (version === null ? code : `${code} ≤ ${version}`)).join(', ') || '–';
    if (field === 'ai_proxy') return t(`plan.ai_${content.ai_proxy ? 'yes' : 'no'}`);
    if (field === 'monthly_price_cents') return `${(content.monthly_price_cents / 100).toFixed(2)} / ${(content.yearly_price_cents / 100).toFixed(2)} ${content.currency}`;
    return new Intl.NumberFormat(locale).format(content[field] as number);
  };
  const changes = effectsOf(before, after).map(({ field, key }) => ({ label: t(`plan_field.${field}`), before: shown(before, field), after: shown(after, field), effect: t(`plan_effect.${key}`) }));
  const hidden = Object.entries(form).filter(([name]) => name !== '_csrf' && name !== 'confirmed').map(([name, value]) => ({ name, value }));
  return { view: 'plan-confirm', title: t('plan_edit.confirm_title', { name: plan.name }), data: { plan, changes, hidden, ...counted(licenses) } };
}

function counted(licenses: number): { licenses: number; isMore: boolean } {
  return { licenses, isMore: licenses >= countedUpTo };
}
