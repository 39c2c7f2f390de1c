import type { Deps } from '../../deps.ts';
import { AppError, errorText } from '../../errors.ts';
import { isAllowed } from '../catalog/allowed-models.rules.ts';
import { findPrice, pricesAt } from '../catalog/find-price.rules.ts';
import type { Catalog } from '../catalog/load-catalog.ts';
import { findTargets, namesOf, type ModelQuestion } from '../catalog/resolve-targets.ts';
import { numberOf, objectOf, objectsOf, textOf } from './loose.rules.ts';
import { readJson } from './read-answer.ts';
import { listedName } from './route-model.rules.ts';
import type { Upstream } from './upstreams.ts';

/** A model that can be asked for. `createdAt` in seconds, 0 where the provider does not say. */
export type ListedModel = { id: string; title: string; provider: string; ownedBy: string; createdAt: number };
type OwnModel = Omit<ListedModel, 'provider'>;
type Kept = { models: OwnModel[]; until: number; isWhole: boolean };
type ListDeps = Pick<Deps, 'config' | 'log' | 'now'>;

const longestAskMs = 5_000;
const keptMs = 5 * 60_000;
const keptAfterFailureMs = 30_000;
const kept = new WeakMap<Upstream, Kept>();
const underWay = new WeakMap<Upstream, Promise<OwnModel[]>>();

/**
 * Every model that can be asked for: the aliases, then what each provider offers, under a name that leads to it; the demo while none is
 * set up. What the plan does not include or has no price is left out, but not of a customer's own account. A provider that fails is there with what was known of it, or its default model.
 */
export async function listModels(deps: ListDeps, catalog: Catalog, question: Omit<ModelQuestion, 'model'>): Promise<ListedModel[]> {
  if (catalog.isDemo) return [{ id: 'demo', title: 'Chatello demo', provider: 'demo', ownedBy: 'chatello', createdAt: 0 }];
  const { upstreams } = catalog;
  const prices = pricesAt(catalog.priceTables, deps.now());
  const lists = await Promise.all(upstreams.map((upstream) => ownModels(deps, upstream)));
  const models = upstreams.flatMap(({ name: provider, kind, needsPrice, source }, index) =>
    (lists[index] ?? [])
      .filter(({ id }) => !needsPrice || findPrice(prices, { provider, kind, model: id }))
      .filter(({ id }) => source === 'customer' || isAllowed(question.allowedModels, namesOf(provider, id)))
      .map((model) => ({ ...model, provider, id: listedName({ provider, model: model.id }, upstreams, question.protocol) })),
  );
  return [...listedAliases(catalog, question, deps.now()), ...models];
}

function listedAliases(catalog: Catalog, question: Omit<ModelQuestion, 'model'>, now: number): ListedModel[] {
  return [...catalog.aliases.keys()].filter((model) => !(findTargets(catalog, { ...question, model }, now) instanceof AppError)).map((id) => ({ id, title: id, provider: 'chatello', ownedBy: 'chatello', createdAt: 0 }));
}

async function ownModels({ config, log, now }: ListDeps, upstream: Upstream): Promise<OwnModel[]> {
  const known = kept.get(upstream);
  if (known && known.until > now()) return known.models;
  const asking = underWay.get(upstream) ?? askForModels(upstream, Math.min(longestAskMs, config.AI_FIRST_BYTE_TIMEOUT_MS));
  underWay.set(upstream, asking);
  try {
    const models = await asking;
    kept.set(upstream, { models, until: now() + keptMs, isWhole: true });
    return models;
  } catch (error) {
    log.warn({ provider: upstream.name, detail: errorText(error) }, 'a provider did not tell its models');
    const standIn = upstream.defaultModel === undefined ? [] : [{ id: upstream.defaultModel, title: upstream.defaultModel, ownedBy: upstream.name, createdAt: 0 }];
    const models = known?.isWhole ? known.models : standIn;
    kept.set(upstream, { models, until: now() + keptAfterFailureMs, isWhole: known?.isWhole ?? false });
    return models;
  } finally {
    underWay.delete(upstream);
  }
}

/** What a provider says that it offers. Throws for an answer that is no list, and what the way to the provider throws. */
export async function askForModels(upstream: Upstream, timeoutMs: number): Promise<OwnModel[]> {
  const signal = AbortSignal.timeout(timeoutMs);
  const answer = await upstream.send({ method: 'GET', path: upstream.protocol === 'anthropic' ? '/models?limit=1000' : '/models', signal });
  if (answer.statusCode !== 200) {
    answer.body.destroy();
    throw new Error(`status ${answer.statusCode}`);
  }
  const { data } = await readJson({ upstream }, answer);
  return objectsOf(data).flatMap((model) => {
    const id = textOf(model['id']);
    if (id === '') return [];
    const createdAt = numberOf(model['created']) || Math.floor(Date.parse(textOf(model['created_at'])) / 1000) || 0;
    return [{ id, title: textOf(model['display_name']) || id, ownedBy: textOf(objectOf(model)['owned_by']) || upstream.name, createdAt }];
  });
}
