import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { route, type Reply, type Route } from '../http/route.ts';
import { isActivatedOrigin } from '../licenses/activated-origin.ts';
import { rateLimitHeaders, requestsPer, type Quota, type QuotaState } from '../usage/quota.rules.ts';
import { chatAnswer } from './chat-answer.ts';
import { chatBody, chatAnswerBody } from './chat-schemas.ts';
import { completeChat, type Completion } from './complete-chat.ts';
import { cacheHeader } from './cache/cached-attempts.ts';
import { answering } from './gateway/answering.ts';
import { answerRefusals, asEvents, visitorRefusals } from './gateway/documented-refusals.ts';
import { callerAt, callerHeaders, callerOf, chatCaller } from './gateway/caller.ts';

const bodyLimitBytes = 1024 * 1024;

/** Chat with an AI provider on the vendor's account, metered against the licence. */
export function aiRoutes(deps: Deps): Route[] {
  const { config, db, now } = deps;
  const chat = route(
    {
      method: 'post', path: '/api/chat', operationId: 'chat', tag: 'AI', auth: 'license',
      summary: 'Ask an AI model',
      description: [
        'For plans with the AI proxy, and on any plan with a provider key of your own (`PUT /api/v1/provider-keys/openai`). Costs one request of the quota, unless the provider fails before it has said anything; a client that leaves while the provider is at work has used one.',
        'Every answer carries `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (seconds) for the window, hour or month, that will run out first; a refusal (429) also `Retry-After`.',
        'With `stream: true` the answer is `text/event-stream`: events `data: {id, provider, model, delta: {content}}`, a last one with an empty `delta`, `finish_reason`, `usage` and `quota`, then `data: [DONE]`.',
        'A failure after the first event is an event `data: {error: {…}}` and the stream ends without `[DONE]`. Before it, it is an ordinary error answer.',
      ].join('\n\n'),
      headers: callerHeaders.extend({ 'x-license-key': z.string().max(200).optional().meta({ description: 'The licence key, or from a browser a visitor token.', example: 'CHA-TEST-1234-5678-ABCD' }) }),
      body: chatBody, bodyLimitBytes, before: chatCaller(deps), cors: (origin) => isActivatedOrigin(db, origin),
      responses: { 200: { description: 'The answer of the model.', schema: chatAnswerBody, also: asEvents('With `stream: true`: events of JSON as described above, then `data: [DONE]`.') } },
      errors: [...visitorRefusals, ...answerRefusals, 'PROVIDER_NOT_CONFIGURED'],
    },
    async ({ body, req, res }) => {
      const { domain, ...request } = body;
      const caller = await callerAt(deps, callerOf(res), req, domain);
      const answer = chatAnswer(res, request.stream);
      let quota: Quota | undefined;
      const onQuota = (current: Quota) => {
        quota = current;
        res.setHeaders(new Map(Object.entries(rateLimitHeaders(current, now()))));
      };
      let reply: Reply;
      await answering(deps, { protocol: 'openai', isStream: request.stream, licenseId: caller.license.id, req, res }, answer, async (signal) => {
        const completion = await completeChat(deps, { caller, signal, onQuota, onCache: (cache) => void res.setHeader(cacheHeader, cache) }, request, answer);
        const head = { id: completion.id, provider: completion.provider, model: completion.model };
        const ending = { finish_reason: completion.finishReason, usage: usageBody(completion), quota: quota && quota.length > 0 ? quotaBody(quota) : undefined };
        if (request.stream) answer.complete({ ...head, delta: {}, ...ending }, config.AI_IDLE_TIMEOUT_MS);
        else reply = { body: { ...head, message: { role: 'assistant', content: answer.text() }, ...ending } };
      });
      return reply;
    },
  );
  return [chat];
}

function usageBody({ usage }: Completion): Record<string, unknown> {
  return { input_tokens: usage.input, cached_tokens: usage.cached, output_tokens: usage.output, reasoning_tokens: usage.reasoning, total_tokens: usage.input + usage.output, exact: usage.isExact };
}

function quotaBody(quota: Quota): Record<string, unknown> {
  const windowBody = (state: QuotaState | undefined) => state && { limit: state.limit, used: state.used, remaining: state.remaining, resets_at: new Date(state.resetsAt).toISOString() };
  return { month: windowBody(requestsPer(quota, 'month')), hour: windowBody(requestsPer(quota, 'hour')) };
}
