import { emailAddress, locale, personText } from '../customers/customer.rules.ts';
import { lookupKey } from '../licenses/license-key.rules.ts';
import { isStagingSite, normalizeSite, type Site } from '../licenses/site.rules.ts';
import type { ImportField } from './import-fields.rules.ts';
import { guessStatus, isNever, parseMoment, parseSiteLimit, plainValue, splitSites, type ImportedStatus } from './import-values.rules.ts';
import type { Mapping } from './mapping.rules.ts';

type PlanFacts = { id: string; code: string; name: string; max_sites: number; max_staging_sites: number };
type ProductFacts = { id: string; code: string; name: string };

/** What the words of a file are held against. `organizations`: id or plain name -> id. */
export type ImportContext = { plans: PlanFacts[]; products: ProductFacts[]; organizations: Map<string, string>; defaultProductCode: string };

export type ImportedLicense = { key: string | undefined; plan: PlanFacts; product: ProductFacts; status: Exclude<ImportedStatus, 'expired'>; createdAt: number; expiresAt: number | null; maxSites: number | null; sites: Site[] };
export type ImportLine = { customer: { email: string; name?: string; company?: string; locale?: string; organizationId?: string }; license?: ImportedLicense };
export type LineProblem = { field: ImportField; code: string };

const mostSites = 500;

/** What a line of a file says, or the first thing that is wrong with it. */
export function readImportLine(cells: string[], mapping: Mapping, context: ImportContext, now: number): ImportLine | { problem: LineProblem } {
  const cell = (field: ImportField) => {
    const column = mapping.columns[field];
    return column === undefined ? '' : (cells[column] ?? '').trim();
  };
  const customer = readCustomer(cell, context);
  if ('problem' in customer || mapping.kind === 'customers') return 'problem' in customer ? customer : { customer };
  const license = readLicense(cell, mapping, context, now);
  return 'problem' in license ? license : { customer, license };
}

type Cell = (field: ImportField) => string;

function readCustomer(cell: Cell, { organizations }: ImportContext): ImportLine['customer'] | { problem: LineProblem } {
  const email = cell('email');
  if (email === '') return refused('email', 'email_missing');
  if (!emailAddress.safeParse(email).success) return refused('email', 'email_invalid');
  const name = cell('name') || [cell('first_name'), cell('last_name')].filter((part) => part !== '').join(' ');
  for (const [field, text] of [['name', name], ['company', cell('company')]] as const) {
    if (text !== '' && !personText.safeParse(text).success) return refused(field, 'text_invalid');
  }
  const language = cell('locale').replace('_', '-');
  if (language !== '' && !locale.safeParse(language).success) return refused('locale', 'locale_invalid');
  const organization = cell('organization');
  const organizationId = organizations.get(plainValue(organization));
  if (organization !== '' && organizationId === undefined) return refused('organization', 'organization_unknown');
  return {
    email,
    ...(name === '' ? {} : { name }),
    ...(cell('company') === '' ? {} : { company: cell('company') }),
    ...(language === '' ? {} : { locale: language }),
    ...(organizationId === undefined ? {} : { organizationId }),
  };
}

function readLicense(cell: Cell, mapping: Mapping, context: ImportContext, now: number): ImportedLicense | { problem: LineProblem } {
  const key = cell('key');
  if (key === '' && !mapping.newKeys) return refused('key', 'key_missing');
  if (key !== '' && lookupKey(key) === undefined) return refused('key', 'key_invalid');
  const plan = named(cell('plan'), context.plans, mapping.plan, mapping.defaultPlan);
  if (!plan) return refused('plan', cell('plan') === '' ? 'plan_missing' : 'plan_unknown');
  const product = named(cell('product'), context.products, mapping.product, mapping.defaultProduct ?? (mapping.columns.product === undefined ? context.defaultProductCode : undefined));
  if (!product) return refused('product', cell('product') === '' ? 'product_missing' : 'product_unknown');
  const word = plainValue(cell('status'));
  const status = mapping.status[word] ?? guessStatus(word);
  if (status === undefined) return refused('status', 'status_unknown');
  const expiresAt = isNever(cell('expires')) ? null : parseMoment(cell('expires'), { isDayFirst: mapping.isDayFirst, end: true });
  if (expiresAt === undefined) return refused('expires', 'date_invalid');
  if (status === 'expired' && (expiresAt === null || expiresAt > now)) return refused('expires', 'expired_without_end');
  const createdAt = isNever(cell('created')) ? Math.min(now, expiresAt ?? now) : parseMoment(cell('created'), { isDayFirst: mapping.isDayFirst });
  if (createdAt === undefined) return refused('created', 'date_invalid');
  if (createdAt > now) return refused('created', 'created_in_future');
  if (expiresAt !== null && expiresAt < createdAt) return refused('expires', 'ends_before_begin');
  const maxSites = parseSiteLimit(cell('max_sites'));
  if (maxSites === undefined) return refused('max_sites', 'number_invalid');
  const sites = new Map<string, Site>();
  for (const address of splitSites(cell('sites'))) {
    const site = normalizeSite(address);
    if (!site) return refused('sites', 'site_invalid');
    sites.set(site.site, site);
  }
  const staging = [...sites.values()].filter((site) => isStagingSite(site)).length;
  if (sites.size > mostSites || sites.size - staging > (maxSites ?? plan.max_sites) || staging > plan.max_staging_sites) return refused('sites', 'sites_too_many');
  return { key: key === '' ? undefined : key, plan, product, status: status === 'expired' ? 'active' : status, createdAt, expiresAt, maxSites, sites: [...sites.values()] };
}

/** What a word means by the mapping, or by itself; without a word the default. */
function named<Thing extends { code: string; name: string }>(text: string, things: Thing[], meanings: Record<string, string>, otherwise: string | undefined): Thing | undefined {
  const word = plainValue(text);
  const code = word === '' ? otherwise : (meanings[word] ?? things.find((thing) => plainValue(thing.code) === word || plainValue(thing.name) === word)?.code);
  return things.find((thing) => thing.code === code);
}

function refused(field: ImportField, code: string): { problem: LineProblem } {
  return { problem: { field, code } };
}
