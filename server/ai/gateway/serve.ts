import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { meteredCall } from '../metered-call.ts';
import { answering } from './answering.ts';
import type { ModelRequest } from './attempt.ts';
import { callerOf } from './caller.ts';
import { clientAnswer } from './client-answer.ts';
import { inputCharacters } from './events.rules.ts';
import { assertSomebodyAnswers, attemptsFor, firstAnswer } from './fallback.ts';
import type { Json } from './loose.rules.ts';
import { quotaHeaders } from './quota-headers.rules.ts';
import { resolveTargets, titleOf } from './targets.ts';
import type { Protocol } from './wire.rules.ts';

export type GatewayDeps = Pick<Deps, 'config' | 'db' | 'log' | 'now'>;
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

/** Answers a request that costs one of the quota: by the first of its model's targets that can. */
export async function serveMetered(deps: GatewayDeps, asked: Asked): Promise<undefined> {
  const { config, now } = deps;
  const { protocol, endpoint, req, res, body } = asked;
  const caller = callerOf(res);
  const targets = resolveTargets(config, body.model, protocol);
  const client = clientAnswer(res);
  const attempts = attemptsFor(requestOf(asked), targets, client, now);
  assertSomebodyAnswers(deps, attempts);
  const [first] = targets;
  const isStream = body['stream'] === true;
  await answering(deps, { protocol, isStream, licenseId: caller.license.id, req, res }, client, async (signal) => {
    let last: Buffer | string = '';
    const call = {
      ...caller, endpoint, provider: first.provider, title: titleOf(first), model: first.model, askedModel: body.model, isStream, signal,
      inputCharacters: () => inputCharacters([body['messages'], body['system'], body['tools'], body['input']]),
      onQuota: (quota: Parameters<typeof quotaHeaders>[1]) => void res.setHeaders(new Map(Object.entries(quotaHeaders(protocol, quota, now())))),
    };
    await meteredCall(deps, call, async (watch, meter, id) => {
      last = await firstAnswer(deps, attempts, client, watch, meter, id);
    });
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
