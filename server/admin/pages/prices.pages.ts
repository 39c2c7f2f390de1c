import { addPriceVersion } from '../../ai/catalog/add-price-version.ts';
import { listPrices, listPriceVersions, type PriceVersionRow } from '../../ai/catalog/catalog.store.ts';
import { dollarsOf } from '../../usage/dollars.rules.ts';
import type { ModelPrice } from '../../ai/catalog/find-price.rules.ts';
import { refreshCatalog } from '../../ai/catalog/load-catalog.ts';
import { keyOf, priceChanges, pricesFromCsv, pricesToCsv, readLine, type PriceChange } from '../../ai/catalog/price-csv.rules.ts';
import type { PriceLine } from '../../ai/catalog/price-version.rules.ts';
import { priceOfRow } from '../../ai/catalog/stored-providers.ts';
import type { Db } from '../../db/database.ts';
import { may } from '../../access/access.rules.ts';
import type { Deps } from '../../deps.ts';
import { page, type Answer, type Page, type SignedInContext } from '../web/page.ts';
import type { Translate } from '../web/locale.ts';
import { pageNotFound } from '../web/shell.ts';

/** A whole table is as long as a hundred models. */
const linesShown = 25;
const versionsShown = 50;
const problemsShown = 10;
const changesShown = 200;
const noteLength = 500;
const longestCsv = 900_000;
const rateNames = ['input', 'cachedInput', 'cacheWrite', 'output', 'reasoning', 'characters', 'audioMinute'] as const;

/** The price tables: the one in force, those before and after it, and new ones. */
export function pricePages(deps: Deps): Page[] {
  const { db, now } = deps;
  return [
    page('get', '/prices', 'providers.read', async ({ query, role, t }) => {
      const versions = await statedVersions(db, now());
      const current = versions.find(({ version }) => version === query['version']) ?? versions.find(({ state }) => state === 'in-force');
      const q = (query['q'] ?? '').trim().toLowerCase().slice(0, 120);
      const prices = current ? await tableOf(db, current.version) : [];
      const rows = prices.filter(({ provider, model }) => `${provider}/${model}`.toLowerCase().includes(q)).map((price) => ({ ...shown(price), isChangeable: current?.state === 'in-force' && may(role, 'providers.write') }));
      const done = query['done'] === 'prices-added' ? t('done.prices-added') : undefined;
      const shortened = query['all'] === undefined && rows.length > linesShown;
      const all = shortened ? { count: rows.length, href: `/prices?${new URLSearchParams({ version: current?.version ?? '', q, all: '1' }).toString()}` } : undefined;
      return { view: 'prices', title: t('nav.prices'), data: { current, rows: shortened ? rows.slice(0, linesShown) : rows, all, q, versions: versions.toReversed().slice(0, versionsShown), done } };
    }),

    page('get', '/prices/:version/csv', 'providers.read', async ({ params }) => {
      const version = (await listPriceVersions(db)).find((row) => row.version === params['version']) ?? pageNotFound();
      return { download: `prices-${version.version}.csv`, type: 'text/csv; charset=utf-8', body: pricesToCsv(await tableOf(db, version.version)) };
    }),

    page('get', '/prices/change', 'providers.write', async ({ query, t }) => {
      const prices = await tableAt(db, now());
      const key = query['model'] === undefined ? undefined : keyOf({ provider: query['provider'] ?? '', model: query['model'], serviceTier: query['service_tier'] ?? 'default', minInputTokens: Number(query['min_input_tokens'] ?? 0) });
      const known = prices.find((price) => keyOf(price) === key);
      const given = { provider: query['provider'] ?? '', model: query['model'] ?? '', service_tier: 'default', min_input_tokens: '0' };
      return changeForm(t, { isKnown: known !== undefined, form: known ? fieldsOf(known) : given }, await providersOf(db));
    }),

    page('post', '/prices/change', 'providers.write', async ({ form, by, t }) => {
      const at = now();
      const begins = momentOf(form['valid_from'], at);
      const read = readLine(form);
      const errors: Record<string, string> = { ...('problem' in read ? { [read.field]: t(read.problem) } : {}), ...(begins === undefined ? { valid_from: t('error.moment') } : {}), ...noteProblem(form, t) };
      const isRemoval = form['remove'] === 'yes';
      if ('problem' in read || begins === undefined || Object.keys(errors).length > 0) return changeForm(t, { isKnown: isRemoval, form, errors }, await providersOf(db), 422);
      const before = await tableAt(db, begins);
      const prices = [...before.filter((price) => keyOf(price) !== keyOf(read.price)), ...(isRemoval ? [] : [read.price])];
      const basis = prices.some((price) => keyOf(price) === keyOf({ ...read.price, serviceTier: 'default', minInputTokens: 0 }));
      const hasOthers = prices.some(({ provider, model }) => provider === read.price.provider && model === read.price.model);
      if (hasOthers && !basis) return changeForm(t, { isKnown: isRemoval, form, errors: { service_tier: t('error.price_without_default') } }, await providersOf(db), 422);
      if (prices.length === 0) return changeForm(t, { isKnown: true, form, errors: { model: t('error.price_empty') } }, await providersOf(db), 422);
      const note = (form['note'] ?? '').trim() || `${isRemoval ? '−' : before.length === prices.length ? '±' : '+'} ${read.price.provider}/${read.price.model}`;
      await addPriceVersion(db, { validFrom: begins, note, prices }, by, at);
      await refreshCatalog(deps);
      return { redirect: '/prices?done=prices-added' };
    }),

    page('get', '/prices/new', 'providers.write', async ({ query, t }) => {
      const versions = await statedVersions(db, now());
      const source = versions.find(({ version }) => version === query['from']) ?? versions.find(({ state }) => state === 'in-force');
      const csv = source ? pricesToCsv(await tableOf(db, source.version)) : '';
      return { view: 'prices-new', title: t('prices.new_title'), data: { form: { csv }, source: source?.version, noteLength } };
    }),

    page('post', '/prices/new', 'providers.write', (context) => newTable(deps, context)),
  ];
}

/** First shows what would change, then adds the table. */
async function newTable(deps: Deps, { form, by, t }: SignedInContext): Promise<Answer> {
  const { db, now } = deps;
  const at = now();
  const begins = momentOf(form['valid_from'], at);
  const csv = (form['csv'] ?? '').slice(0, longestCsv);
  const read = pricesFromCsv(csv);
  const problems = 'problems' in read ? read.problems.slice(0, problemsShown).map(({ line, text }) => t('prices.problem', { line, text: t(text) })) : [];
  const errors = { ...(begins === undefined ? { valid_from: t('error.moment') } : {}), ...noteProblem(form, t) };
  if ('problems' in read || begins === undefined || Object.keys(errors).length > 0) return { view: 'prices-new', title: t('prices.new_title'), status: 422, data: { form: { ...form, csv }, problems, errors, noteLength } };
  if (form['step'] !== 'save') {
    const changes = priceChanges(await tableAt(db, begins), read.prices);
    const later = (await listPriceVersions(db)).find(({ valid_from: from }) => from > begins);
    const counts = Object.fromEntries((['added', 'changed', 'removed'] as const).map((kind) => [kind, changes.filter((change) => change.kind === kind).length]));
    return { view: 'prices-check', title: t('prices.check_title'), data: { form: { csv, note: form['note'], valid_from: form['valid_from'] }, begins, isNow: begins === at, later, counts, lines: read.prices.length, changes: changes.slice(0, changesShown).map(shownChange), isCut: changes.length > changesShown } };
  }
  const note = (form['note'] ?? '').trim();
  await addPriceVersion(db, { validFrom: begins, note: note === '' ? undefined : note, prices: read.prices }, by, at);
  await refreshCatalog(deps);
  return { redirect: '/prices?done=prices-added' };
}

function changeForm(t: Translate, data: { isKnown: boolean; form: Record<string, unknown>; errors?: Record<string, string> }, providers: string[], status = 200): Answer {
  return { view: 'price', title: data.isKnown ? t('prices.change_title') : t('prices.add_title'), status, data: { ...data, providers, noteLength } };
}

type Stated = PriceVersionRow & { state: 'past' | 'in-force' | 'upcoming' };

async function statedVersions(db: Db, now: number): Promise<Stated[]> {
  const versions = await listPriceVersions(db);
  const inForce = versions.findLastIndex(({ valid_from: from }) => from <= now);
  return versions.map((row, index) => ({ ...row, state: index < inForce ? 'past' : index === inForce ? 'in-force' : 'upcoming' }));
}

async function tableOf(db: Db, version: string): Promise<ModelPrice[]> {
  return (await listPrices(db, version)).map(priceOfRow);
}

/** The table that is in force at a moment, as things stand. */
async function tableAt(db: Db, at: number): Promise<ModelPrice[]> {
  const version = (await listPriceVersions(db)).findLast(({ valid_from: from }) => from <= at);
  return version ? tableOf(db, version.version) : [];
}

/** Names to choose from: those that have prices, and those that are set up. */
async function providersOf(db: Db): Promise<string[]> {
  const rows = await db.selectFrom('ai_providers').select('name').execute();
  return [...new Set(['openai', 'anthropic', 'deepseek', 'openai-compatible', ...rows.map(({ name }) => name)])];
}

/** A line as it is shown and sent back: amounts in dollars. */
function fieldsOf({ provider, model, serviceTier, minInputTokens, ...rates }: PriceLine): Record<string, string> {
  const dollars = (amount: number | null) => (amount === null ? '' : dollarsOf(amount));
  return {
    provider, model, service_tier: serviceTier, min_input_tokens: String(minInputTokens),
    input: dollars(rates.input), cached_input: dollars(rates.cachedInput), cache_write: dollars(rates.cacheWrite), output: dollars(rates.output), reasoning: dollars(rates.reasoning), characters: dollars(rates.characters), audio_minute: dollars(rates.audioMinute),
  };
}

function shown(price: ModelPrice) {
  const fields = fieldsOf(price);
  const href = `/prices/change?${new URLSearchParams({ provider: price.provider, model: price.model, service_tier: price.serviceTier, min_input_tokens: String(price.minInputTokens) }).toString()}`;
  return { ...fields, href, minInputTokens: price.minInputTokens, isDefaultTier: price.serviceTier === 'default' };
}

function shownChange({ kind, before, after }: PriceChange) {
  const { provider = '', model = '', serviceTier = 'default', minInputTokens = 0 } = after ?? before ?? {};
  const amounts = (line: PriceLine | undefined) => line && rateNames.map((name) => (line[name] === null ? '–' : dollarsOf(line[name]))).join(' · ').replace(/( · –)+$/, '');
  return { kind, name: `${provider}/${model}`, tier: serviceTier === 'default' ? undefined : serviceTier, minInputTokens, before: amounts(before), after: amounts(after) };
}

/** A moment as a field of the browser has it, in UTC; without one it is now. Undefined for what is none. */
function momentOf(text: string | undefined, now: number): number | undefined {
  const entered = (text ?? '').trim();
  if (entered === '') return now;
  const moment = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(entered) ? Date.parse(`${entered}Z`) : Number.NaN;
  return Number.isNaN(moment) || moment > Date.UTC(2100, 0) ? undefined : Math.max(moment, now);
}

function noteProblem({ note = '' }: Record<string, string>, t: Translate): Record<string, string> {
  return note.length > noteLength ? { note: t('error.too_long') } : {};
}
