import { z } from 'zod';
import { locale, personText } from './customer.rules.ts';
import type { Customer } from './customers.store.ts';

/** The customer in the path. */
export const customerParams = z.object({ id: z.string().max(64).meta({ description: 'The `id` of the customer, as `customer.id` in the answer of /api/create_license.', example: '01a1fdfd-2f56-7160-aec7-9a074e78721c' }) });

/** What may be said of a customer besides the address. */
export const customerFields = {
  name: personText.optional().meta({ description: 'Without one, the part of the address before the @.', example: 'Anna Bianchi' }),
  company: personText.optional().meta({ example: 'Bianchi Srl' }),
  locale: locale.optional().meta({ description: 'Language of e-mails; English without one.' }),
};

export const customerShape = z
  .object({
    id: z.string().meta({ example: '01a1fdfd-2f56-7160-aec7-9a074e78721c' }), email: z.string().meta({ example: 'anna@example.com' }), name: z.string().meta({ example: 'Anna Bianchi' }),
    company: z.string().nullable().meta({ example: 'Bianchi Srl' }), locale: z.string().meta({ example: 'it' }), created_at: z.iso.datetime(), updated_at: z.iso.datetime() })
  .meta({ id: 'Customer' });

/** A customer as the API shows it. */
export function customerBody({ id, email, name, company, locale: language, created_at, updated_at }: Customer): z.input<typeof customerShape> {
  return { id, email, name, company, locale: language, created_at: new Date(created_at).toISOString(), updated_at: new Date(updated_at).toISOString() };
}
