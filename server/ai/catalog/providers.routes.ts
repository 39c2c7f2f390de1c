import { z } from 'zod';
import type { Db } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { adminRead } from '../../http/admin-route.ts';
import { adminCall, adminWrite } from '../../http/admin-write.ts';
import type { Route } from '../../http/route.ts';
import { getProviderBody, providerBodies, providerShape } from './catalog-body.ts';
import { findProvider } from './catalog.store.ts';
import { addProvider, changeProvider, removeProvider, switchProvider, type ProviderInput } from './change-provider.ts';
import { holdProvider } from './hold-catalog.store.ts';
import { refreshCatalog } from './load-catalog.ts';
import { parseBaseUrl } from './provider-address.rules.ts';
import { providerKinds } from './provider-settings.rules.ts';
import { settingsOfRow } from './stored-providers.ts';
import { testProvider } from './test-provider.ts';

const tag = 'AI';
const scope = 'providers.write';
const name = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be a short name such as openai').refine((text) => text !== 'demo' && text !== 'chatello', 'means something else already').meta({ example: 'openai' });
const params = z.object({ name: z.string().min(1).max(40).meta({ description: 'The `name` of the provider.', example: 'openai' }) });
const settings = z.object({
  title: z.string().trim().min(1, 'must not be empty').max(100).regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must be one line of text').meta({ example: 'OpenAI' }),
  kind: z.enum(providerKinds),
  base_url: z.string().max(500).refine((text) => 'baseUrl' in parseBaseUrl(text), 'is not an address that a provider can be at').meta({ example: 'https://api.openai.com/v1' }),
  default_model: z.string().regex(/^[\x21-\x7e]{1,120}$/, 'must be the name of a model').nullable().default(null),
  api_key: z.string().regex(/^[\x21-\x7e]{1,500}$/, 'must be a key').nullable().optional().meta({ description: 'Never shown again. Null: the server wants none. Nothing: the one that is there stays, while the address is the same.' }),
});
const answer = { 200: { description: 'The provider as it is now.', schema: providerShape } };

/** The AI providers that are set up here. */
export function providerRoutes(deps: Deps): Route[] {
  const afterCommit = () => refreshCatalog(deps);
  const current = { hold: (trx: Db, { name: wanted = '' }: Record<string, string>) => holdProvider(trx, wanted), read: (db: Db, { name: wanted = '' }: Record<string, string>) => getProviderBody(db, wanted) };

  const list = adminRead(deps, { path: '/api/v1/providers', operationId: 'listProviders', tag, scope: 'providers.read', summary: 'List the AI providers', description: 'In the order in which they are preferred. Those of the environment are not among them.', answer: z.object({ data: z.array(providerShape), next_cursor: z.null() }) }, async () => ({ data: await providerBodies(deps.db), next_cursor: null }));
  const read = adminRead(deps, { path: '/api/v1/providers/:name', operationId: 'readProvider', tag, scope: 'providers.read', summary: 'Read one provider', params, answer: providerShape }, ({ params: { name: wanted } }) => getProviderBody(deps.db, wanted));

  const add = adminWrite(
    deps,
    { method: 'post', path: '/api/v1/providers', operationId: 'addProvider', tag, scope, summary: 'Set up a provider', body: settings.extend({ name }), responses: { 201: answer[200] }, errors: ['CONFLICT'] },
    async ({ body, caller, deps: inside, trx }) => {
      await addProvider(inside, body.name, inputOf(body, 'none'), caller.by);
      return { status: 201, body: await getProviderBody(trx, body.name), afterCommit };
    },
  );

  const change = adminWrite(
    deps,
    { method: 'put', path: '/api/v1/providers/:name', operationId: 'changeProvider', tag, scope, summary: 'Change a provider', params, body: settings, responses: answer, current },
    async ({ params: { name: wanted }, body, caller, deps: inside, trx }) => {
      try {
        await changeProvider(inside, wanted, inputOf(body, 'keep'), caller.by);
      } catch (error) {
        if (!(error instanceof AppError) || error.field !== 'apiKey') throw error;
        throw new AppError('INVALID_REQUEST', 'body.api_key: send the key again, since the address is another one', { field: 'body.api_key', cause: error });
      }
      return { body: await getProviderBody(trx, wanted), afterCommit };
    },
  );

  const remove = adminWrite(
    deps,
    { method: 'delete', path: '/api/v1/providers/:name', operationId: 'removeProvider', tag, scope, summary: 'Forget a provider and its key', params, responses: { 200: { description: 'Forgotten.', schema: z.object({ name: z.string(), deleted: z.literal(true) }) } }, current },
    async ({ params: { name: wanted }, caller, deps: inside }) => {
      await removeProvider(inside, wanted, caller.by);
      return { body: { name: wanted, deleted: true }, afterCommit };
    },
  );

  const switched = (action: 'enable' | 'disable') =>
    adminWrite(deps, { method: 'post', path: `/api/v1/providers/:name/${action}`, operationId: `${action}Provider`, tag, scope, summary: action === 'enable' ? 'Switch a provider on' : 'Switch a provider off', params, responses: answer }, async ({ params: { name: wanted }, caller, deps: inside, trx }) => {
      await switchProvider(inside, wanted, action === 'enable', caller.by);
      return { body: await getProviderBody(trx, wanted), afterCommit };
    });

  const test = adminCall(
    deps,
    { method: 'post', path: '/api/v1/providers/:name/test', operationId: 'testProvider', tag, scope, summary: 'Ask a provider for its models', params, responses: { 200: { description: 'How it answered; `works` or what was wrong.', schema: z.object({ outcome: z.string().meta({ example: 'works' }), models: z.int().nullable(), status: z.int().nullable() }) } } },
    async ({ params: { name: wanted } }) => {
      const row = await findProvider(deps.db, wanted);
      if (!row) throw new AppError('NOT_FOUND', 'There is no provider of this name.', { field: 'path.name' });
      const result = await testProvider(settingsOfRow(row, deps.vault));
      return { body: { outcome: result.outcome, models: 'models' in result ? result.models : null, status: 'status' in result ? result.status : null } };
    },
  );
  return [list, read, add, change, remove, switched('enable'), switched('disable'), test];
}

function inputOf({ title, kind, base_url: baseUrl, default_model: model, api_key: apiKey }: z.output<typeof settings>, without: 'keep' | 'none'): ProviderInput {
  const key = apiKey === undefined ? { change: without } : apiKey === null ? ({ change: 'none' } as const) : ({ change: 'set', apiKey } as const);
  return { title, kind, baseUrl, defaultModel: model ?? undefined, key };
}
