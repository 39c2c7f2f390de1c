import type { Response } from 'express';
import { z } from 'zod';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { route, type Route } from '../../http/route.ts';
import { isActivatedOrigin } from '../../licenses/activated-origin.ts';
import { catalogFor } from '../own-keys/targets-for.ts';
import { modelsFor } from '../visitors/visitor-models.rules.ts';
import { aiCaller, anthropicRequestId, callerHeaders, callerOf, errorShapes, protocolOfRequest } from './caller.ts';
import { visitorRefusals } from './documented-refusals.ts';
import { listModels, type ListedModel } from './list-models.ts';
import type { Protocol } from './wire.rules.ts';

const openAiModel = z.object({ id: z.string(), object: z.literal('model'), created: z.int(), owned_by: z.string() }).meta({ id: 'OpenAiModel' });
const anthropicModel = z.object({ id: z.string(), type: z.literal('model'), display_name: z.string(), created_at: z.iso.datetime() }).meta({ id: 'AnthropicModel' });
const openAiList = z.object({ object: z.literal('list'), data: z.array(openAiModel) });
const anthropicList = z.object({ data: z.array(anthropicModel), has_more: z.literal(false), first_id: z.string().nullable(), last_id: z.string().nullable() });

const headers = callerHeaders.extend({ 'anthropic-version': z.string().optional().meta({ description: "When it is there, the answer has Anthropic's shape." }) });

/** The models that can be asked for, in either protocol's shape. */
export function modelRoutes(deps: Deps): Route[] {
  const common = { tag: 'AI drop-in', auth: 'license' as const, headers, errorShape: errorShapes.both, before: [anthropicRequestId, ...aiCaller(deps, 'visitors')], cors: (origin: string) => isActivatedOrigin(deps.db, origin), errors: [...visitorRefusals] };
  const listed = async (res: Response, protocol: Protocol) => {
    const { license, visitor, terms } = callerOf(res);
    const catalog = await catalogFor(deps, { license, terms });
    return listModels(deps, catalog, { protocol, allowedModels: modelsFor(visitor, terms.allowedModels, catalog.aliases.keys()) });
  };
  const list = route(
    {
      ...common, method: 'get', path: '/v1/models', operationId: 'listModels', summary: 'The models that can be asked for',
      description: "The aliases of this server, and what every provider that is set up offers (asked of it, and kept for some minutes): of both what the plan includes and has a price. OpenAI's shape, or Anthropic's when the request has an `anthropic-version` header. Every name leads back to its provider; where a name alone would not, it is `provider/model`.",
      responses: { 200: { description: 'The models.', schema: z.union([openAiList, anthropicList]) } },
    },
    async ({ req, res }) => {
      const protocol = protocolOfRequest(req);
      const models = (await listed(res, protocol)).map((model) => modelBody(protocol, model));
      if (protocol === 'openai') return { body: { object: 'list', data: models } };
      return { body: { data: models, has_more: false, first_id: models[0]?.id ?? null, last_id: models.at(-1)?.id ?? null } };
    },
  );
  const read = route(
    {
      ...common, method: 'get', path: '/v1/models/:id', operationId: 'readModel', summary: 'One model',
      params: z.object({ id: z.string().max(200) }), errors: [...visitorRefusals, 'MODEL_UNKNOWN'],
      responses: { 200: { description: 'The model.', schema: z.union([openAiModel, anthropicModel]) } },
    },
    async ({ req, res, params: { id } }) => {
      const protocol = protocolOfRequest(req);
      const model = (await listed(res, protocol)).find((candidate) => candidate.id === id || `${candidate.provider}/${candidate.id}` === id);
      if (!model) throw new AppError('MODEL_UNKNOWN', `No provider of this server offers the model "${id}". GET /v1/models lists those that are offered.`, { field: 'path.model' });
      return { body: modelBody(protocol, model) };
    },
  );
  return [list, read];
}

function modelBody(protocol: Protocol, { id, title, ownedBy, createdAt }: ListedModel): { id: string } {
  if (protocol === 'openai') return { id, object: 'model', created: createdAt, owned_by: ownedBy } as { id: string };
  return { id, type: 'model', display_name: title, created_at: new Date(createdAt * 1000).toISOString() } as { id: string };
}
