import { AppError } from '../../errors.ts';
import type { LicenseOfCaller } from '../../http/license-auth.ts';
import type { AiTerms } from '../../usage/ai-terms.ts';
import { noLimits, type Amounts, type Limits } from '../../usage/limits.rules.ts';
import { loadCatalog, type Catalog, type CatalogDeps } from '../catalog/load-catalog.ts';
import type { Target, Targets } from '../catalog/resolve-targets.ts';
import { isOfKnownProvider, ownUpstream } from './own-upstreams.ts';
import { listKeys } from './provider-keys.store.ts';
import { planWithoutAi } from './require-ai.ts';

type Caller = { license: LicenseOfCaller; terms: AiTerms };
/** Finds who serves a model in a catalogue, for a plan with this list of models. Throws AppError where nobody does. */
type Find = (catalog: Catalog, allowedModels: AiTerms['allowedModels']) => Targets;

/**
 * Who is to be asked for a licence, in this order, all of them on the same account. Its own key comes first where it has one for the provider
 * of the model, and then nobody else is asked in its stead; the plan's list of models and the rule that a model must have a price are for keys
 * of this server alone. Throws PLAN_WITHOUT_AI where the plan has no AI and no own key serves, and what `find` throws.
 */
export async function targetsFor(deps: CatalogDeps, { license, terms }: Caller, find: Find): Promise<Targets> {
  const catalog = await loadCatalog(deps);
  if (terms.hasOwnKeys) {
    const own = ownTargets(find, await withOwnKeys(deps, catalog, license));
    if (own) return own;
  }
  if (license.ai_proxy === 0) throw planWithoutAi(license, terms.hasOwnKeys);
  return find(catalog, terms.allowedModels);
}

function ownTargets(find: Find, catalog: Catalog): Targets | undefined {
  try {
    const targets = find(catalog, undefined);
    const [first, ...others] = isOwn(targets[0]) ? targets.filter(isOwn) : [];
    return first && [first, ...others];
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

/** What a licence can ask for: the catalogue with its own keys in place of ours, or them alone where the plan has no AI. */
export async function catalogFor(deps: CatalogDeps, { license, terms }: Caller): Promise<Catalog> {
  const catalog = await loadCatalog(deps);
  return terms.hasOwnKeys ? withOwnKeys(deps, catalog, license) : catalog;
}

/** What a request counts: nothing on a customer's own key, unless the plan says that it does. */
export function countedFor(target: Target, terms: AiTerms, most: Amounts): { limits: Limits; most: Amounts } {
  if (!isOwn(target)) return { limits: terms.limits, most };
  return terms.ownKeysUseQuota ? { limits: terms.limits, most: { ...most, cost: 0 } } : { limits: noLimits, most: { requests: 0, tokens: 0, cost: 0 } };
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

/** On whose account a target is asked. */
export function keySourceOf(target: Target): 'managed' | 'own' {
  return isOwn(target) ? 'own' : 'managed';
}
