import type { Request, Response } from 'express';
import { aiTermsOf, type AiTerms } from '../../usage/ai-terms.ts';
import { loadCatalog, type CatalogDeps } from '../catalog/load-catalog.ts';
import { resolveTargets, type Targets } from '../catalog/resolve-targets.ts';
import { answering } from './answering.ts';
import { attemptOf, type ModelRequest } from './attempt.ts';
import { callerOf } from './caller.ts';
import { clientAnswer } from './client-answer.ts';
import { inputCharacters } from './events.rules.ts';
import { attemptsOf } from './fallback.ts';
import type { Json } from './loose.rules.ts';
import { meteredAnswer } from './metered-answer.ts';
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

/** Who may answer a request. Throws MODEL_UNKNOWN, MODEL_NOT_ALLOWED and MODEL_WITHOUT_PRICE. */
export async function targetsOf(deps: GatewayDeps, model: string, protocol: Protocol, { allowedModels }: Pick<AiTerms, 'allowedModels'>): Promise<Targets> {
  return resolveTargets(await loadCatalog(deps), { model, protocol, allowedModels }, deps.now());
}

/** Answers a request that costs one of the quota: by the first of its model's targets that can. */
export async function serveMetered(deps: GatewayDeps, asked: Asked): Promise<undefined> {
  const { config, now } = deps;
  const { protocol, endpoint, req, res, body } = asked;
  const caller = callerOf(res);
  const terms = await aiTermsOf(deps.db, caller.license.id);
  const targets = await targetsOf(deps, body.model, protocol, terms);
  const client = clientAnswer(res);
  const request = requestOf(asked);
  const attempts = attemptsOf(targets, (target) => attemptOf(request, target, client, now));
  const isStream = body['stream'] === true;
  await answering(deps, { protocol, isStream, licenseId: caller.license.id, req, res }, client, async (signal) => {
    const question = {
      caller, terms, endpoint, askedModel: body.model, isStream, signal,
      inputCharacters: () => inputCharacters([body['messages'], body['system'], body['tools'], body['input']]),
      onQuota: (quota: Parameters<typeof quotaHeaders>[1]) => void res.setHeaders(new Map(Object.entries(quotaHeaders(protocol, quota, now())))),
    };
    const { last } = await meteredAnswer(deps, question, attempts, client);
    client.end(last, config.AI_IDLE_TIMEOUT_MS);
  });
}

function requestOf({ protocol: caller, path, req, body }: Asked): ModelRequest {
  return { caller, path, query: queryOf(req), headers: req.headers, body, bytes: req.body as Buffer, passBack: true };
}

/** The query of a request with its question mark, or nothing. */
export function queryOf(req: Request): string {
  const start = req.originalUrl.indexOf('?');
  return start === -1 ? '' : req.originalUrl.slice(start);
}
