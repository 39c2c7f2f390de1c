import { z } from 'zod';
import { downloadKeys, readBatch, stopBatch } from '../../batches/read-batch.ts';
import { startBatch } from '../../batches/start-batch.ts';
import { emailAddress } from '../../customers/customer.rules.ts';
import { placeOf, reachCustomer } from '../../customers/create-customer.ts';
import { findCustomerByEmail } from '../../customers/customers.store.ts';
import { insertedOnce, transact } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { newId } from '../../ids.ts';
import { defaultProductCode } from '../../plans/get-plan.ts';
import { licensesLeft } from '../../organizations/license-quota.ts';
import { listOfferedPlans, listOfferedProducts } from '../../plans/plans.store.ts';
import { page, parseForm, requiredText, textField, type Answer, type Page, type SignedInContext } from '../web/page.ts';

const mostLicenses = 10_000;
const maxMonths = 120;
const refreshSeconds = '2';
const formIdPattern = /^[0-9a-f-]{36}$/;

/** What is done to many at once: many licences made for a product, and how far each batch has come. */
export function batchPages({ db, vault, now }: Deps): Page[] {
  const ownLeft = async ({ scope }: Pick<SignedInContext, 'scope'>) => (scope.kind === 'organization' ? licensesLeft(db, scope.id) : undefined);
  const form = async ({ t, scope }: SignedInContext, values: Record<string, string>, errors?: Record<string, string>): Promise<Answer> => {
    const plans = await listOfferedPlans(db);
    const products = (await listOfferedProducts(db)).map(({ code, name }) => ({ code, name, isCurrent: code === (values['product'] ?? defaultProductCode) }));
    const formId = formIdPattern.test(values['form_id'] ?? '') ? values['form_id'] : newId();
    const left = await ownLeft({ scope });
    return { view: 'new-licenses', title: t('people.new_licenses.title'), ...(errors ? { status: 422 } : {}), data: { form: values, errors, plans, products, formId, mostLicenses, leftHint: left === undefined ? undefined : t(left === 0 ? 'people.new_licenses.none_left' : 'people.new_licenses.left', { left }) } };
  };

  const leftFor = async (context: SignedInContext, email: string) => licensesLeft(db, ((await findCustomerByEmail(db, email)) ?? { organization_id: placeOf(context).organizationId }).organization_id ?? null);

  return [
    page('get', '/new-licenses', 'licenses.issue', async (context) => form(context, { plan: 'pro', duration: 'months', months: '12', count: String(Math.min(100, (await ownLeft(context)) ?? 100)), email: (context.query['email'] ?? '').slice(0, 320) })),

    page('post', '/new-licenses', 'licenses.issue', async (context) => {
      const { form: typed, scope, by, t } = context;
      const parsed = parseForm(newLicensesForm, { name: '', ...typed }, t);
      if (!parsed.ok) return form(context, typed, parsed.errors);
      const { email, name, duration, months = '', count } = parsed.data;
      const plan = (await listOfferedPlans(db)).find(({ code }) => code === parsed.data.plan);
      const product = (await listOfferedProducts(db)).find(({ code }) => code === parsed.data.product);
      if (!plan) return form(context, typed, { plan: t('error.plan') });
      if (!product) return form(context, typed, { product: t('error.required') });
      const id = formIdPattern.test(typed['form_id'] ?? '') ? (typed['form_id'] ?? '') : newId();
      try {
        await insertedOnce(transact(db, async (trx) => {
          const { customer } = await reachCustomer(trx, { email, name: name || undefined }, context, now());
          await startBatch(trx, { kind: 'create-licenses', of: 'new-licenses', customerId: customer.id, planId: plan.id, productId: product.id, months: duration === 'perpetual' ? null : Number(months), count: Number(count) }, { scope, by, id }, now());
        }));
      } catch (error) {
        if (error instanceof AppError && error.code === 'LICENSE_QUOTA_EXHAUSTED') return form(context, typed, { count: t('people.error.count_left', { left: (await leftFor(context, email)) ?? 0 }) });
        if (!(error instanceof AppError && error.code === 'CONFLICT' && error.field === 'body.email')) throw error;
        return form(context, typed, { email: t('people.error.email_out_of_reach') });
      }
      return { redirect: `/batches/${id}` };
    }),

    page('get', '/batches/:id', 'licenses.read', async (context) => {
      const { params, res, t } = context;
      const batch = await readBatch(db, params['id'] ?? '', context, now());
      const isRunning = batch.status === 'running';
      // Looks again by itself, with and without JavaScript.
      if (isRunning) res.set('Refresh', refreshSeconds);
      const of = batch.kind.endsWith('customers') ? 'customers' : 'licenses';
      const data = { batch, isRunning, of, done: batch.changed + batch.skipped, isOpenEnded: batch.total > mostLicenses && batch.kind !== 'create-licenses', isCreation: batch.kind === 'create-licenses', problems: batch.problemList.map((problem) => ({ ...problem, of })) };
      return { view: 'batch', title: t(`people.batch.${batch.kind}`), data };
    }),

    page('post', '/batches/:id/stop', 'licenses.issue', async (context) => {
      const id = context.params['id'] ?? '';
      await transact(db, (trx) => stopBatch(trx, id, context, now()));
      return { redirect: `/batches/${id}` };
    }),

    page('post', '/batches/:id/keys', 'licenses.issue', async (context) => {
      const id = context.params['id'] ?? '';
      const chunks = await downloadKeys({ db, vault }, id, context, now());
      return { file: { name: `licence-keys-${id.slice(0, 8)}.csv`, type: 'text/csv; charset=utf-8; header=present', chunks } };
    }),
  ];
}

const newLicensesForm = z
  .object({
    email: requiredText(320).refine((text) => text === '' || emailAddress.safeParse(text).success, 'error.email'),
    name: textField(200),
    plan: z.string({ error: 'error.required' }),
    product: z.string({ error: 'error.required' }),
    duration: z.enum(['months', 'perpetual'], 'error.required'),
    months: z.string().trim().optional(),
    count: z.string({ error: 'error.required' }).trim().refine((text) => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= mostLicenses, 'people.error.count'),
  })
  .refine(({ duration, months = '' }) => duration === 'perpetual' || (/^\d{1,3}$/.test(months) && Number(months) >= 1 && Number(months) <= maxMonths), { path: ['months'], error: 'error.months' });
