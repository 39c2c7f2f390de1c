import { saveAlias } from '../../ai/catalog/change-alias.ts';
import { findPrice, pricesAt } from '../../ai/catalog/find-price.rules.ts';
import { loadCatalog, type AliasTarget, type Catalog } from '../../ai/catalog/load-catalog.ts';
import type { Deps } from '../../deps.ts';
import { page, type Answer, type Page } from '../web/page.ts';
import type { Translate } from '../web/locale.ts';
import { pageNotFound } from '../web/shell.ts';

const doneTexts = ['alias-saved', 'alias-removed'];
const aliasName = /^[a-z0-9][a-z0-9._-]{0,59}$/;
const modelName = /^[\x21-\x7e]{1,120}$/;
const mostTargets = 10;
const spareRows = 2;

type Row = { order: string; provider: string; model: string };

/** The names under which models are offered that somebody else may answer for tomorrow. */
export function aliasPages(deps: Deps): Page[] {
  return [
    page('get', '/aliases', 'providers.read', async ({ query, t }) => {
      const catalog = await loadCatalog(deps);
      const done = doneTexts.find((text) => text === query['done']);
      const rows = [...catalog.aliases].map(([alias, targets]) => ({ alias, targets: targets.map((target, index) => ({ ...target, number: index + 1, state: stateOf(catalog, target, deps.now()) })) }));
      return { view: 'aliases', title: t('nav.aliases'), data: { rows, done: done && t(`done.${done}`) } };
    }),

    page('get', '/aliases/new', 'providers.write', async ({ t }) => form(await loadCatalog(deps), t, { alias: '', rows: [] })),
    page('get', '/aliases/:alias', 'providers.read', async ({ params, t }) => {
      const catalog = await loadCatalog(deps);
      const alias = params['alias'] ?? '';
      const targets = catalog.aliases.get(alias) ?? pageNotFound();
      return form(catalog, t, { alias, isKnown: true, rows: targets.map((target, index) => ({ order: String(index + 1), ...target })) });
    }),

    page('post', '/aliases/new', 'providers.write', async ({ form: fields, by, t }) => {
      const catalog = await loadCatalog(deps);
      const alias = (fields['alias'] ?? '').trim().toLowerCase();
      const rows = rowsOf(fields);
      const problem = catalog.aliases.has(alias) ? 'error.alias_taken' : aliasName.test(alias) ? undefined : 'error.alias_name';
      const problems = { ...problemsOf(rows, t), ...(problem ? { alias: t(problem) } : {}) };
      if (Object.keys(problems).length > 0) return form(catalog, t, { alias, rows }, problems);
      await saveAlias(deps, alias, targetsOf(rows), by);
      return { redirect: '/aliases?done=alias-saved' };
    }),

    page('post', '/aliases/:alias', 'providers.write', async ({ params, form: fields, by, t }) => {
      const catalog = await loadCatalog(deps);
      const alias = params['alias'] ?? '';
      if (!catalog.aliases.has(alias)) return pageNotFound();
      const rows = rowsOf(fields);
      const problems = problemsOf(rows, t);
      if (Object.keys(problems).length > 0) return form(catalog, t, { alias, isKnown: true, rows }, problems);
      await saveAlias(deps, alias, targetsOf(rows), by);
      return { redirect: '/aliases?done=alias-saved' };
    }),

    page('post', '/aliases/:alias/remove', 'providers.write', async ({ params, by }) => {
      await saveAlias(deps, params['alias'] ?? '', [], by);
      return { redirect: '/aliases?done=alias-removed' };
    }),
  ];
}

function form(catalog: Catalog, t: Translate, { alias, isKnown = false, rows }: { alias: string; isKnown?: boolean; rows: Row[] }, errors?: Record<string, string>): Answer {
  const filled = rows.length > 0 ? rows : [];
  const spare = Array.from({ length: Math.min(spareRows, mostTargets - filled.length) }, (_, index): Row => ({ order: String(filled.length + index + 1), provider: '', model: '' }));
  const names = new Set([...catalog.upstreams.map(({ name }) => name), 'openai', 'anthropic', 'deepseek', ...filled.map(({ provider }) => provider)]);
  names.delete('');
  const numbered = [...filled, ...spare].map((row, index) => ({ ...row, index, providers: [...names].map((name) => ({ name, isCurrent: name === row.provider })) }));
  return { view: 'alias', title: isKnown ? t('alias.edit_title', { alias }) : t('alias.new_title'), status: errors ? 422 : 200, data: { alias, isKnown, rows: numbered, errors } };
}

/** The rows in which something was entered, in the order that their numbers say. */
function rowsOf(fields: Record<string, string>): Row[] {
  const rows = Array.from({ length: mostTargets }, (_, index): Row => ({ order: (fields[`order.${index}`] ?? '').trim(), provider: (fields[`provider.${index}`] ?? '').trim(), model: (fields[`model.${index}`] ?? '').trim() }));
  return rows.filter(({ model }) => model !== '').sort((a, b) => (Number(a.order) || mostTargets) - (Number(b.order) || mostTargets));
}

function problemsOf(rows: Row[], t: Translate): Record<string, string> {
  if (rows.length === 0) return { targets: t('error.alias_empty') };
  const names = rows.map(({ provider, model }) => `${provider}/${model}`);
  if (new Set(names).size !== names.length) return { targets: t('error.alias_twice') };
  return rows.every(({ provider, model }) => /^[a-z][a-z0-9-]{0,39}$/.test(provider) && modelName.test(model)) ? {} : { targets: t('error.alias_target') };
}

function targetsOf(rows: Row[]): AliasTarget[] {
  return rows.map(({ provider, model }) => ({ provider, model }));
}

/** Whether a target can answer just now. */
function stateOf(catalog: Catalog, { provider, model }: AliasTarget, now: number): string {
  const upstream = catalog.upstreams.find(({ name }) => name === provider);
  if (!upstream) return 'not-set-up';
  return !upstream.needsPrice || findPrice(pricesAt(catalog.priceTables, now), { provider, kind: upstream.kind, model }) ? 'ready' : 'no-price';
}
