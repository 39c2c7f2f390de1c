import { z } from 'zod';
import { customerFields } from '../customers/customer-body.ts';
import { emailAddress } from '../customers/customer.rules.ts';
import type { GrantInput } from './grant-license.ts';
import { siteOf } from './site-of.ts';

/** The newest version that a licence covers. */
export const versionLimit = z.string().max(32).regex(/^\d{1,9}(\.\d{1,9}){0,3}$/, 'must be a version such as 2 or 2.5');

/** What a licence given by hand is asked for with, by the API and by the command line. */
export const grantRequest = z
  .object({
    email: emailAddress,
    ...customerFields,
    plan: z.string().min(1).max(64).meta({ description: 'Code of the plan: starter, pro or agency.', example: 'pro' }),
    months: z.int().min(1).max(120).nullish().meta({ description: 'Calendar months from now, 1 to 120. Required unless `perpetual`.', example: 12 }),
    perpetual: z.boolean().default(false).meta({ description: 'The licence never expires.' }),
    domain: z.string().max(2_000).optional().meta({ description: 'Site that gets its slot at once. A licence for one site is locked to it.', example: 'https://shop.example.com' }),
    product: z.string().min(1).max(64).optional().meta({ description: 'Product code; `chatello` without one.', example: 'chatello' }),
    send_email: z.boolean().default(false).meta({ description: 'Sends the key to the customer by e-mail.' }),
    max_sites: z.int().min(1).max(100_000).optional().meta({ description: 'Instead of the number of the plan.' }),
    max_version: versionLimit.optional().meta({ example: '2.5', description: 'The newest version that the licence covers; without one, all.' }),
  })
  .refine(({ months, perpetual }) => perpetual || (months !== undefined && months !== null), { path: ['months'], error: 'is required, from 1 to 120, unless the licence is perpetual' })
  .refine(({ months, perpetual }) => !perpetual || months === undefined || months === null, { path: ['months'], error: 'must be left out when the licence is perpetual' });

/** The request in the terms of grantLicense. Throws INVALID_REQUEST for a domain that is no site. */
export function grantInput({ email, name, company, locale, plan, months, domain, product, max_sites: maxSites, max_version: maxVersion }: z.output<typeof grantRequest>): GrantInput {
  const site = domain === undefined ? undefined : siteOf(domain);
  return { customer: { email, name, company, locale }, plan, months: months ?? null, product, site, maxSites, maxVersion };
}
