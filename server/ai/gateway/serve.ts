import type { Request, Response } from 'express';
import { AppError, errorText } from '../../errors.ts';
import { errorAnswer } from '../../http/error-handler.ts';
import { routePath } from '../../http/request.ts';
import { clientSignal } from '../../http/sse.ts';
import { aiTermsOf, type AiTerms } from '../../usage/ai-terms.ts';
import { loadCatalog, type CatalogDeps } from '../catalog/load-catalog.ts';
import { resolveTargets } from '../catalog/resolve-targets.ts';
import { meteredCall, type Call, type Run } from '../metered-call.ts';
import { ClientLeft } from '../watch.ts';
import { callerOf } from './caller.ts';
import { clientAnswer, type ClientAnswer } from './client-answer.ts';
import { wantsUsage } from './demo.rules.ts';
import { encodeEvents, inputCharacters } from './events.rules.ts';
import { isObject, objectOf, type Json } from './loose.rules.ts';
import { passThrough } from './pass-through.ts';
import { quotaHeaders } from './quota-headers.rules.ts';
import { setMembers } from './splice-json.ts';
import { answerAsDemo, askTranslated, translateRequest } from './translated.ts';
import { PassedBack } from './upstream-errors.ts';
import type { Upstream } from './upstreams.ts';
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
export type Chosen = { upstream: Upstream | undefined; provider: string; model: string };

/** The provider for a model; none for the demo. Throws MODEL_UNKNOWN, MODEL_NOT_ALLOWED and MODEL_WITHOUT_PRICE. */
export async function chooseUpstream(deps: GatewayDeps, { body, protocol }: Asked, { allowedModels }: Pick<AiTerms, 'allowedModels'>): Promise<Chosen> {
  const [{ upstream, model }] = resolveTargets(await loadCatalog(deps), { model: body.model, protocol, allowedModels }, deps.now());
  return { upstream, provider: upstream?.name ?? 'demo', model };
}

/** Answers a request that costs one of the quota: as it comes from a provider of the same protocol, translated otherwise, or by the demo. */
export async function serveMetered(deps: GatewayDeps, asked: Asked): Promise<undefined> {
  const { config, now } = deps;
  const { protocol, endpoint, res, body } = asked;
  const terms = await aiTermsOf(deps.db, callerOf(res).license.id);
  const chosen = await chooseUpstream(deps, asked, terms);
  const client = clientAnswer(res);
  let last: Buffer | string = '';
  const answer = answererOf(asked, chosen, client, now);
  const run: Run = async (watch, meter, id) => {
    last = await answer(watch, meter, id);
  };
  await answering(deps, asked, client, async (signal) => {
    const call: Call = {
      ...callerOf(res), limits: terms.limits, most: { requests: 1, tokens: 0, cost: 0 }, keySource: 'managed', askedModel: null, endpoint, provider: chosen.provider, title: chosen.upstream?.face.title ?? 'The demo provider', model: chosen.model, isStream: body['stream'] === true, signal,
      inputCharacters: () => inputCharacters([body['messages'], body['system'], body['tools'], body['input']]),
      onQuota: (quota) => void res.setHeaders(new Map(Object.entries(quotaHeaders(protocol, quota, now())))),
    };
    await meteredCall(deps, call, run);
    client.end(last, config.AI_IDLE_TIMEOUT_MS);
  });
}

type Answerer = (...args: Parameters<Run>) => Promise<Buffer | string>;

/** How a request is answered. Throws INVALID_REQUEST for what cannot be translated: before the quota is touched. */
function answererOf(asked: Asked, { upstream, model }: Chosen, client: ClientAnswer, now: () => number): Answerer {
  const { protocol: caller, body, path, req } = asked;
  if (!upstream) {
    if (path === '/embeddings') throw new AppError('MODEL_UNKNOWN', 'The demo makes no embeddings. They need a provider: the operator of this server sets one up with OPENAI_API_KEY or OPENAI_COMPATIBLE_BASE_URL.', { field: 'body.model' });
    return async (watch, meter, id) => answerAsDemo({ model, caller, watch, meter }, body, id, client, now());
  }
  if (upstream.protocol !== caller) {
    if (path === '/embeddings') throw new AppError('MODEL_UNKNOWN', `${upstream.face.title} makes no embeddings. Ask for a model of another provider.`, { field: 'body.model' });
    const translated = translateRequest(body, upstream, model);
    return (watch, meter) => askTranslated({ upstream, model, caller, watch, meter }, translated, body, client, now());
  }
  const hideUsage = body['stream'] === true && path === '/chat/completions' && !wantsUsage(body);
  const bytes = editedBytes(req.body as Buffer, body, model, hideUsage);
  return (watch, meter) => passThrough({ upstream, model, caller, watch, meter }, { method: 'POST', path: path + queryOf(req), headers: req.headers, body: bytes }, client, hideUsage);
}

/** The body as it came, but for what must be changed: the provider's name of the model, and the usage that we want to be told. */
export function editedBytes(bytes: Buffer, { stream, stream_options: options }: Json, model: string, askForUsage = false): Buffer {
  const asksWithObject = options === undefined || options === null || isObject(options);
  return setMembers(bytes, { model, ...(stream === undefined ? {} : { stream }), ...(askForUsage && asksWithObject ? { stream_options: { ...objectOf(options), include_usage: true } } : {}) });
}

export function queryOf(req: Request): string {
  const start = req.originalUrl.indexOf('?');
  return start === -1 ? '' : req.originalUrl.slice(start);
}

/** Does the work of an answer and tells the client of its failure: with a status of its own before the first byte, with an error event after it. */
export async function answering({ config, log }: GatewayDeps, { protocol, req, res, body }: Asked, client: ClientAnswer, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const signal = clientSignal(res);
  const requestId = res.locals['requestId'] as string;
  try {
    await work(signal);
  } catch (error) {
    if (signal.aborted || error instanceof ClientLeft) {
      // Nobody is there to be told.
      if (!(error instanceof ClientLeft)) log.error({ request_id: requestId, license_id: callerOf(res).license.id, detail: errorText(error) }, 'a call failed after its client had left');
      res.destroy();
    } else if (error instanceof PassedBack) {
      log.info({ request_id: requestId, method: req.method, route: routePath(req), status: error.answer.status, code: error.code }, 'a provider refused a request');
      client.head(error.answer.status, error.answer.headers);
      client.end(error.answer.bytes, config.AI_IDLE_TIMEOUT_MS);
    } else if (!client.hasBegun) {
      for (const name of ['Content-Type', 'Cache-Control', 'X-Accel-Buffering']) res.removeHeader(name);
      throw error;
    } else {
      const told = errorAnswer(log, error, req, requestId).body;
      if (body['stream'] === true) client.end(encodeEvents(protocol, [told]), config.AI_IDLE_TIMEOUT_MS);
      else res.destroy();
    }
  }
}
