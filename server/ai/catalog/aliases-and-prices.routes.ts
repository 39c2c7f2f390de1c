import { z } from 'zod';
import type { Db } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { adminRead } from '../../http/admin-route.ts';
import { adminWrite } from '../../http/admin-write.ts';
import type { Route } from '../../http/route.ts';
import { addPriceVersion } from './add-price-version.ts';
import { aliasBodies, aliasShape, aliasTarget, getAliasBody, getPriceTableBody, priceTableShape, priceVersionBodies, priceVersionShape } from './catalog-body.ts';
import { saveAlias } from './change-alias.ts';
import { holdAlias } from './hold-catalog.store.ts';
import { refreshCatalog } from './load-catalog.ts';
import { readLine } from './price-csv.rules.ts';

const tag = 'AI';
const scope = 'providers.write';
const params = z.object({ alias: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,59}$/, 'must be a short name such as fast').meta({ example: 'fast' }) });
const mostTargets = 10;
const latestBegin = Date.UTC(2100, 0);
const amount = z.union([z.string().max(20), z.number()]).nullable().optional().meta({ description: 'US dollars.', example: '0.25' });
const line = z.object({
  provider: z.string().max(40).meta({ example: 'openai' }), model: z.string().max(120).meta({ example: 'gpt-5.4-mini' }), service_tier: z.string().max(32).default('default'), min_input_tokens: z.int().min(0).max(100_000_000).default(0),
  input: amount, cached_input: amount, cache_write: amount, output: amount, reasoning: amount, characters: amount, audio_minute: amount,
});

/** Names for models, and the tables that say what models cost. */
export function aliasAndPriceRoutes(deps: Deps): Route[] {
  const { db } = deps;
  const afterCommit = () => refreshCatalog(deps);
  const current = { hold: (trx: Db, { alias = '' }: Record<string, string>) => holdAlias(trx, alias), read: (trx: Db, { alias = '' }: Record<string, string>) => getAliasBody(trx, alias) };
  const listOf = <Item extends z.ZodType>(item: Item) => z.object({ data: z.array(item), next_cursor: z.null() });

  const aliases = adminRead(deps, { path: '/api/v1/model-aliases', operationId: 'listModelAliases', tag, scope: 'providers.read', summary: 'List the names under which models are offered', answer: listOf(aliasShape) }, async () => ({ data: await aliasBodies(db), next_cursor: null }));
  const alias = adminRead(deps, { path: '/api/v1/model-aliases/:alias', operationId: 'readModelAlias', tag, scope: 'providers.read', summary: 'Read one alias', params, answer: aliasShape }, ({ params: given }) => getAliasBody(db, given.alias));
  const save = adminWrite(
    deps,
    {
      method: 'put', path: '/api/v1/model-aliases/:alias', operationId: 'saveModelAlias', tag, scope, summary: 'Say which models answer to a name', description: 'Makes the alias if there is none.', params,
      body: z.object({ targets: z.array(aliasTarget).min(1).max(mostTargets).refine((targets) => new Set(targets.map(({ provider, model }) => `${provider}/${model}`)).size === targets.length, 'must not hold a target twice') }), responses: { 200: { description: 'The alias as it is now.', schema: aliasShape } }, current,
    },
    async ({ params: given, body, caller, deps: inside, trx }) => {
      await saveAlias(inside, given.alias, body.targets, caller.by);
      return { body: await getAliasBody(trx, given.alias), afterCommit };
    },
  );
  const remove = adminWrite(
    deps,
    { method: 'delete', path: '/api/v1/model-aliases/:alias', operationId: 'removeModelAlias', tag, scope, summary: 'Take a name away', params, responses: { 200: { description: 'Gone.', schema: z.object({ alias: z.string(), deleted: z.literal(true) }) } }, current },
    async ({ params: given, caller, deps: inside }) => {
      await saveAlias(inside, given.alias, [], caller.by);
      return { body: { alias: given.alias, deleted: true }, afterCommit };
    },
  );

  const versions = adminRead(deps, { path: '/api/v1/price-versions', operationId: 'listPriceVersions', tag, scope: 'providers.read', summary: 'List the price tables', description: 'In the order of their validity.', answer: listOf(priceVersionShape) }, async () => ({ data: await priceVersionBodies(db), next_cursor: null }));
  const version = adminRead(deps, { path: '/api/v1/price-versions/:version', operationId: 'readPriceVersion', tag, scope: 'providers.read', summary: 'Read one price table', params: z.object({ version: z.string().min(1).max(32).meta({ example: '2026-11-21' }) }), answer: priceTableShape }, ({ params: given }) => getPriceTableBody(db, given.version));
  const add = adminWrite(
    deps,
    {
      method: 'post', path: '/api/v1/price-versions', operationId: 'addPriceVersion', tag, scope, summary: 'Add a price table', description: 'The whole table: what is not in it has no price. It holds until the next one begins; a table is never changed.', bodyLimitBytes: 1_000_000,
      body: z.object({ valid_from: z.iso.datetime({ offset: true }).optional().meta({ description: 'Nothing, or a moment that is over: now.' }), note: z.string().trim().max(500).optional(), prices: z.array(line).min(1).max(5_000) }),
      responses: { 201: { description: 'The table.', schema: priceTableShape } },
    },
    async ({ body, caller, trx, at }) => {
      const begins = body.valid_from === undefined ? at : Date.parse(body.valid_from);
      if (begins > latestBegin) throw new AppError('INVALID_REQUEST', 'body.valid_from: is too far away', { field: 'body.valid_from' });
      const prices = body.prices.map((given, index) => readPrice(given, index));
      const made = await withField(() => addPriceVersion(trx, { validFrom: begins, note: body.note === '' ? undefined : body.note, prices }, caller.by, at));
      return { status: 201, body: await getPriceTableBody(trx, made), afterCommit };
    },
  );
  return [aliases, alias, save, remove, versions, version, add];
}

type Line = z.output<typeof line>;

function readPrice(given: Line, index: number): Extract<ReturnType<typeof readLine>, { price: unknown }>['price'] {
  const fields = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value === null || value === undefined ? '' : String(value)]));
  const read = readLine(fields);
  if ('price' in read) return read.price;
  const field = `body.prices.${index}.${read.field}`;
  throw new AppError('INVALID_REQUEST', `${field}: is not valid`, { field });
}

async function withField(add: () => Promise<string>): Promise<string> {
  try {
    return await add();
  } catch (error) {
    if (!(error instanceof AppError) || error.field !== 'prices') throw error;
    throw new AppError('INVALID_REQUEST', `body.${error.message}`, { field: 'body.prices', cause: error });
  }
}
