import type { Deps } from '../../deps.ts';
import { changeLicenseModules } from '../../licenses/change-modules.ts';
import { storedModules, type EntitledModule } from '../../licenses/modules.rules.ts';
import { listModules } from '../../plans/modules.store.ts';
import { findLicenseDetail } from '../license-detail.store.ts';
import { modulesFromFields } from '../plan-form.ts';
import { page, type Answer, type Page, type SignedInContext } from '../web/page.ts';
import { pageNotFound } from '../web/shell.ts';

const dayMs = 24 * 60 * 60 * 1000;
const reasonLength = 255;

/** The modules that one licence has beside its plan. */
export function licenseModulePages(deps: Deps): Page[] {
  const { db, now } = deps;
  return [
    page('get', '/licenses/:id/modules', 'licenses.write', async (context) => {
      const { license } = (await findLicenseDetail(db, context.scope, context.params['id'] ?? '')) ?? pageNotFound();
      return modulesPage(deps, context, fieldsOf(storedModules(license.modules)));
    }),

    page('post', '/licenses/:id/modules', 'licenses.write', async (context) => {
      const { params, scope, form, by, t } = context;
      const { license } = (await findLicenseDetail(db, scope, params['id'] ?? '')) ?? pageNotFound();
      const { modules, problems } = modulesFromFields(form, (await listModules(db)).map(({ code }) => code));
      const errors = Object.fromEntries(Object.entries(problems).map(([name, key]) => [name, t(key)]));
      const wanted: EntitledModule[] = [];
      for (const { code, max_version: maxVersion } of modules) {
        const end = endOf(form[`ends.${code}`] ?? '');
        if (end === undefined || (end !== null && end <= now())) errors[`ends.${code}`] = t('license_modules.error_day');
        else wanted.push({ code, maxVersion, expiresAt: end });
      }
      const reason = (form['reason'] ?? '').trim();
      if (reason.length > reasonLength) errors['reason'] = t('error.too_long');
      if (Object.keys(errors).length > 0) return modulesPage(deps, context, form, errors);
      await changeLicenseModules(db, license.id, wanted, by, now(), reason === '' ? undefined : reason);
      return { redirect: `/licenses/${license.id}?done=modules` };
    }),
  ];
}

async function modulesPage({ db }: Deps, { params, scope, t }: SignedInContext, form: Record<string, string>, errors?: Record<string, string>): Promise<Answer> {
  const { license, plan, customer } = (await findLicenseDetail(db, scope, params['id'] ?? '')) ?? pageNotFound();
  const ofPlan = new Set(JSON.parse(plan.features) as string[]);
  const modules = (await listModules(db))
    .filter(({ archived_at, code }) => archived_at === null || form[`module.${code}`] !== undefined)
    .map(({ code, name }) => ({ code, name, isOfPlan: ofPlan.has(code), isChosen: form[`module.${code}`] !== undefined, version: form[`version.${code}`] ?? '', ends: form[`ends.${code}`] ?? '', error: errors?.[`version.${code}`] ?? errors?.[`ends.${code}`] }));
  return { view: 'license-modules', title: t('license_modules.title', { ending: license.key_hint }), status: errors ? 422 : 200, data: { id: license.id, ending: license.key_hint, plan: plan.name, customer, modules, form, errors, reasonLength } };
}

function fieldsOf(modules: EntitledModule[]): Record<string, string> {
  return Object.fromEntries(modules.flatMap(({ code, maxVersion, expiresAt }) => [[`module.${code}`, 'on'], [`version.${code}`, maxVersion ?? ''], [`ends.${code}`, expiresAt === null ? '' : new Date(expiresAt - 1).toISOString().slice(0, 10)]]));
}

/** The end of a day in UTC; null: none is given; undefined: it is no day. */
function endOf(text: string): number | null | undefined {
  if (text.trim() === '') return null;
  const start = /^\d{4}-\d{2}-\d{2}$/.test(text.trim()) ? Date.parse(`${text.trim()}T00:00:00Z`) : NaN;
  return Number.isNaN(start) ? undefined : start + dayMs;
}
