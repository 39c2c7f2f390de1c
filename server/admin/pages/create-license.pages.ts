import { z } from 'zod';
import { insertedOnce } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { newId } from '../../ids.ts';
import { normalizeSite } from '../../licenses/site.rules.ts';
import { listPlans } from '../../plans/plans.store.ts';
import { createLicense, takeCreatedLicense } from '../create-license.ts';
import { findLicenseDetail } from '../license-detail.store.ts';
import { page, parseForm, requiredText, textField, type Page } from '../web/page.ts';
import { pageNotFound } from '../web/shell.ts';

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
      send_email: z.string().optional(),
    })
    .refine(({ duration, months = '' }) => duration === 'perpetual' || (/^\d{1,3}$/.test(months) && Number(months) >= 1 && Number(months) <= maxMonths), { path: ['months'], error: 'error.months' })
    .refine(({ domain = '' }) => domain === '' || normalizeSite(domain) !== undefined, { path: ['domain'], error: 'error.domain' });
}

/** A licence issued by hand. */
export function createLicensePages(deps: Deps): Page[] {
  const { db, vault, now } = deps;
  return [
    page('get', '/new-license', 'licenses.issue', async ({ query, t }) => {
      const form = { email: (query['email'] ?? '').slice(0, 320), plan: 'pro', duration: 'months', months: '12', send_email: 'on' };
      return { view: 'new-license', title: t('create.title'), data: { form, plans: await listPlans(db), formId: newId() } };
    }),

    page('post', '/new-license', 'licenses.issue', async ({ form, by, t }) => {
      const plans = await listPlans(db);
      const formId = formIdPattern.test(form['form_id'] ?? '') ? (form['form_id'] ?? '') : newId();
      const parsed = parseForm(newLicenseForm(plans.map(({ code }) => code)), form, t);
      if (!parsed.ok) return { view: 'new-license', title: t('create.title'), status: 422, data: { form, errors: parsed.errors, plans, formId } };
      const { email, name, plan, duration, months, domain = '', send_email: sendEmail } = parsed.data;
      const input = { email, name, plan, months: duration === 'perpetual' ? null : Number(months), site: domain === '' ? undefined : normalizeSite(domain), sendsEmail: sendEmail === 'on' };
      await insertedOnce(createLicense(deps, formId, input, by, now()));
      return { redirect: `/new-license/${formId}${input.sendsEmail ? '?done=sent' : ''}` };
    }),

    page('get', '/new-license/:form', 'licenses.issue', async ({ params, query, t }) => {
      const created = (await takeCreatedLicense(db, vault, params['form'] ?? '')) ?? pageNotFound();
      const found = (await findLicenseDetail(db, created.licenseId)) ?? pageNotFound();
      const { license, plan, customer } = found;
      return { view: 'license-created', title: t('created.title'), data: { id: license.id, ending: license.key_hint, key: created.key, plan: plan.name, expiresAt: license.expires_at, domainLock: license.domain_lock, customer, isSent: query['done'] === 'sent' } };
    }),
  ];
}
