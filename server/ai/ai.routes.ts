import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { usableLicense } from '../http/license-auth.ts';
import { licenseKeyHeader } from '../http/license-key.ts';
import { limitByAddress } from '../http/rate-limit.ts';
import { route, type Reply, type Route } from '../http/route.ts';
import { siteOf } from '../licenses/site-of.ts';
import { rateLimitHeaders, requestsPer, type Quota, type QuotaState } from '../usage/quota.rules.ts';
import { chatAnswer } from './chat-answer.ts';
import { chatBody, chatAnswerBody } from './chat-schemas.ts';
import { completeChat, type Completion } from './complete-chat.ts';
import { answering } from './gateway/answering.ts';

const bodyLimitBytes = 1024 * 1024;

/** Chat with an AI provider on the vendor's account, metered against the licence. */
export function aiRoutes(deps: Deps): Route[] {
  const { config, db, vault, now } = deps;
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
      headers: licenseKeyHeader.extend({ 'x-site-domain': z.string().max(2_000).optional().meta({ description: 'The site that asks, if the body does not say it.' }) }),
      body: chatBody, bodyLimitBytes, before: [limitByAddress(600)],
      responses: { 200: { description: 'The answer of the model.', schema: chatAnswerBody } },
    },
    async ({ headers, body, req, res }) => {
      const { domain, ...request } = body;
      const site = domain !== undefined ? siteOf(domain) : headers['x-site-domain'] === undefined ? undefined : siteOf(headers['x-site-domain'], 'headers.x-site-domain');
      const license = await usableLicense(db, vault, { key: headers['x-license-key'], site }, now());
      if (license.ai_proxy === 0) throw new AppError('PLAN_WITHOUT_AI', `The ${license.plan_name} plan does not include AI answers through this server. Upgrade to Pro or Agency, or use an AI provider key of your own in the plugin.`);
      const caller = { license, site: license.activation_id === null ? null : (site?.site ?? null) };
      const answer = chatAnswer(res, request.stream);
      let quota: Quota | undefined;
      const onQuota = (current: Quota) => {
        quota = current;
        res.setHeaders(new Map(Object.entries(rateLimitHeaders(current, now()))));
      };
      let reply: Reply;
      await answering(deps, { protocol: 'openai', isStream: request.stream, licenseId: license.id, req, res }, answer, async (signal) => {
        const completion = await completeChat(deps, caller, request, answer, signal, onQuota);
        const head = { id: completion.id, provider: completion.provider, model: completion.model };
        const ending = { finish_reason: completion.finishReason, usage: usageBody(completion), quota: quota && quotaBody(quota) };
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
