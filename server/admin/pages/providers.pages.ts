import { z } from 'zod';
import { providerStates } from '../../ai/breaker/breakers.ts';
import { addProvider, changeProvider, removeProvider, switchProvider, type ProviderInput } from '../../ai/catalog/change-provider.ts';
import { findProvider, listProviders, type ProviderRow } from '../../ai/catalog/catalog.store.ts';
import { environmentProviders } from '../../ai/catalog/environment-providers.ts';
import { loadCatalog } from '../../ai/catalog/load-catalog.ts';
import { parseBaseUrl } from '../../ai/catalog/provider-address.rules.ts';
import { providerKinds, providerName, type ProviderKind, type ProviderSettings } from '../../ai/catalog/provider-settings.rules.ts';
import { settingsOfRow } from '../../ai/catalog/stored-providers.ts';
import { testProvider, type ProviderTest } from '../../ai/catalog/test-provider.ts';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { page, parseForm, requiredText, textField, type Answer, type Page } from '../web/page.ts';
import type { Translate } from '../web/locale.ts';
import { pageNotFound } from '../web/shell.ts';

const doneTexts = ['provider-added', 'provider-changed', 'provider-enabled', 'provider-disabled', 'provider-removed'];
const usualAddress: Record<ProviderKind, string> = { openai: 'https://api.openai.com/v1', anthropic: 'https://api.anthropic.com/v1', deepseek: 'https://api.deepseek.com', 'openai-compatible': 'http://localhost:11434/v1' };

const settingsForm = z
  .object({
    title: requiredText(100),
    kind: z.enum(providerKinds, 'error.required'),
    base_url: textField(500).transform((text, ctx) => {
      if (text === '') return '';
      const parsed = parseBaseUrl(text);
      if ('baseUrl' in parsed) return parsed.baseUrl;
      ctx.addIssue({ code: 'custom', message: parsed.problem });
      return z.NEVER;
    }),
    api_key: textField(500).optional().default(''),
    no_key: z.string().optional(),
    default_model: textField(120).refine((text) => /^[\x21-\x7e]*$/.test(text), 'error.model_name').optional().default(''),
  })
  .refine(({ base_url: url, kind }) => url !== '' || kind !== 'openai-compatible', { path: ['base_url'], error: 'error.required' });
const newForm = settingsForm.safeExtend({ name: providerName }).refine(({ api_key: key, no_key: none }) => key !== '' || none !== undefined, { path: ['api_key'], error: 'error.api_key' });

/** The AI providers: those of the environment, to be looked at, and those that are set up here. */
export function providerPages(deps: Deps): Page[] {
  const { db } = deps;
  return [
    page('get', '/providers', 'providers.read', async ({ query, t }) => {
      const done = doneTexts.find((text) => text === query['done']);
      return list(deps, t, { done: done && t(`done.${done}`) });
    }),

    page('get', '/providers/new', 'providers.write', async ({ t }) => form(t, { isNew: true, form: { kind: 'openai', base_url: '' } })),

    page('post', '/providers/new', 'providers.write', async ({ form: fields, by, t }) => {
      const parsed = parseForm(newForm, fields, t);
      if (!parsed.ok) return form(t, { isNew: true, form: typed(fields), errors: parsed.errors }, 422);
      try {
        await addProvider(deps, parsed.data.name, inputOf(parsed.data), by);
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'CONFLICT') throw error;
        return form(t, { isNew: true, form: typed(fields), errors: { name: t('error.provider_taken') } }, 422);
      }
      return { redirect: '/providers?done=provider-added' };
    }),

    page('get', '/providers/:name', 'providers.read', async ({ params, t }) => {
      const row = (await findProvider(db, params['name'] ?? '')) ?? pageNotFound();
      return form(t, { row: shown(row), form: { ...row, no_key: row.key_cipher === null ? 'on' : undefined } });
    }),

    page('post', '/providers/:name', 'providers.write', async ({ params, form: fields, by, t }) => {
      const row = (await findProvider(db, params['name'] ?? '')) ?? pageNotFound();
      const parsed = parseForm(settingsForm, fields, t);
      if (!parsed.ok) return form(t, { row: shown(row), form: typed(fields), errors: parsed.errors }, 422);
      try {
        await changeProvider(deps, row.name, inputOf(parsed.data), by);
      } catch (error) {
        if (!(error instanceof AppError) || error.field !== 'apiKey') throw error;
        return form(t, { row: shown(row), form: typed(fields), errors: { api_key: t('error.key_again') } }, 422);
      }
      return { redirect: '/providers?done=provider-changed' };
    }),

    page('post', '/providers/:name/test', 'providers.write', async ({ params, t }) => {
      const name = params['name'] ?? '';
      const settings = environmentProviders(deps.config).find((provider) => provider.name === name) ?? (await storedSettings(deps, name));
      const result = await testProvider(settings);
      return list(deps, t, { tested: { works: result.outcome === 'works', text: testText(t, settings, result) } });
    }),

    ...(['enable', 'disable'] as const).map((action) =>
      page('post', `/providers/:name/${action}`, 'providers.write', async ({ params, by }) => {
        await switchProvider(deps, params['name'] ?? '', action === 'enable', by);
        return { redirect: `/providers?done=provider-${action}d` };
      }),
    ),

    page('get', '/providers/:name/remove', 'providers.write', async ({ params, t }) => {
      const row = (await findProvider(db, params['name'] ?? '')) ?? pageNotFound();
      return { view: 'provider-remove', title: t('provider.remove_title', { name: row.title }), data: { row: shown(row) } };
    }),

    page('post', '/providers/:name/remove', 'providers.write', async ({ params, by }) => {
      await removeProvider(deps, params['name'] ?? '', by);
      return { redirect: '/providers?done=provider-removed' };
    }),
  ];
}

async function list(deps: Deps, t: Translate, data: Record<string, unknown>): Promise<Answer> {
  const { db, config } = deps;
  const fromEnvironment = environmentProviders(config);
  const taken = new Set(fromEnvironment.map(({ name }) => name));
  const rows = [
    ...fromEnvironment.map(({ name, title, kind, baseUrl, apiKey, defaultModel }) => ({ name, title, kind, baseUrl, defaultModel, hasKey: apiKey !== undefined, isFixed: true, status: 'enabled' })),
    ...(await listProviders(db)).map((row) => ({ ...shown(row), isFixed: false, isHidden: taken.has(row.name), status: row.is_enabled === 0 ? 'disabled' : 'enabled' })),
  ];
  const failing = new Map(providerStates((await loadCatalog(deps)).upstreams, deps.now()).filter(({ state }) => state !== 'closed').map((health) => [health.name, health]));
  return { view: 'providers', title: t('nav.providers'), data: { rows: rows.map((row) => ({ ...row, health: failing.get(row.name) })), ...data } };
}

function form(t: Translate, data: { isNew?: boolean; row?: ReturnType<typeof shown>; form: Record<string, unknown>; errors?: Record<string, string> }, status = 200): Answer {
  const title = data.row ? t('provider.edit_title', { name: data.row.title }) : t('provider.new_title');
  const kinds = providerKinds.map((code) => ({ code, address: usualAddress[code], isCurrent: code === data.form['kind'] }));
  return { view: 'provider', title, status, data: { ...data, kinds } };
}

/** Of a provider what may be seen: nothing of its key but the ending. */
function shown({ name, title, kind, base_url: baseUrl, default_model: defaultModel, key_cipher: cipher, key_hint: keyHint }: ProviderRow) {
  return { name, title, kind, baseUrl, defaultModel, hasKey: cipher !== null, keyHint };
}

/** What was typed, to be shown again; a key never is. */
function typed({ api_key: _key, ...fields }: Record<string, string>): Record<string, string> {
  return fields;
}

function inputOf({ title, kind, base_url: url, api_key: apiKey, no_key: noKey, default_model: model }: z.output<typeof settingsForm>): ProviderInput {
  const key = apiKey !== '' ? ({ change: 'set', apiKey } as const) : ({ change: noKey === undefined ? 'keep' : 'none' } as const);
  return { title, kind, baseUrl: url === '' ? usualAddress[kind] : url, defaultModel: model === '' ? undefined : model, key };
}

async function storedSettings({ db, vault }: Deps, name: string): Promise<ProviderSettings> {
  return settingsOfRow((await findProvider(db, name)) ?? pageNotFound(), vault);
}

function testText(t: Translate, { title, defaultModel }: ProviderSettings, result: ProviderTest): string {
  const values = { name: title, model: defaultModel, ...('models' in result ? { models: result.models } : {}), ...('status' in result ? { status: result.status } : {}) };
  const more = result.outcome === 'works' && !result.hasDefaultModel ? ` ${t('provider.test.no_default', values)}` : '';
  return t(`provider.test.${result.outcome}`, values) + more;
}
