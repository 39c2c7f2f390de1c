import { AppError } from '../../errors.ts';
import { routeModel, type ModelRoute } from '../gateway/route-model.rules.ts';
import type { Upstream } from '../gateway/upstreams.ts';
import type { Protocol } from '../gateway/wire.rules.ts';
import { isAllowed } from './allowed-models.rules.ts';
import { costOf, highestCostOf, type BilledUsage, type Sizes } from './cost.rules.ts';
import { findPrice, pricesAt, pricesOfModel, type ModelPrice, type PriceTable } from './find-price.rules.ts';
import type { Catalog } from './load-catalog.ts';

export type ModelQuestion = {
  /** As the client names it: a model, `provider/model` or an alias. */
  model: string;
  protocol: Protocol;
  /** The plan's list; undefined: all. */
  allowedModels: readonly string[] | undefined;
};

/** One provider that may answer, and for how much. */
export type Target = {
  /** Undefined: the demo. */
  upstream: Upstream | undefined;
  /** The provider's name of the model. */
  model: string;
  /** The client's name of it. */
  asked: string;
  /** In force when the request came; the request is settled by it. */
  prices: PriceTable;
  /** At the default tier and the smallest size; undefined: costs nothing. See priceOfTarget. */
  price: ModelPrice | undefined;
};

/** At least one. */
export type Targets = [Target, ...Target[]];

const shownLength = 120;

/**
 * Who is to be asked, in this order: several for an alias, otherwise one. A pure function of its parameters, which remembers its answers; `now` in epoch ms.
 * Throws MODEL_UNKNOWN, MODEL_NOT_ALLOWED, MODEL_WITHOUT_PRICE, and PROVIDER_UNAVAILABLE while every provider is switched off.
 */
export function resolveTargets(catalog: Catalog, question: ModelQuestion, now: number): Targets {
  let answers = resolved.get(catalog);
  if (!answers) {
    answers = new Map();
    resolved.set(catalog, answers);
  }
  // Besides the catalogue, which never changes, these are all that an answer depends on.
  const key = [pricesAt(catalog.priceTables, now).version, question.protocol, question.model, String(question.allowedModels?.length), ...(question.allowedModels ?? [])].join('\n');
  const known = answers.get(key);
  if (known) return known;
  const found = findTargets(catalog, question, now);
  if (found instanceof AppError) throw found;
  if (answers.size < mostRemembered) answers.set(key, found);
  return found;
}

const mostRemembered = 1_000;
const resolved = new WeakMap<Catalog, Map<string, Targets>>();

/** The same, with the refusal as a value. */
export function findTargets(catalog: Catalog, { model: asked, protocol, allowedModels }: ModelQuestion, now: number): Targets | AppError {
  const prices = pricesAt(catalog.priceTables, now);
  if (catalog.isDemo) return [{ upstream: undefined, model: 'demo', asked, prices, price: undefined }];
  if (catalog.upstreams.length === 0) return new AppError('PROVIDER_UNAVAILABLE', 'No AI provider of this server is switched on just now. Try again later, or ask its operator.', { retryAfterSeconds: 60 });
  const alias = catalog.aliases.get(asked);
  const routes = alias ? routesOfAlias(catalog, alias) : oneRoute(asked, catalog, protocol);
  if (routes.length === 0) return unknownModel(asked);
  const isNamed = isAllowed(allowedModels, [asked]);
  const allowed = routes.filter(({ provider, model }) => isNamed || isAllowed(allowedModels, namesOf(provider, model)));
  if (allowed.length === 0) return new AppError('MODEL_NOT_ALLOWED', `The plan of this licence does not include the model "${shown(asked)}". GET /v1/models lists those that it includes.`, { field: 'body.model' });
  const targets = allowed.flatMap(({ provider, model }) => {
    const target: Target = { upstream: catalog.upstreams.find(({ name }) => name === provider), model, asked, prices, price: undefined };
    const price = priceOfTarget(target, {});
    return price || target.upstream?.needsPrice === false ? [{ ...target, price }] : [];
  });
  const [first, ...others] = targets;
  if (!first) return new AppError('MODEL_WITHOUT_PRICE', `The model "${shown(asked)}" has no price on this server, so it cannot be asked for. Its operator adds one under Providers and prices.`, { field: 'body.model' });
  return [first, ...others];
}

/** The names under which a plan's list of models may mean a model. */
export function namesOf(provider: string, model: string): string[] {
  return [model, `${provider}/${model}`];
}

/**
 * What a target's answer is billed by: the line for the model, tier and size that the answer tells. A model that was not asked for and
 * has no price is billed as the one that was asked for. Undefined: it costs nothing.
 */
export function priceOfTarget({ upstream, model, prices }: Target, told: { model?: string | undefined; serviceTier?: string | null | undefined; inputTokens?: number | undefined }): ModelPrice | undefined {
  if (!upstream?.needsPrice) return undefined;
  const { serviceTier, inputTokens } = told;
  const question = { provider: upstream.name, kind: upstream.kind, serviceTier, inputTokens };
  return (told.model === undefined ? undefined : findPrice(prices, { ...question, model: told.model })) ?? findPrice(prices, { ...question, model });
}

/** What an answer of a target has cost, in micro-cents, and by which price table: none where nothing has to be paid. */
export function costOfAnswer(target: Target, usage: Partial<BilledUsage>, told: { model?: string | undefined; serviceTier?: string | null | undefined } = {}): { microcents: number; version: string | undefined } {
  const price = priceOfTarget(target, { ...told, inputTokens: usage.input });
  return price ? { microcents: costOf(price, usage), version: price.version } : { microcents: 0, version: undefined };
}

/** The most that an answer of a target can cost of which the largest sizes are known, in micro-cents: at the dearest of the tiers and sizes that it may be billed by. */
export function highestCostOfTarget({ upstream, model, prices }: Target, sizes: Sizes): number {
  if (!upstream?.needsPrice) return 0;
  const lines = pricesOfModel(prices, { provider: upstream.name, kind: upstream.kind, model }).filter(({ minInputTokens }) => minInputTokens <= sizes.input);
  return Math.max(0, ...lines.map((line) => highestCostOf(line, sizes)));
}

/** An alias of which nobody is left is answered by the first provider that has a default model. */
function routesOfAlias(catalog: Catalog, alias: readonly ModelRoute[]): ModelRoute[] {
  const routes = alias.filter(({ provider }) => catalog.upstreams.some(({ name }) => name === provider));
  if (routes.length > 0) return routes;
  return catalog.upstreams.flatMap(({ name, defaultModel }) => (defaultModel === undefined ? [] : [{ provider: name, model: defaultModel }])).slice(0, 1);
}

function oneRoute(asked: string, catalog: Catalog, protocol: Protocol): ModelRoute[] {
  const route = routeModel(asked, catalog.upstreams, protocol);
  return route ? [route] : [];
}

function unknownModel(asked: string): AppError {
  return new AppError('MODEL_UNKNOWN', `No provider of this server offers the model "${shown(asked)}". GET /v1/models lists those that are offered.`, { field: 'body.model' });
}

function shown(model: string): string {
  return model.slice(0, shownLength);
}
