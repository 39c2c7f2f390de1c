import type { Request, Response } from 'express';
import { AppError } from '../../errors.ts';
import type { Quota } from '../../usage/quota.rules.ts';
import type { MeteredUsage } from '../../usage/token-usage.rules.ts';
import type { Sizes } from '../catalog/cost.rules.ts';
import { costOfAnswer, type Target } from '../catalog/resolve-targets.ts';
import { answering } from '../gateway/answering.ts';
import { callerOf } from '../gateway/caller.ts';
import { clientAnswer } from '../gateway/client-answer.ts';
import { attemptsOf } from '../gateway/fallback.ts';
import { meteredAnswer } from '../gateway/metered-answer.ts';
import { quotaHeaders } from '../gateway/quota-headers.rules.ts';
import { queryOf, targetsOf, type GatewayDeps } from '../gateway/serve.ts';
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

/** Answers a request that costs one of the quota, by the first target that speaks OpenAI's protocol and can. Throws MODEL_UNKNOWN where nobody does. */
export async function serveAudio(deps: GatewayDeps, { endpoint, path, lack, model: asked, isStream, estimate, bodyFor, req, res }: AudioRequest): Promise<undefined> {
  const { config, now } = deps;
  const caller = callerOf(res);
  const client = clientAnswer(res);
  const targets = await targetsOf(deps, asked, 'openai', { ...caller, visitor: null });
  const attempts = attemptsOf(targets, (target) => {
    const { upstream, model } = target;
    if (upstream?.protocol !== 'openai') throw new AppError('MODEL_UNKNOWN', `${upstream?.face.title ?? 'The demo'} ${lack}. Ask for a model of a provider that does, such as OpenAI or a server that is compatible with it.`, { field: 'body.model' });
    return {
      target,
      async run(watch, meter) {
        const { bytes, contentType } = await bodyFor(model);
        const request = { method: 'POST', path: path + queryOf(req), headers: { ...req.headers, 'content-type': contentType }, body: bytes } as const;
        const estimated = estimate(model);
        if (meter.answerer) meter.begin({ ...meter.answerer, costOf: (usage) => costInAnyUnit(target, usage, estimated) });
        return passAudio({ upstream, model, caller: 'openai', passBack: true, watch, meter }, request, client, estimated);
      },
    };
  });
  await answering(deps, { protocol: 'openai', isStream, licenseId: caller.license.id, req, res }, client, async (signal) => {
    const question = {
      caller, endpoint, askedModel: asked, isStream, sizes: mostOf(estimate(targets[0].model)), signal, inputCharacters: () => 0,
      onQuota: (quota: Quota) => void res.setHeaders(new Map(Object.entries(quotaHeaders('openai', quota, now())))),
    };
    const { last } = await meteredAnswer(deps, question, attempts, client);
    client.end(last, config.AI_IDLE_TIMEOUT_MS);
  });
  return undefined;
}

/** A model may be priced in another unit than its provider reports, and is billed by the estimate then: never as nothing. */
function costInAnyUnit(target: Target, usage: MeteredUsage, estimated: MeteredUsage): ReturnType<typeof costOfAnswer> {
  const cost = costOfAnswer(target, usage);
  return cost.microcents > 0 ? cost : costOfAnswer(target, estimated);
}

// How far what is used may lie above its estimate: a recording of 8 kbit/s, and speech in the language with the most tokens.
const mostPerEstimate = 8;

function mostOf({ input, output, characters, audioMs }: MeteredUsage): Sizes {
  return { input: input * mostPerEstimate, output: output * mostPerEstimate, characters, audioMs: audioMs * mostPerEstimate };
}
