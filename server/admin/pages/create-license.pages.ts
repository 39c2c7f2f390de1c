import { z } from 'zod';
import { may } from '../../access/access.rules.ts';
import { placeOf } from '../../customers/create-customer.ts';
import { insertedOnce } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { newId } from '../../ids.ts';
import { normalizeSite } from '../../licenses/site.rules.ts';
import { listNodes } from '../../people/organizations.store.ts';
import { defaultProductCode } from '../../plans/get-plan.ts';
import { listOfferedPlans, listOfferedProducts } from '../../plans/plans.store.ts';
import { createLicense, takeCreatedLicense } from '../create-license.ts';
import { findLicenseDetail } from '../license-detail.store.ts';
import { page, parseForm, requiredText, textField, type Answer, type Page, type SignedInContext } from '../web/page.ts';
import { pageNotFound } from '../web/shell.ts';
import { nodeFilter } from './customers.pages.ts';

const maxMonths = 120;
const formIdPattern = /^[0-9a-f-]{36}$/;

function newLicenseForm(planCodes: string[]) {
  return z
    .object({
      email: requiredText(320).refine((text) => text === '' || z.email().safeParse(text).success, 'error.email'),
      name: textField(200).optional(),
      plan: z.string({ error: 'error.required' }).refine((code) => planCodes.includes(code), 'error.plan'),
      duration: z.enum(['months', 'perpetual'], 'error.required'),
      months: z.string().trim().optional(),
      domain: textField(2_000).optional(),
      product: z.string().max(64).optional(),
      organization: z.string().max(64).optional(),
      starts_on: z.string().trim().optional(),
      send_key: z.string().optional(),
    })
    .refine(({ duration, months = '' }) => duration === 'perpetual' || (/^\d{1,3}$/.test(months) && Number(months) >= 1 && Number(months) <= maxMonths), { path: ['months'], error: 'error.months' })
    .refine(({ starts_on: day = '' }) => day === '' || z.iso.date().safeParse(day).success, { path: ['starts_on'], error: 'people.error.day' })
    .refine(({ domain = '' }) => domain === '' || normalizeSite(domain) !== undefined, { path: ['domain'], error: 'error.domain' });
}

/** A licence issued by hand. */
export function createLicensePages(deps: Deps): Page[] {
  const { db, vault, now } = deps;

  const form = async ({ scope, role, t }: SignedInContext, values: Record<string, string>, formId: string, errors?: Record<string, string>, problem?: string): Promise<Answer> => {
    const plans = await listOfferedPlans(db);
    const nodes = may(role, 'customers.assign') ? nodeFilter(await listNodes(db, scope), values['organization'], scope) : [];
    const products = (await listOfferedProducts(db)).map(({ code, name }) => ({ code, name, isCurrent: code === (values['product'] ?? defaultProductCode) }));
    const waits = placeOf({ role, scope }).status === 'pending';
    return { view: 'new-license', title: t('create.title'), ...(errors ? { status: 422 } : {}), data: { form: values, errors, problem, plans, formId, nodes, products: products.length > 1 ? products : undefined, waits } };
  };

  return [
    page('get', '/new-license', 'licenses.issue', (context) => form(context, { email: (context.query['email'] ?? '').slice(0, 320), plan: 'pro', duration: 'months', months: '12', send_key: '1' }, newId())),

    page('post', '/new-license', 'licenses.issue', async (context) => {
      const { form: typed, t } = context;
      const plans = await listOfferedPlans(db);
      const formId = formIdPattern.test(typed['form_id'] ?? '') ? (typed['form_id'] ?? '') : newId();
      const parsed = parseForm(newLicenseForm(plans.map(({ code }) => code)), typed, t);
      if (!parsed.ok) return form(context, typed, formId, parsed.errors);
      const { email, name, plan, duration, months, domain = '', product, organization, starts_on: day = '', send_key: send } = parsed.data;
      const input = {
        customer: { email, name }, plan, product: product || undefined, months: duration === 'perpetual' ? null : Number(months), startsAt: day === '' ? undefined : Date.parse(`${day}T00:00:00Z`),
        site: domain === '' ? undefined : normalizeSite(domain), organizationId: organization || undefined, sendKey: send === '1',
      };
      try {
        await insertedOnce(createLicense(deps, formId, input, context, now()));
      } catch (error) {
        if (error instanceof AppError && error.code === 'LICENSE_QUOTA_EXHAUSTED') return form(context, typed, formId, {}, t('problem.LICENSE_QUOTA_EXHAUSTED.text'));
        if (!(error instanceof AppError && error.code === 'CONFLICT' && error.field === 'body.email')) throw error;
        return form(context, typed, formId, { email: t('people.error.email_out_of_reach') });
      }
      return { redirect: `/new-license/${formId}` };
    }),

    page('get', '/new-license/:form', 'licenses.issue', async ({ scope, params, t }) => {
      const created = (await takeCreatedLicense(db, vault, params['form'] ?? '')) ?? pageNotFound();
      const found = (await findLicenseDetail(db, scope, created.licenseId)) ?? pageNotFound();
      const { license, plan, customer } = found;
      return { view: 'license-created', title: t('created.title'), data: { id: license.id, ending: license.key_hint, key: created.key, isPending: license.confirmed_at === null, plan: plan.name, expiresAt: license.expires_at, domainLock: license.domain_lock, customer } };
    }),
  ];
}
