import type { Request, Response } from 'express';
import { AppError } from '../../errors.ts';
import { aiTermsOf, type AiTerms } from '../../usage/ai-terms.ts';
import { limitsUnit, type Amounts } from '../../usage/limits.rules.ts';
import type { MeteredUsage } from '../../usage/token-usage.rules.ts';
import { costOfAnswer, highestCostOfTarget, type Target } from '../catalog/resolve-targets.ts';
import { callerOf } from '../gateway/caller.ts';
import { clientAnswer } from '../gateway/client-answer.ts';
import { quotaHeaders } from '../gateway/quota-headers.rules.ts';
import { answering, queryOf, type GatewayDeps } from '../gateway/serve.ts';
import { meteredCall, type Call } from '../metered-call.ts';
import { countedFor, targetsFor } from '../own-keys/targets-for.ts';
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
  const { targets, keySource } = await targetsFor(deps, { license: caller.license, terms }, { model: asked, protocol: 'openai' });
  const [target] = targets;
  const { upstream, model } = target;
  if (upstream?.protocol !== 'openai') {
    const title = upstream?.face.title ?? 'The demo';
    throw new AppError('MODEL_UNKNOWN', `${title} ${lack}. Ask for a model of a provider that does, such as OpenAI or a server that is compatible with it.`, { field: 'body.model' });
  }
  const { bytes, contentType } = await bodyFor(model);
  const estimated = estimate(model);
  const request = { method: 'POST', path: path + queryOf(req), headers: { ...req.headers, 'content-type': contentType }, body: bytes } as const;
  const client = clientAnswer(res);
  await answering(deps, { protocol: 'openai', endpoint, path, req, res, body: { model: asked, stream: isStream } }, client, async (signal) => {
    let last: Buffer = Buffer.alloc(0);
    const call: Call = {
      ...caller, ...countedFor(keySource, terms, mostOf(target, estimated, terms)), visitor: null, keySource, askedModel: asked === model ? null : asked,
      endpoint, provider: upstream.name, title: upstream.face.title, model, isStream, signal, inputCharacters: () => 0,
      onQuota: (quota) => void res.setHeaders(new Map(Object.entries(quotaHeaders('openai', quota, now())))),
    };
    await meteredCall(deps, call, async (watch, meter) => {
      meter.begin({ provider: upstream.name, model, keySource, costOf: (usage) => costInAnyUnit(target, usage, estimated) });
      last = await passAudio({ upstream, model, caller: 'openai', watch, meter }, request, client, estimated);
    });
    client.end(last, config.AI_IDLE_TIMEOUT_MS);
  });
}

/** A model may be priced in another unit than its provider reports, and is billed by the estimate then: never as nothing. */
function costInAnyUnit(target: Target, usage: MeteredUsage, estimated: MeteredUsage): ReturnType<typeof costOfAnswer> {
  const cost = costOfAnswer(target, usage);
  return cost.microcents > 0 ? cost : costOfAnswer(target, estimated);
}

// How far what is used may lie above its estimate: a recording of 8 kbit/s, and speech in the language with the most tokens.
const mostPerEstimate = 8;

/** The most that a request can take: of what is limited only. */
function mostOf(target: Target, { input, output, characters, audioMs }: MeteredUsage, { limits }: Pick<AiTerms, 'limits'>): Amounts {
  const sizes = { input: input * mostPerEstimate, output: output * mostPerEstimate, characters, audioMs: audioMs * mostPerEstimate };
  return { requests: 1, tokens: limitsUnit(limits, 'tokens') ? sizes.input + sizes.output : 0, cost: limitsUnit(limits, 'cost') ? highestCostOfTarget(target, sizes) : 0 };
}
