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
import { freeCall } from '../metered-call.ts';
import { isOfKnownProvider, ownUpstream } from './own-upstreams.ts';
import { listKeys } from './provider-keys.store.ts';

const bodyLimitBytes = 1024 * 1024;
const id = z.string().min(1).max(200);
const object = z.looseObject({});

/** What an account at OpenAI keeps, for licences with a key to an account of their own. On ours it would show what other customers have stored. */
export function accountRoutes(deps: CatalogDeps): Route[] {
  const common = { tag: 'AI drop-in', auth: 'license', headers: callerHeaders, errorShape: errorShapes.openai, before: aiCaller(deps) } as const;
  const description = 'With your own OpenAI key (`PUT /api/v1/provider-keys/openai`): passed on to your account and back, byte by byte. Costs nothing of the quota. Without one it is refused (403).';
  const answer = (schema: z.ZodType) => ({ 200: { description: 'As OpenAI answers.', schema } });
  const pass = (method: 'GET' | 'POST' | 'DELETE', path: string, { req, res }: { req: Request; res: Response }) => passToAccount(deps, method, path, req, res);
  const list = answer(z.looseObject({ data: z.array(object) }));

  return [
    route({ ...common, method: 'get', path: '/v1/chat/completions', operationId: 'listChatCompletions', summary: 'Completions that OpenAI has stored for you', description, responses: list }, (input) => pass('GET', '/chat/completions', input)),
    route({ ...common, method: 'get', path: '/v1/chat/completions/:id', operationId: 'readChatCompletion', summary: 'One of them', description, params: z.object({ id }), responses: answer(object) }, (input) => pass('GET', `/chat/completions/${encodeURIComponent(input.params.id)}`, input)),
    route({ ...common, method: 'post', path: '/v1/chat/completions/:id', operationId: 'changeChatCompletion', summary: 'Change its metadata', description, params: z.object({ id }), body: 'raw', bodyLimitBytes, responses: answer(object) }, (input) => pass('POST', `/chat/completions/${encodeURIComponent(input.params.id)}`, input)),
    route({ ...common, method: 'delete', path: '/v1/chat/completions/:id', operationId: 'deleteChatCompletion', summary: 'Delete it', description, params: z.object({ id }), responses: answer(object) }, (input) => pass('DELETE', `/chat/completions/${encodeURIComponent(input.params.id)}`, input)),
    route({ ...common, method: 'get', path: '/v1/chat/completions/:id/messages', operationId: 'listChatCompletionMessages', summary: 'Its messages', description, params: z.object({ id }), responses: list }, (input) => pass('GET', `/chat/completions/${encodeURIComponent(input.params.id)}/messages`, input)),
    route({ ...common, method: 'delete', path: '/v1/models/:id', operationId: 'deleteModel', summary: 'Delete a model that you have tuned', description, params: z.object({ id }), responses: answer(object) }, (input) => pass('DELETE', `/models/${encodeURIComponent(input.params.id)}`, input)),
  ];
}

/** Asks the caller's own account at OpenAI. Throws FORBIDDEN where there is none. */
async function passToAccount(deps: CatalogDeps, method: 'GET' | 'POST' | 'DELETE', path: string, req: Request, res: Response): Promise<Reply> {
  const { license } = callerOf(res);
  const key = (await listKeys(deps.db, license.id)).filter(isOfKnownProvider).find(({ provider }) => provider === 'openai');
  if (!key) throw new AppError('FORBIDDEN', 'This is about an account at OpenAI, and that of this server belongs to many. Save a key to an account of your own first: PUT /api/v1/provider-keys/openai.');
  const upstream = ownUpstream(deps, key, key.provider);
  const body = Buffer.isBuffer(req.body) ? req.body : undefined;
  const request = { method, path: path + queryOf(req), headers: body ? req.headers : { ...req.headers, 'content-type': undefined }, ...(body ? { body } : {}) };
  const client = clientAnswer(res);
  await answering(deps, { protocol: 'openai', isStream: false, licenseId: license.id, req, res }, client, (signal) =>
    freeCall(deps, { signal, isStream: false, title: upstream.face.title }, async (watch) => {
      const last = await passThrough({ upstream, model: '', caller: 'openai', passBack: true, watch, meter: meterChat(() => 0) }, request, client, false);
      client.end(last, deps.config.AI_IDLE_TIMEOUT_MS);
    }),
  );
  return undefined;
}
