import { z } from 'zod';
import { changeCustomer } from '../../customers/change-customer.ts';
import { createCustomer, placeOf } from '../../customers/create-customer.ts';
import { emailAddress } from '../../customers/customer.rules.ts';
import { getCustomerWithin } from '../../customers/get-customer.ts';
import { transact } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { page, parseForm, requiredText, textField, type Answer, type Page, type PageContext } from '../web/page.ts';

const longestNotes = 10_000;
const languages = ['en', 'it'];

const customerForm = z.object({
  email: requiredText(320).refine((text) => text === '' || emailAddress.safeParse(text).success, 'error.email'),
  name: textField(200),
  company: textField(200),
  locale: z.string({ error: 'error.required' }).trim().regex(/^[a-z]{2,3}([-_][A-Za-z0-9]{2,4})?$/, 'people.error.language'),
  notes: z.string().max(longestNotes, 'error.too_long').transform((text) => text.replaceAll('\r\n', '\n').trim()),
});

/** Adding a customer, and changing what is known of one. */
export function customerFormPages({ db, now }: Deps): Page[] {
  return [
    page('get', '/new-customer', 'customers.write', async ({ role, scope, query, t }) => form(t, { locale: 'en', email: (query['email'] ?? '').slice(0, 320) }, { isPending: placeOf({ role, scope }).status === 'pending' })),

    page('post', '/new-customer', 'customers.write', async (context) => {
      const { form: typed, t, role, scope } = context;
      const frame = { isPending: placeOf({ role, scope }).status === 'pending' };
      const parsed = parseForm(customerForm, typed, t);
      if (!parsed.ok) return form(t, typed, frame, parsed.errors);
      const { notes, name, company, ...rest } = parsed.data;
      return unlessTaken(t, typed, frame, async () => {
        const customer = await transact(db, (trx) => createCustomer(trx, { ...rest, name: name || undefined, company: company || undefined, notes: notes || undefined }, context, now()));
        return { redirect: `/customers/${customer.id}?done=created` };
      });
    }),

    page('get', '/customers/:id/edit', 'customers.write', async ({ params, scope, t }) => {
      const { id, email, name, company, locale, notes } = await getCustomerWithin(db, scope, params['id'] ?? '');
      return form(t, { email, name, company: company ?? '', locale, notes: notes ?? '' }, { id, name });
    }),

    page('post', '/customers/:id/edit', 'customers.write', async ({ params, form: typed, scope, by, t }) => {
      const { id, name: title } = await getCustomerWithin(db, scope, params['id'] ?? '');
      const frame = { id, name: title };
      const parsed = parseForm(customerForm.extend({ name: requiredText(200) }), typed, t);
      if (!parsed.ok) return form(t, typed, frame, parsed.errors);
      const { company, notes, ...rest } = parsed.data;
      return unlessTaken(t, typed, frame, async () => {
        await transact(db, (trx) => changeCustomer(trx, id, { ...rest, company: company || null, notes: notes || null }, by, now()));
        return { redirect: `/customers/${id}?done=changed` };
      });
    }),
  ];
}

type Frame = { id?: string; name?: string; isPending?: boolean };

function form(t: PageContext['t'], values: Record<string, string>, frame: Frame, errors?: Record<string, string>): Answer {
  const title = frame.id === undefined ? t('people.new_customer') : t('people.edit_customer');
  const language = values['locale'] ?? 'en';
  const choices = languages.includes(language) ? languages : [...languages, language];
  const data = { form: values, frame, errors, languages: choices.map((code) => ({ code, isCurrent: code === language })), longestNotes };
  return { view: 'customer-form', title, ...(errors ? { status: 422 } : {}), data };
}

/** The form again, with what is wrong at the address, when somebody has it already. */
async function unlessTaken(t: PageContext['t'], typed: Record<string, string>, frame: Frame, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'CONFLICT' && error.field === 'body.email')) throw error;
    return form(t, typed, frame, { email: t('people.error.email_taken') });
  }
}
