import { z } from 'zod';
import { locale, personText } from './customer.rules.ts';
import type { Customer } from './customers.store.ts';

/** What may be said of a customer besides the address. */
export const customerFields = {
  name: personText.optional().meta({ description: 'Without one, the part of the address before the @.' }),
  company: personText.optional(),
  locale: locale.optional().meta({ description: 'Language of e-mails; English without one.' }),
};

export const customerShape = z
  .object({ id: z.string(), email: z.string(), name: z.string(), company: z.string().nullable(), locale: z.string(), created_at: z.iso.datetime(), updated_at: z.iso.datetime() })
  .meta({ id: 'Customer' });

/** A customer as the API shows it. */
export function customerBody({ id, email, name, company, locale: language, created_at, updated_at }: Customer): z.input<typeof customerShape> {
  return { id, email, name, company, locale: language, created_at: new Date(created_at).toISOString(), updated_at: new Date(updated_at).toISOString() };
}
