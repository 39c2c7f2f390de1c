import { z } from 'zod';
import { catalogCode, versionBound, type PlanContent } from '../plans/plan.rules.ts';
import { requiredText } from './web/page.ts';

const largest = 1_000_000_000;
const wholeNumber = (least: number) =>
  z.string({ error: 'error.required' }).trim().regex(/^\d{1,10}$/, 'error.whole_number').transform(Number).refine((count) => count >= least && count <= largest, least === 0 ? 'error.whole_number' : 'plan_edit.error_least');
const price = z.string({ error: 'error.required' }).trim().regex(/^\d{1,7}(?:[.,]\d{1,2})?$/, 'plan_edit.error_price').transform((text) => Math.round(Number(text.replace(',', '.')) * 100));

/** The code of something that is added. */
export const codeField = z.string({ error: 'error.required' }).trim().toLowerCase().refine((code) => catalogCode.safeParse(code).success, 'plan_edit.error_code');

/** The form of a plan, its code aside. The currency has two decimals, as the columns hold cents. */
export const planFields = z.object({
  name: requiredText(120),
  ai_proxy: z.string().optional().transform((value) => value !== undefined),
  max_sites: wholeNumber(1),
  max_staging_sites: wholeNumber(0),
  monthly_requests: wholeNumber(0),
  hourly_requests: wholeNumber(0),
  monthly_price: price,
  yearly_price: price,
  currency: z.string({ error: 'error.required' }).trim().toUpperCase().regex(/^[A-Z]{3}$/, 'plan_edit.error_currency'),
  position: wholeNumber(0),
});

/** What a form says of a plan, once its fields have been checked. */
export function contentOf({ monthly_price, yearly_price, ...fields }: z.output<typeof planFields>, modules: PlanContent['modules']): PlanContent {
  return { ...fields, monthly_price_cents: monthly_price, yearly_price_cents: yearly_price, modules };
}

/** A plan as its form shows it. */
export function fieldsOf(content: PlanContent): Record<string, string> {
  const { name, max_sites, max_staging_sites, monthly_requests, hourly_requests, currency, position } = content;
  return {
    name, currency,
    max_sites: String(max_sites), max_staging_sites: String(max_staging_sites), monthly_requests: String(monthly_requests), hourly_requests: String(hourly_requests), position: String(position),
    monthly_price: (content.monthly_price_cents / 100).toFixed(2), yearly_price: (content.yearly_price_cents / 100).toFixed(2),
    ...(content.ai_proxy ? { ai_proxy: 'on' } : {}),
    ...Object.fromEntries(content.modules.flatMap(({ code, max_version: version }) => [[`module.${code}`, 'on'], [`version.${code}`, version ?? '']])),
  };
}

/** The modules that are ticked in a form, with their versions. `problems` has the key of a text for each version that is none. */
export function modulesFromFields(form: Record<string, string>, codes: string[]): { modules: PlanContent['modules']; problems: Record<string, string> } {
  const problems: Record<string, string> = {};
  const modules = codes.filter((code) => form[`module.${code}`] !== undefined).map((code) => {
    const version = (form[`version.${code}`] ?? '').trim();
    if (version !== '' && !versionBound.safeParse(version).success) problems[`version.${code}`] = 'modules.error_version';
    return { code, max_version: version === '' ? null : version };
  });
  return { modules, problems };
}
