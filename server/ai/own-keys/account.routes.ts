import type { Request, Response } from 'express';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { route, type Reply, type Route } from '../../http/route.ts';
import type { CatalogDeps } from '../catalog/load-catalog.ts';
import { meterChat } from '../chat-meter.ts';
import { answering } from '../gateway/answering.ts';
import { aiCaller, callerHeaders, callerOf, errorShapes } from '../gateway/caller.ts';
import { clientAnswer } from '../gateway/client-answer.ts';
import { passThrough } from '../gateway/pass-through.ts';
import { queryOf } from '../gateway/serve.ts';
import type { UpstreamRequest } from '../gateway/upstreams.ts';
import { freeCall } from '../metered-call.ts';
import { isOfKnownProvider, ownUpstream } from './own-upstreams.ts';
import { listKeys } from './provider-keys.store.ts';

const prefix = '/v1';
const bodyLimitBytes = 1024 * 1024;
// What a provider might take for another path is not passed on.
const params = z.object({ id: z.string().max(200).regex(/^(?!\.{1,2}$)[^/\\]+$/, 'must be the id of what is meant') });
const object = z.looseObject({});
const page = z.looseObject({ data: z.array(object) });

/** What an account at OpenAI keeps, for licences with a key to an account of their own. On ours it would show what other customers have stored. */
export function accountRoutes(deps: CatalogDeps): Route[] {
  const common = {
    tag: 'AI drop-in', auth: 'license', headers: callerHeaders, errorShape: errorShapes.openai, before: aiCaller(deps),
    description: 'With your own OpenAI key (`PUT /api/v1/provider-keys/openai`): passed on to your account and back, byte by byte. Costs nothing of the quota. Without one it is refused (403).',
  } as const;
  const answer = (schema: z.ZodType) => ({ 200: { description: 'As OpenAI answers.', schema } });
  const pass = ({ req, res }: { req: Request; res: Response }) => passToAccount(deps, req, res);

  return [
    route({ ...common, method: 'get', path: '/v1/chat/completions', operationId: 'listChatCompletions', summary: 'Completions that OpenAI has stored for you', responses: answer(page) }, pass),
    route({ ...common, method: 'get', path: '/v1/chat/completions/:id', operationId: 'readChatCompletion', summary: 'One of them', params, responses: answer(object) }, pass),
    route({ ...common, method: 'post', path: '/v1/chat/completions/:id', operationId: 'changeChatCompletion', summary: 'Change its metadata', params, body: 'raw', bodyLimitBytes, responses: answer(object) }, pass),
    route({ ...common, method: 'delete', path: '/v1/chat/completions/:id', operationId: 'deleteChatCompletion', summary: 'Delete it', params, responses: answer(object) }, pass),
    route({ ...common, method: 'get', path: '/v1/chat/completions/:id/messages', operationId: 'listChatCompletionMessages', summary: 'Its messages', params, responses: answer(page) }, pass),
    route({ ...common, method: 'delete', path: '/v1/models/:id', operationId: 'deleteModel', summary: 'Delete a model that you have tuned', params, responses: answer(object) }, pass),
  ];
}

/** Asks the caller's own account at OpenAI. Throws FORBIDDEN where there is none. */
async function passToAccount(deps: CatalogDeps, req: Request, res: Response): Promise<Reply> {
  const { license } = callerOf(res);
  const key = (await listKeys(deps.db, license.id)).filter(isOfKnownProvider).find(({ provider }) => provider === 'openai');
  if (!key) throw new AppError('FORBIDDEN', 'This is about an account at OpenAI, and that of this server belongs to many. Save a key to an account of your own first: PUT /api/v1/provider-keys/openai.');
  const upstream = ownUpstream(deps, key, key.provider);
  const body = Buffer.isBuffer(req.body) ? req.body : undefined;
  const request = { method: req.method as UpstreamRequest['method'], path: req.path.slice(prefix.length) + queryOf(req), headers: body ? req.headers : { ...req.headers, 'content-type': undefined }, ...(body ? { body } : {}) };
  const client = clientAnswer(res);
  await answering(deps, { protocol: 'openai', isStream: false, licenseId: license.id, req, res }, client, (signal) =>
    freeCall(deps, { signal, isStream: false, title: upstream.face.title }, async (watch) => {
      const last = await passThrough({ upstream, model: '', caller: 'openai', passBack: true, watch, meter: meterChat(() => 0) }, request, client, false);
      client.end(last, deps.config.AI_IDLE_TIMEOUT_MS);
    }),
  );
  return undefined;
}
