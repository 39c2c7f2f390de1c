import type { Request, Response } from 'express';
import type { CatalogDeps } from '../catalog/load-catalog.ts';
import { resolveTargets, type Targets } from '../catalog/resolve-targets.ts';
import { cacheHeader, cachedAttempts } from '../cache/cached-attempts.ts';
import { guardRequest } from '../guard-rails/guard-request.ts';
import { targetsFor } from '../own-keys/targets-for.ts';
import { modelsFor } from '../visitors/visitor-models.rules.ts';
import { answering } from './answering.ts';
import type { ModelRequest } from './attempt.ts';
import { callerOf, type Caller } from './caller.ts';
import { clientAnswer } from './client-answer.ts';
import type { Json } from './loose.rules.ts';
import { meteredAnswer } from './metered-answer.ts';
import { planBounds, textOfRequest } from './plan-bounds.ts';
import { quotaHeaders } from './quota-headers.rules.ts';
import type { Protocol } from './wire.rules.ts';

export type GatewayDeps = CatalogDeps;
/** A request to one of the drop-in endpoints. */
export type Asked = {
  protocol: Protocol;
  /** As the ledger names it. */
  endpoint: string;
  /** After the provider's base address. */
  path: string;
  req: Request;
  res: Response;
  body: Json & { model: string };
};

/** Who may answer a request; a visitor may not name every model that the plan has. Throws MODEL_UNKNOWN, MODEL_NOT_ALLOWED, MODEL_WITHOUT_PRICE and PLAN_WITHOUT_AI. */
export function targetsOf(deps: GatewayDeps, model: string, protocol: Protocol, { license, visitor, terms }: Pick<Caller, 'license' | 'visitor' | 'terms'>): Promise<Targets> {
  return targetsFor(deps, { license, terms }, (catalog, allowedModels) => resolveTargets(catalog, { model, protocol, allowedModels: modelsFor(visitor, allowedModels, catalog.aliases.keys()) }, deps.now()));
}

/** Answers a request that costs one of the quota, within the bounds and by the rules of the licence's owner: from the cache, or by the first of its model's targets that can. */
export async function serveMetered(deps: GatewayDeps, asked: Asked): Promise<undefined> {
  const { config, now } = deps;
  const { protocol, endpoint, path, req, res, body } = asked;
  const caller = callerOf(res);
  const targets = await targetsOf(deps, body.model, protocol, caller);
  const client = clientAnswer(res);
  const isStream = body['stream'] === true;
  await answering(deps, { protocol, isStream, licenseId: caller.license.id, req, res }, client, async (signal) => {
    const guarded = await guardRequest(deps, caller, protocol, { body, bytes: req.body as Buffer }, signal);
    const bounds = planBounds(guarded.body, caller.terms);
    const request: ModelRequest = { caller: protocol, path, query: queryOf(req), headers: req.headers, ...guarded, maxOutput: bounds.maxOutput, passBack: true };
    const { attempts, cache, keep } = await cachedAttempts(deps, { caller, endpoint, targets, requestFor: () => request, client });
    if (cache !== 'off') res.setHeader(cacheHeader, cache);
    const question = {
      caller, endpoint, askedModel: body.model, isStream, sizes: bounds, signal,
      inputCharacters: () => textOfRequest(request.body),
      onQuota(quota: Parameters<typeof quotaHeaders>[1]) {
        const headers = quotaHeaders(protocol, quota, now());
        for (const name in headers) res.setHeader(name, headers[name] as string);
      },
    };
    const { last, meter } = await meteredAnswer(deps, question, attempts, client);
    await keep(last, meter);
    client.end(last, config.AI_IDLE_TIMEOUT_MS);
  });
}

/** The query of a request with its question mark, or nothing. */
export function queryOf(req: Request): string {
  const start = req.originalUrl.indexOf('?');
  return start === -1 ? '' : req.originalUrl.slice(start);
}
