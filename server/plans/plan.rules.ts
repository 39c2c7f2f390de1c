import { z } from 'zod';

/** Of plans, products and modules. It stands in addresses, in answers and in what others have stored, so it never changes; `new` is an address of its own. */
export const catalogCode = z.string().regex(/^(?!new$)[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$/, 'must be 1 to 64 small letters, digits, - or _, begin and end with a letter or digit, and not be "new"');
export const catalogName = z.string().trim().min(1, 'is required').max(120, 'must be at most 120 characters').regex(/^\P{Cc}*$/u, 'must be one line');
export const versionBound = z.string().regex(/^v?\d{1,6}(?:\.\d{1,6}){0,3}$/, 'must be a version such as 2 or 2.4');

const largestNumber = 1_000_000_000;
const count = (least: number) => z.int('must be a whole number').min(least, `must be at least ${least}`).max(largestNumber, 'must be at most 1,000,000,000');
const cents = count(0);

/** A module of a plan; without a version it covers every version. */
const planModule = z.object({ code: catalogCode, max_version: versionBound.nullable().default(null) });

/** What a plan says, its AI limits aside. Prices in the smallest unit of the currency. */
export const planContent = z.object({
  name: catalogName,
  ai_proxy: z.boolean().meta({ description: 'Whether requests to AI models through this server are included.' }),
  max_sites: count(1),
  max_staging_sites: count(0),
  monthly_requests: count(0).meta({ description: 'AI requests of one licence in a calendar month.' }),
  hourly_requests: count(0),
  monthly_price_cents: cents,
  yearly_price_cents: cents,
  currency: z.string().regex(/^[A-Z]{3}$/, 'must be a currency such as EUR').meta({ example: 'EUR' }),
  position: count(0).meta({ description: 'Plans are listed by it, the smallest first.' }),
  modules: z.array(planModule).max(100).refine((modules) => new Set(modules.map(({ code }) => code)).size === modules.length, 'must name each module once'),
});
export type PlanContent = z.output<typeof planContent>;

/** Fields whose change touches licences that are there, and what it does to them; `key` is the name of a text. */
type PlanEffect = { field: keyof PlanContent; key: string };

/** What a change of a plan means for the licences that have it, in the order in which people ask. Nothing: they do not notice. */
export function effectsOf(before: PlanContent, after: PlanContent): PlanEffect[] {
  const effects: PlanEffect[] = [];
  const versions = (content: PlanContent) => new Map(content.modules.map(({ code, max_version }) => [code, max_version]));
  const [had, has] = [versions(before), versions(after)];
  if (before.ai_proxy !== after.ai_proxy) effects.push({ field: 'ai_proxy', key: after.ai_proxy ? 'ai_on' : 'ai_off' });
  if (after.max_sites !== before.max_sites) effects.push({ field: 'max_sites', key: after.max_sites < before.max_sites ? 'sites_fewer' : 'sites_more' });
  if (after.max_staging_sites !== before.max_staging_sites) effects.push({ field: 'max_staging_sites', key: after.max_staging_sites < before.max_staging_sites ? 'sites_fewer' : 'sites_more' });
  for (const field of ['monthly_requests', 'hourly_requests'] as const) if (after[field] !== before[field]) effects.push({ field, key: after[field] < before[field] ? 'requests_fewer' : 'requests_more' });
  if ([...had].some(([code, version]) => !has.has(code) || (has.get(code) ?? null) !== version)) effects.push({ field: 'modules', key: 'modules_lost' });
  else if (has.size > had.size) effects.push({ field: 'modules', key: 'modules_won' });
  if (after.monthly_price_cents !== before.monthly_price_cents || after.yearly_price_cents !== before.yearly_price_cents || after.currency !== before.currency) effects.push({ field: 'monthly_price_cents', key: 'prices' });
  return effects;
}
