import type { Request, Response } from 'express';
import { AppError } from '../../errors.ts';
import { aiTermsOf } from '../../usage/ai-terms.ts';
import type { MeteredUsage } from '../../usage/token-usage.rules.ts';
import { callerOf } from '../gateway/caller.ts';
import { clientAnswer } from '../gateway/client-answer.ts';
import { quotaHeaders } from '../gateway/quota-headers.rules.ts';
import { answering, chooseUpstream, queryOf, type GatewayDeps } from '../gateway/serve.ts';
import { meteredCall, type Call } from '../metered-call.ts';
import { passAudio } from './pass-audio.ts';

/** A request for sound or about it, in OpenAI's protocol. */
export type AudioRequest = {
  /** As the ledger names it. */
  endpoint: string;
  /** After the provider's base address. */
  path: string;
  /** Of the work, for people: "transcribes no recordings". */
  lack: string;
  model: string;
  isStream: boolean;
  /** What it takes where the provider does not say. */
  estimate: (model: string) => MeteredUsage;
  /** The body under the provider's name of the model. */
  bodyFor: (model: string) => Promise<{ bytes: Buffer; contentType: string }>;
  req: Request;
  res: Response;
};

/** Answers a request that costs one of the quota, by a provider that speaks OpenAI's protocol. Throws MODEL_UNKNOWN where nobody does. */
export async function serveAudio(deps: GatewayDeps, { endpoint, path, lack, model: asked, isStream, estimate, bodyFor, req, res }: AudioRequest): Promise<undefined> {
  const { config, db, now } = deps;
  const caller = callerOf(res);
  const terms = await aiTermsOf(db, caller.license.id);
  const { upstream, provider, model } = await chooseUpstream(deps, { protocol: 'openai', endpoint, path, req, res, body: { model: asked } }, terms);
  if (upstream?.protocol !== 'openai') {
    const title = upstream?.face.title ?? 'The demo';
    throw new AppError('MODEL_UNKNOWN', `${title} ${lack}. Ask for a model of a provider that does, such as OpenAI or a server that is compatible with it.`, { field: 'body.model' });
  }
  const { bytes, contentType } = await bodyFor(model);
  const request = { method: 'POST', path: path + queryOf(req), headers: { ...req.headers, 'content-type': contentType }, body: bytes } as const;
  const client = clientAnswer(res);
  await answering(deps, { protocol: 'openai', endpoint, path, req, res, body: { model: asked, stream: isStream } }, client, async (signal) => {
    let last: Buffer = Buffer.alloc(0);
    const call: Call = {
      ...caller, limits: terms.limits, most: { requests: 1, tokens: 0, cost: 0 }, keySource: 'managed', askedModel: null,
      endpoint, provider, title: upstream.face.title, model, isStream, signal, inputCharacters: () => 0,
      onQuota: (quota) => void res.setHeaders(new Map(Object.entries(quotaHeaders('openai', quota, now())))),
    };
    await meteredCall(deps, call, async (watch, meter) => {
      last = await passAudio({ upstream, model, caller: 'openai', watch, meter }, request, client, estimate(model));
    });
    client.end(last, config.AI_IDLE_TIMEOUT_MS);
  });
}
