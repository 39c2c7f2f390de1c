import { AppError } from '../../errors.ts';
import type { LicenseOfCaller } from '../../http/license-auth.ts';
import type { AiTerms } from '../../usage/ai-terms.ts';
import { noLimits, type Amounts, type Limits } from '../../usage/limits.rules.ts';
import { loadCatalog, type Catalog, type CatalogDeps } from '../catalog/load-catalog.ts';
import { findTargets, resolveTargets, type ModelQuestion, type Target, type Targets } from '../catalog/resolve-targets.ts';
import { isOfKnownProvider, ownUpstream } from './own-upstreams.ts';
import { listKeys } from './provider-keys.store.ts';

/** Who may answer a request, all of them on the same account: that of this server, or the customer's own. */
export type LicenseTargets = { targets: Targets; keySource: 'managed' | 'own' };
type Caller = { license: LicenseOfCaller; terms: AiTerms };

/**
 * Who is to be asked for a licence, in this order. Its own key comes first where it has one for the provider of the model, and then nobody
 * else is asked in its stead; the plan's list of models and the rule that a model must have a price are for keys of this server alone.
 * Throws PLAN_WITHOUT_AI where the plan has no AI and no own key serves, and what resolveTargets throws.
 */
export async function targetsFor(deps: CatalogDeps, { license, terms }: Caller, question: Omit<ModelQuestion, 'allowedModels'>): Promise<LicenseTargets> {
  const catalog = await loadCatalog(deps);
  if (!terms.hasOwnKeys) {
    if (license.ai_proxy === 0) throw planWithoutAi(license);
    return { targets: resolveTargets(catalog, { ...question, allowedModels: terms.allowedModels }, deps.now()), keySource: 'managed' };
  }
  const found = findTargets(await withOwnKeys(deps, catalog, license), { ...question, allowedModels: undefined }, deps.now());
  const [first, ...others] = found instanceof AppError || !isOwn(found[0]) ? [] : found.filter(isOwn);
  if (first) return { targets: [first, ...others], keySource: 'own' };
  if (license.ai_proxy === 0) throw noOwnKey(license, question.model);
  return { targets: resolveTargets(catalog, { ...question, allowedModels: terms.allowedModels }, deps.now()), keySource: 'managed' };
}

/** What a licence can ask for: the catalogue with its own keys in place of ours, or them alone where the plan has no AI. */
export async function catalogFor(deps: CatalogDeps, { license, terms }: Caller): Promise<Catalog> {
  const catalog = await loadCatalog(deps);
  return terms.hasOwnKeys ? withOwnKeys(deps, catalog, license) : catalog;
}

/** What a request counts: nothing on a customer's own key, unless the plan says that it does. */
export function countedFor(keySource: LicenseTargets['keySource'], terms: AiTerms, most: Amounts): { limits: Limits; most: Amounts } {
  if (keySource === 'managed') return { limits: terms.limits, most };
  return terms.ownKeysUseQuota ? { limits: terms.limits, most: { ...most, cost: 0 } } : { limits: noLimits, most: { requests: 0, tokens: 0, cost: 0 } };
}

/** Throws PLAN_WITHOUT_AI for a licence whose requests nobody can answer: its plan has no AI, and it has no key of its own. */
export async function requireAi({ db }: Pick<CatalogDeps, 'db'>, license: LicenseOfCaller): Promise<void> {
  if (license.ai_proxy === 0 && (await listKeys(db, license.id)).length === 0) throw planWithoutAi(license);
}

async function withOwnKeys(deps: CatalogDeps, catalog: Catalog, { id, ai_proxy: hasAi }: LicenseOfCaller): Promise<Catalog> {
  const keys = (await listKeys(deps.db, id)).filter(isOfKnownProvider);
  const own = (kind: string, name: string) => {
    const key = keys.find(({ provider }) => provider === kind);
    return key && ownUpstream(deps, key, name);
  };
  // Servers that are only compatible have nothing in common but the protocol, so an own one takes the place of none but its namesake.
  const replaced = catalog.upstreams.map((managed) => (managed.kind === 'openai-compatible' && managed.name !== managed.kind ? managed : (own(managed.kind, managed.name) ?? managed)));
  const added = keys.flatMap(({ provider }) => (replaced.some(({ name }) => name === provider) ? [] : (own(provider, provider) ?? [])));
  const upstreams = [...added, ...replaced].filter(({ source }) => hasAi === 1 || source === 'customer');
  return { ...catalog, upstreams, isDemo: upstreams.length === 0 && catalog.isDemo };
}

function isOwn({ upstream }: Target): boolean {
  return upstream?.source === 'customer';
}

function planWithoutAi({ plan_name: plan }: LicenseOfCaller): AppError {
  return new AppError('PLAN_WITHOUT_AI', `The ${plan} plan does not include AI answers through this server. Upgrade to Pro or Agency, or use an AI provider key of your own.`);
}

function noOwnKey({ plan_name: plan }: LicenseOfCaller, model: string): AppError {
  return new AppError('PLAN_WITHOUT_AI', `The ${plan} plan does not include AI answers through this server, and none of your own provider keys serves the model "${model.slice(0, 120)}". GET /v1/models lists those that can be asked for.`, { field: 'body.model' });
}
