import { z } from 'zod';
import { may, type Permission } from '../../access/access.rules.ts';
import type { ChangeInput, CustomerTarget, LicenseTarget } from '../../batches/batch-kinds.ts';
import { startBatch } from '../../batches/start-batch.ts';
import { countedAtMost, countTargets } from '../../batches/targets.store.ts';
import { insertedOnce, transact } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { newId } from '../../ids.ts';
import { getNodeWithin, listNodes } from '../../people/organizations.store.ts';
import { listOfferedPlans } from '../../plans/plans.store.ts';
import { listCustomers } from '../customers-list.store.ts';
import { readLicenseFilter } from '../license-filter.ts';
import { listLicenses } from '../licenses-list.store.ts';
import { page, parseForm, requiredText, textField, type Answer, type Page, type SignedInContext } from '../web/page.ts';
import { nodesOf, readCustomerFilter } from './customers.pages.ts';

const reasonLength = 255;
const maxMonths = 120;
const examplesShown = 5;
const formIdPattern = /^[0-9a-f-]{36}$/;
const rowId = /^row\.([0-9a-f-]{36})$/;

const licenseBulk = { suspend: 'suspend-licenses', reactivate: 'reactivate-licenses', extend: 'extend-licenses', plan: 'change-plan', 'send-keys': 'send-keys' } as const;
const customerBulk = { validate: 'validate-customers', suspend: 'suspend-customers', reactivate: 'reactivate-customers', assign: 'assign-customers' } as const;
const withoutReason = ['send-keys', 'validate', 'reactivate', 'assign'];

const values = (action: string) =>
  z
    .object({ reason: withoutReason.includes(action) ? textField(reasonLength) : requiredText(reasonLength), months: z.string().trim(), to_plan: z.string(), to_organization: z.string().max(64), send_keys: z.string() })
    .refine(({ months }) => action !== 'extend' || (/^\d{1,3}$/.test(months) && Number(months) >= 1 && Number(months) <= maxMonths), { path: ['months'], error: 'error.months' });

/** Which rows: those ticked, or all that the filter of the list leaves. */
type Chosen<Target> = { target: Target; count: number; hidden: Record<string, string>; isCut: boolean };

/** Changes of many rows of a list at once: a page that says which and how many, then a batch. */
export function bulkPages(deps: Deps): Page[] {
  const { db, now } = deps;

  const chosenLicenses = async ({ scope }: SignedInContext, fields: Record<string, string>): Promise<Chosen<LicenseTarget>> => {
    const { ids, hidden } = chosenRows(fields);
    const { filter, isCut } = await readLicenseFilter(deps, scope, fields);
    const { status, planId, customerId, within } = filter;
    const target = ids ? { ids } : { ids: filter.ids, status, planId, customerId, within };
    return { target, count: await countTargets(db, { of: 'licenses', target }, scope, now()), hidden, isCut: !ids && isCut };
  };
  const chosenCustomers = async ({ scope }: SignedInContext, fields: Record<string, string>): Promise<Chosen<CustomerTarget>> => {
    const { ids, hidden } = chosenRows(fields);
    const { filter, isCut } = await readCustomerFilter(db, scope, fields);
    const { status, within } = filter;
    const target = ids ? { ids } : { ids: filter.ids, status, within };
    return { target, count: await countTargets(db, { of: 'customers', target }, scope, now()), hidden, isCut: !ids && isCut };
  };

  const preview = async (context: SignedInContext, of: 'licenses' | 'customers', errors?: Record<string, string>): Promise<Answer> => {
    const { scope, t } = context;
    const fields = errors ? context.form : context.query;
    const action = actionOf(of, fields, context);
    const chosen = of === 'licenses' ? await chosenLicenses(context, fields) : await chosenCustomers(context, fields);
    const examples = of === 'licenses'
      ? { licenses: (await listLicenses(db, { ...(chosen.target as LicenseTarget), scope }, {}, now())).rows.slice(0, examplesShown) }
      : { customers: (await listCustomers(db, { ...(chosen.target as CustomerTarget), scope }, {})).rows.slice(0, examplesShown) };
    const data = {
      of, action, effect: `${of}.${action}`, examples, isCut: chosen.isCut, isNone: chosen.count === 0,
      count: Math.min(chosen.count, countedAtMost), isMore: chosen.count > countedAtMost,
      hidden: Object.entries({ ...chosen.hidden, action, form_id: formIdPattern.test(fields['form_id'] ?? '') ? fields['form_id'] : newId() }).map(([name, value]) => ({ name, value })),
      plans: action === 'plan' ? await listOfferedPlans(db) : undefined,
      nodes: action === 'assign' ? nodesOf(await listNodes(db, scope), undefined) : undefined,
      mayBeOwn: scope.kind === 'all',
      isReasonRequired: !withoutReason.includes(action), hasReason: action !== 'send-keys', reasonLength,
      form: { months: '12', ...fields }, errors,
    };
    return { view: 'bulk', title: t(`people.bulk.${of}.${action}`), ...(errors ? { status: 422 } : {}), data };
  };

  const start = async (context: SignedInContext, of: 'licenses' | 'customers'): Promise<Answer> => {
    const { form, scope, by, t } = context;
    const action = actionOf(of, form, context);
    const parsed = parseForm(values(action), { reason: '', months: '', to_plan: '', to_organization: '', send_keys: '', ...form }, t);
    if (!parsed.ok) return preview(context, of, parsed.errors);
    const { reason, months, to_plan: plan, to_organization: organization, send_keys: send } = parsed.data;
    const planId = (await listOfferedPlans(db)).find(({ code }) => code === plan)?.id;
    if (action === 'plan' && planId === undefined) return preview(context, of, { to_plan: t('error.plan') });
    if (action === 'assign' && organization === '' && scope.kind !== 'all') return preview(context, of, { to_organization: t('error.required') });
    if (action === 'assign' && organization !== '') await getNodeWithin(db, scope, organization);
    const chosen = of === 'licenses' ? await chosenLicenses(context, form) : await chosenCustomers(context, form);
    if (chosen.count === 0 || chosen.isCut) return preview(context, of, {});
    const kind = of === 'licenses' ? licenseBulk[action as keyof typeof licenseBulk] : customerBulk[action as keyof typeof customerBulk];
    const input = { kind, of, target: chosen.target, reason, months: Number(months), planId, organizationId: organization === '' ? null : organization, sendKeys: send === '1' } as ChangeInput;
    const id = formIdPattern.test(form['form_id'] ?? '') ? (form['form_id'] ?? '') : newId();
    await insertedOnce(transact(db, (trx) => startBatch(trx, input, { scope, by, id }, now())));
    return { redirect: `/batches/${id}` };
  };

  return (['licenses', 'customers'] as const).flatMap((of) => {
    const permission: Permission = of === 'licenses' ? 'licenses.write' : 'customers.validate';
    return [page('get', `/${of}/bulk`, permission, (context) => preview(context, of)), page('post', `/${of}/bulk`, permission, (context) => start(context, of))];
  });
}

function actionOf(of: 'licenses' | 'customers', fields: Record<string, string>, { role }: SignedInContext): string {
  const action = Object.keys(of === 'licenses' ? licenseBulk : customerBulk).find((candidate) => candidate === fields['action']);
  if (action === undefined) throw new AppError('INVALID_REQUEST', 'Choose what to do.', { field: 'query.action' });
  if (action === 'assign' && !may(role, 'customers.assign')) throw new AppError('FORBIDDEN', 'Your account may not do this.');
  return action;
}

/** The ticked rows, unless all that match are meant; and the fields that carry the choice on. */
function chosenRows(fields: Record<string, string>): { ids: string[] | undefined; hidden: Record<string, string> } {
  const ticked = Object.keys(fields).flatMap((name) => rowId.exec(name)?.[1] ?? []);
  if (fields['rows'] !== 'all') return { ids: ticked, hidden: Object.fromEntries(ticked.map((id) => [`row.${id}`, '1'])) };
  const kept = ['q', 'status', 'plan', 'organization', 'customer', 'sort'];
  return { ids: undefined, hidden: { rows: 'all', ...Object.fromEntries(kept.flatMap((name) => (fields[name] ? [[name, fields[name]]] : []))) } };
}
