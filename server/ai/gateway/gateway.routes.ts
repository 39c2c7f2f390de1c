import { z } from 'zod';
import type { Deps } from '../../deps.ts';
import { route, type Route } from '../../http/route.ts';
import { isActivatedOrigin } from '../../licenses/activated-origin.ts';
import { aiCaller, anthropicRequestId, callerHeaders, errorShapes } from './caller.ts';
import { countTokens } from './count-tokens.ts';
import { answerRefusals, asEvents, callerRefusals, visitorRefusals } from './documented-refusals.ts';
import { modelRoutes } from './models.routes.ts';
import { serveMetered } from './serve.ts';

/** Requests hold images; it is what Anthropic allows. */
const bodyLimitBytes = 32 * 1024 * 1024;
const tag = 'AI drop-in';

const model = z.string({ error: 'name the model; GET /v1/models lists those that are offered' }).min(1).max(200).meta({ description: 'A name from GET /v1/models, or `provider/model`.', example: 'gpt-5.4-mini' });
// What else a request must have is for the provider to say: with a thread that it holds, even the list of messages may be empty.
const messages = z.array(z.looseObject({ role: z.string() }), { error: 'send a list of messages' });
const stream = z.boolean().nullish();

const completionBody = z.looseObject({ model, messages, stream }).meta({ description: "OpenAI's request, with whatever fields it may have." });
const embeddingsBody = z.looseObject({ model, input: z.unknown().refine((input) => input !== undefined && input !== null, 'send the text to embed') });
const messagesBody = z.looseObject({ model, messages, stream }).meta({ description: "Anthropic's request, with whatever fields it may have." });
const countBody = z.looseObject({ model, messages });

const passedBack = 'The provider answers by itself: its status, its body and its error go back as they came, and fields of the request that nobody here has heard of go to it untouched. A request for a model of a provider with another protocol is translated; what cannot be is refused (400) by name.';
const metering = 'Costs one request of the quota, unless the provider fails before it has said anything. Refusals carry `x-should-retry: false`.';
const events = 'With `stream: true` the answer is `text/event-stream`; a stream that breaks off ends in an error event, never with the end marker of a whole one.';

/** The endpoints that the official SDKs of OpenAI and Anthropic take for the real thing, with the licence key as API key. */
export function gatewayRoutes(deps: Deps): Route[] {
  const visitors = { before: aiCaller(deps, 'visitors'), cors: (origin: string) => isActivatedOrigin(deps.db, origin), errors: [...visitorRefusals, ...answerRefusals] };
  const openAi = { method: 'post', tag, auth: 'license', headers: callerHeaders, errorShape: errorShapes.openai, before: aiCaller(deps), bodyLimitBytes, errors: [...callerRefusals, ...answerRefusals], passesBack: true } as const;
  const anthropic = { ...openAi, errorShape: errorShapes.anthropic, before: [anthropicRequestId, ...aiCaller(deps)] } as const;

  const completions = route(
    {
      ...openAi, ...visitors, path: '/v1/chat/completions', operationId: 'createChatCompletion', summary: "OpenAI's chat completions", description: [passedBack, metering, events].join('\n\n'), body: completionBody,
      responses: { 200: { description: 'As OpenAI answers.', schema: z.looseObject({ choices: z.array(z.looseObject({})) }), also: asEvents("OpenAI's chunks, then `data: [DONE]`.") } },
    },
    ({ req, res, body }) => serveMetered(deps, { protocol: 'openai', endpoint: 'chat.completions', path: '/chat/completions', req, res, body }),
  );
  const embeddings = route(
    {
      ...openAi, path: '/v1/embeddings', operationId: 'createEmbeddings', summary: "OpenAI's embeddings", description: [passedBack, metering].join('\n\n'), body: embeddingsBody,
      responses: { 200: { description: 'As OpenAI answers.', schema: z.looseObject({ data: z.array(z.looseObject({})) }) } },
    },
    ({ req, res, body }) => serveMetered(deps, { protocol: 'openai', endpoint: 'embeddings', path: '/embeddings', req, res, body }),
  );
  const messagesRoute = route(
    {
      ...anthropic, ...visitors, before: [anthropicRequestId, ...visitors.before], path: '/v1/messages', operationId: 'createMessage', summary: "Anthropic's messages", description: [passedBack, metering, events].join('\n\n'), body: messagesBody,
      responses: { 200: { description: 'As Anthropic answers.', schema: z.looseObject({ type: z.literal('message'), content: z.array(z.looseObject({})) }), also: asEvents("Anthropic's events, from `message_start` to `message_stop`.") } },
    },
    ({ req, res, body }) => serveMetered(deps, { protocol: 'anthropic', endpoint: 'messages', path: '/messages', req, res, body }),
  );
  const count = route(
    {
      ...anthropic, path: '/v1/messages/count_tokens', operationId: 'countMessageTokens', summary: 'How many tokens a message has',
      description: 'Anthropic counts the tokens of its own models; for others they are estimated, a token for every four characters. Costs nothing of the quota.', body: countBody,
      responses: { 200: { description: 'The number of tokens of the input.', schema: z.looseObject({ input_tokens: z.int() }) } },
    },
    ({ req, res, body }) => countTokens(deps, { protocol: 'anthropic', endpoint: 'messages.count_tokens', path: '/messages/count_tokens', req, res, body }),
  );
  return [completions, embeddings, messagesRoute, count, ...modelRoutes(deps)];
}
