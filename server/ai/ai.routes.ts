import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { errorText } from '../errors.ts';
import { errorAnswer } from '../http/error-handler.ts';
import { route, type Route } from '../http/route.ts';
import { clientSignal, eventStream } from '../http/sse.ts';
import { isActivatedOrigin } from '../licenses/activated-origin.ts';
import { rateLimitHeaders, requestsPer, type Quota, type QuotaState } from '../usage/quota.rules.ts';
import { chatBody, chatAnswer } from './chat-schemas.ts';
import { callerAt, callerHeaders, callerOf, chatCaller } from './gateway/caller.ts';
import { guardRequest } from './guard-rails/guard-request.ts';
import type { ChatMessage } from './provider.ts';
import { completeChat, type Completion } from './complete-chat.ts';
import { ClientLeft } from './watch.ts';

const bodyLimitBytes = 1024 * 1024;

/** Chat with an AI provider on the vendor's account, metered against the licence. */
export function aiRoutes(deps: Deps): Route[] {
  const { config, db, now, log } = deps;
  const chat = route(
    {
      method: 'post', path: '/api/chat', operationId: 'chat', tag: 'AI', auth: 'license',
      summary: 'Ask an AI model',
      description: [
        'For plans with the AI proxy. Costs one request of the quota, unless the provider fails before it has said anything; a client that leaves while the provider is at work has used one.',
        'Every answer carries `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (seconds) for the window, hour or month, that will run out first; a refusal (429) also `Retry-After`.',
        'With `stream: true` the answer is `text/event-stream`: events `data: {id, provider, model, delta: {content}}`, a last one with an empty `delta`, `finish_reason`, `usage` and `quota`, then `data: [DONE]`.',
        'A failure after the first event is an event `data: {error: {…}}` and the stream ends without `[DONE]`. Before it, it is an ordinary error answer.',
      ].join('\n\n'),
      headers: callerHeaders.extend({ 'x-license-key': z.string().max(200).optional().meta({ description: 'The licence key, or from a browser a visitor token.', example: 'CHA-TEST-1234-5678-ABCD' }) }),
      body: chatBody, bodyLimitBytes, before: chatCaller(deps), cors: (origin) => isActivatedOrigin(db, origin),
      responses: { 200: { description: 'The answer of the model.', schema: chatAnswer } },
    },
    async ({ body, req, res }) => {
      const signal = clientSignal(res);
      const { domain, ...request } = body;
      const caller = await callerAt(deps, callerOf(res), req, domain);
      const { license } = caller;
      const guarded = await guardRequest(deps, caller, 'openai', { body: { model: request.model, messages: request.messages }, bytes: Buffer.alloc(0) }, signal);
      const events = eventStream(res);
      const pieces: string[] = [];
      let quota: Quota | undefined;
      let start = {};
      try {
        const completion = await completeChat(deps, license, { ...request, messages: guarded.body['messages'] as ChatMessage[], site: caller.site, visitor: caller.visitor }, {
          signal,
          onQuota(current) {
            quota = current;
            res.setHeaders(new Map(Object.entries(rateLimitHeaders(current, now()))));
          },
          onStart(started) {
            start = started;
          },
          onText(text) {
            if (request.stream) return events.send({ ...start, delta: { content: text } });
            pieces.push(text);
            return undefined;
          },
        });
        const ending = { finish_reason: completion.finishReason, usage: usageBody(completion), quota: quota && quotaBody(quota) };
        const head = { id: completion.id, provider: completion.provider, model: completion.model };
        if (!request.stream) return { body: { ...head, message: { role: 'assistant', content: pieces.join('') }, ...ending } };
        void events.send({ ...head, delta: {}, ...ending });
        void events.send('[DONE]');
        events.end(config.AI_IDLE_TIMEOUT_MS);
      } catch (error) {
        if (signal.aborted || error instanceof ClientLeft) {
          // Nobody is there to be told.
          if (!(error instanceof ClientLeft)) log.error({ request_id: res.locals['requestId'], license_id: license.id, detail: errorText(error) }, 'a chat failed after its client had left');
          res.destroy();
        } else if (!events.isOpen) throw error;
        else {
          void events.send(errorAnswer(log, error, req, res.locals['requestId'] as string).body);
          events.end(config.AI_IDLE_TIMEOUT_MS);
        }
      }
      return undefined;
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
