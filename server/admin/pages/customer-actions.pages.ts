import { z } from 'zod';
import { actionsOn, customerActions, type CustomerAction } from '../../customers/customer-status.rules.ts';
import { findCustomerByEmail } from '../../customers/customers.store.ts';
import { getCustomerWithin } from '../../customers/get-customer.ts';
import { transact } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { licensesLeft } from '../../organizations/license-quota.ts';
import { assignCustomer } from '../../people/assign-customer.ts';
import { eraseCustomer } from '../../people/erase-customer.ts';
import { exportCustomer } from '../../people/export-customer.ts';
import { readAttached, shownOfEach } from '../../people/merge.store.ts';
import { mergeCustomers, previewMerge } from '../../people/merge-customers.ts';
import { listNodes } from '../../people/organizations.store.ts';
import { setCustomerStatus } from '../../people/set-customer-status.ts';
import { countLicensesOfCustomer } from '../customer-detail.store.ts';
import { page, parseForm, requiredText, textField, type Answer, type Page, type SignedInContext } from '../web/page.ts';
import { nodesOf } from './customers.pages.ts';

const reasonLength = 255;
const reason = (isRequired: boolean) => z.object({ reason: isRequired ? requiredText(reasonLength) : textField(reasonLength) });

/** Changes of a whole customer: first a page that says what will happen and to what, then the change. */
export function customerActionPages(deps: Deps): Page[] {
  const { db, config, now } = deps;
  const customerOf = ({ params, scope }: SignedInContext) => getCustomerWithin(db, scope, params['id'] ?? '');

  const confirm = async (context: SignedInContext, action: CustomerAction, errors?: Record<string, string>): Promise<Answer> => {
    const customer = await customerOf(context);
    if (!errors && !actionsOn(customer.status).includes(action)) throw new AppError('CONFLICT', 'This cannot be done to a customer in this state.');
    const data = { customer, action, licenses: await countLicensesOfCustomer(db, customer.id), isReasonRequired: action === 'suspend', reasonLength, form: context.form, errors };
    return { view: 'customer-action', title: context.t(`people.${action}.title`, { name: customer.name }), ...(errors ? { status: 422 } : {}), data };
  };
  const assign = async (context: SignedInContext, errors?: Record<string, string>): Promise<Answer> => {
    const customer = await customerOf(context);
    const nodes = await listNodes(db, context.scope);
    const data = { customer, nodes: nodesOf(nodes, context.form['organization'] ?? customer.organization_id), mayBeOwn: context.scope.kind === 'all', isOwn: customer.organization_id === null, licenses: await countLicensesOfCustomer(db, customer.id), reasonLength, form: context.form, errors };
    return { view: 'customer-assign', title: context.t('people.assign.title', { name: customer.name }), ...(errors ? { status: 422 } : {}), data };
  };

  return [
    ...customerActions.flatMap((action) => [
      page('get', `/customers/:id/${action}`, 'customers.validate', (context) => confirm(context, action)),
      page('post', `/customers/:id/${action}`, 'customers.validate', async (context) => {
        const parsed = parseForm(reason(action === 'suspend'), { reason: '', ...context.form }, context.t);
        if (!parsed.ok) return confirm(context, action, parsed.errors);
        const change = { action, reason: parsed.data.reason || undefined, sendKeys: context.form['send_keys'] === '1' };
        const { id } = await transact(db, (trx) => setCustomerStatus(trx, config, context.params['id'] ?? '', change, context, now()));
        return { redirect: `/customers/${id}?done=${action}` };
      }),
    ]),

    page('get', '/customers/:id/assign', 'customers.assign', (context) => assign(context)),
    page('post', '/customers/:id/assign', 'customers.assign', async (context) => {
      const parsed = parseForm(reason(false).extend({ organization: z.string({ error: 'error.required' }).max(64) }), { reason: '', ...context.form }, context.t);
      if (!parsed.ok) return assign(context, parsed.errors);
      const { organization, reason: why } = parsed.data;
      try {
        const { id } = await transact(db, (trx) => assignCustomer(trx, context.params['id'] ?? '', organization === '' ? null : organization, context, now(), why || undefined));
        return { redirect: `/customers/${id}?done=assigned` };
      } catch (error) {
        if (!(error instanceof AppError && error.code === 'LICENSE_QUOTA_EXHAUSTED')) throw error;
        return assign(context, { organization: context.t('people.error.assign_left', { left: (await licensesLeft(db, organization)) ?? 0 }) });
      }
    }),

    page('get', '/customers/:id/merge', 'customers.delete', async (context) => {
      const customer = await customerOf(context);
      const asked = (context.query['from'] ?? '').trim().slice(0, 320);
      const data = { customer, asked, reasonLength };
      const title = context.t('people.merge.title', { name: customer.name });
      if (asked === '') return { view: 'customer-merge', title, data };
      const other = asked.includes('@') ? (await findCustomerByEmail(db, asked))?.id : asked;
      try {
        const { from, moves } = await previewMerge(db, customer.id, other ?? '', context);
        return { view: 'customer-merge', title, data: { ...data, from, moves, shownOfEach } };
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        return { view: 'customer-merge', title, status: 422, data: { ...data, errors: { from: context.t(error.code === 'NOT_FOUND' ? 'people.merge.unknown' : 'people.merge.same') } } };
      }
    }),
    page('post', '/customers/:id/merge', 'customers.delete', async (context) => {
      const parsed = parseForm(reason(false), { reason: '', ...context.form }, context.t);
      const why = parsed.ok ? parsed.data.reason : '';
      const { id } = await transact(db, (trx) => mergeCustomers(trx, config, { intoId: context.params['id'] ?? '', fromId: context.form['from'] ?? '', reason: why || undefined }, context, now()));
      return { redirect: `/customers/${id}?done=merged` };
    }),

    page('get', '/customers/:id/delete', 'customers.delete', async (context) => {
      const customer = await customerOf(context);
      return { view: 'customer-delete', title: context.t('people.delete.title', { name: customer.name }), data: { customer, attached: await readAttached(db, customer) } };
    }),
    page('post', '/customers/:id/delete', 'customers.delete', async (context) => {
      const customer = await customerOf(context);
      if ((context.form['email'] ?? '').trim().toLowerCase() !== customer.email_key) {
        return { view: 'customer-delete', title: context.t('people.delete.title', { name: customer.name }), status: 422, data: { customer, attached: await readAttached(db, customer), form: context.form, errors: { email: context.t('people.delete.mismatch') } } };
      }
      await transact(db, (trx) => eraseCustomer(trx, customer.id, context, now()));
      return { redirect: '/customers?done=erased' };
    }),

    page('post', '/customers/:id/export', 'customers.delete', async (context) => {
      const body = await exportCustomer(db, context.params['id'] ?? '', context, now());
      return { download: `customer-${context.params['id'] ?? ''}.json`, type: 'application/json; charset=utf-8', body: JSON.stringify(body, null, 2) };
    }),
  ];
}
