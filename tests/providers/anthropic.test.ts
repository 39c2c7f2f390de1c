import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { createTestApp, onBothDatabases, type TestApp } from '../harness.ts';
import { anthropicAnswer, anthropicError, anthropicEvents, anthropicStream, beginAnthropicStream } from './anthropic-wire.ts';
import { lastRow, parseEvents, question } from './chat-client.ts';
import { startUpstream, type Upstream } from './upstream.ts';

onBothDatabases('Anthropic', (engine) => {
  let upstream: Upstream;
  let app: TestApp;
  before(async () => {
    upstream = await startUpstream();
    app = await createTestApp(engine, { ANTHROPIC_API_KEY: 'sk-ant-secret-key', ANTHROPIC_BASE_URL: upstream.url, ANTHROPIC_MODEL: 'claude-test' });
  });
  after(async () => {
    await app.close();
    await upstream.close();
  });
  /** Each comes after the longest pause of the circuit breaker, so that all of them are asked. */
  const chat = (body: Record<string, unknown>) => {
    app.clock.now += 300_000;
    return app.call('post', '/api/chat', { key: developmentKey, body: { messages: question, ...body } });
  };
  const said = (role: string, text: string | undefined) => ({ role, content: [{ type: 'text', text }] });
  const lastRequest = () => upstream.received.at(-1);

  it('takes system messages apart, always limits the answer and keeps the temperature within bounds', async () => {
    upstream.answer(anthropicAnswer(['Rubber ', 'boots.']));
    const messages = [{ role: 'system', content: 'You sell shoes.' }, { role: 'user', content: 'Hi' }, { role: 'assistant', content: 'Hello' }, { role: 'system', content: 'Be brief.' }, ...question];
    const answer = await chat({ messages, temperature: 1.7 });
    assert.deepEqual([answer.status, answer.body.provider, answer.body.model, answer.body.message.content, answer.body.finish_reason], [200, 'anthropic', 'claude-test-20260101', 'Rubber boots.', 'stop']);
    assert.deepEqual([lastRequest()?.path, lastRequest()?.headers['x-api-key']], ['/v1/messages', 'sk-ant-secret-key']);
    assert.ok(lastRequest()?.headers['anthropic-version']);
    assert.deepEqual(lastRequest()?.body, {
      model: 'claude-test', max_tokens: 4096, system: 'You sell shoes.\n\nBe brief.', temperature: 1,
      messages: [said('user', 'Hi'), said('assistant', 'Hello'), said('user', question[0]?.content)],
    });
    await chat({ max_tokens: 77, model: 'claude-other' });
    assert.deepEqual(lastRequest()?.body, { model: 'claude-other', max_tokens: 77, messages: [said('user', question[0]?.content)] });
  });

  it('counts input inside and outside the cache, and the cumulative output once', async () => {
    upstream.answer(anthropicAnswer(['Boots.'], 'max_tokens'));
    const whole = await chat({});
    assert.deepEqual([whole.body.usage, whole.body.finish_reason], [{ input_tokens: 120, cached_tokens: 40, output_tokens: 45, reasoning_tokens: 0, total_tokens: 165, exact: true }, 'length']);
    upstream.answer(anthropicStream(['Rubber', ' boots']));
    const { events, text, isDone } = parseEvents((await chat({ stream: true })).text);
    assert.deepEqual([text, isDone, events.at(-1)?.finish_reason], ['Rubber boots', true, 'stop']);
    assert.deepEqual(events.at(-1)?.usage, { input_tokens: 120, cached_tokens: 40, output_tokens: 45, reasoning_tokens: 20, total_tokens: 165, exact: true });
    const row = await lastRow(app);
    assert.deepEqual([row.status, row.input_tokens, row.cached_tokens, row.output_tokens, row.reasoning_tokens, row.is_exact, row.provider_request_id, row.model], ['completed', 120, 40, 45, 20, 1, 'req_anthropic_2', 'claude-test-20260101']);
  });

  it('reports an error event after the first byte as an error, never as the end', async () => {
    upstream.answer((res) => {
      beginAnthropicStream(res);
      res.end(anthropicEvents.blockStart() + anthropicEvents.text('Rubber') + anthropicEvents.error('overloaded_error', 'Overloaded'));
    });
    const { events, text, isDone } = parseEvents((await chat({ stream: true })).text);
    assert.deepEqual([text, isDone, events.at(-1)?.error?.code], ['Rubber', false, 'PROVIDER_UNAVAILABLE']);
    const row = await lastRow(app);
    assert.deepEqual([row.status, row.charged_requests, row.error_code, row.is_exact, row.input_tokens, row.output_tokens], ['failed', 1, 'PROVIDER_UNAVAILABLE', 0, 120, 2]);
  });

  it('answers with an error status when the error event comes before any text', async () => {
    upstream.answer((res) => {
      beginAnthropicStream(res);
      res.end(anthropicEvents.error('overloaded_error', 'Overloaded'));
    });
    const answer = await chat({ stream: true });
    assert.deepEqual([answer.status, answer.body.error.code], [503, 'PROVIDER_UNAVAILABLE']);
    assert.equal((await lastRow(app)).charged_requests, 0);
  });

  it('takes a stream without message_stop for truncated', async () => {
    upstream.answer((res) => {
      beginAnthropicStream(res);
      res.end(anthropicEvents.blockStart() + anthropicEvents.text('Rubber') + anthropicEvents.blockStop() + anthropicEvents.delta(7));
    });
    const { events, isDone } = parseEvents((await chat({ stream: true })).text);
    assert.deepEqual([isDone, events.at(-1)?.error?.code], [false, 'PROVIDER_FAILED']);
    const row = await lastRow(app);
    assert.deepEqual([row.status, row.charged_requests, row.output_tokens, row.is_exact], ['failed', 1, 7, 1]);
  });

  const failures: [string, Parameters<Upstream['answer']>[0], number, string, RegExp][] = [
    ['a wrong key', anthropicError(401, 'authentication_error', 'invalid x-api-key sk-ant-secret-key'), 502, 'PROVIDER_FAILED', /ANTHROPIC_API_KEY/],
    ['an account without credit', anthropicError(402, 'billing_error', 'Your credit balance is too low'), 502, 'PROVIDER_FAILED', /credit/],
    ['a bad request', anthropicError(400, 'invalid_request_error', 'max_tokens: 128000 > 8192'), 400, 'PROVIDER_REJECTED', /max_tokens: 128000 > 8192/],
    ['a conversation that is too long', anthropicError(400, 'invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'), 400, 'CONTEXT_TOO_LONG', /shorter/],
    ['a request that is too large', anthropicError(413, 'request_too_large', 'Request exceeds the maximum size'), 400, 'CONTEXT_TOO_LONG', /shorter/],
    ['an unknown model', anthropicError(404, 'not_found_error', 'model: claude-x'), 400, 'MODEL_UNKNOWN', /claude-test/],
    ['a rate limit', anthropicError(429, 'rate_limit_error', 'This request would exceed your rate limit', { 'retry-after': '3600' }), 503, 'PROVIDER_UNAVAILABLE', /busy/],
    ['an overload', anthropicError(529, 'overloaded_error', 'Overloaded'), 503, 'PROVIDER_UNAVAILABLE', /busy/],
    ['a broken provider', anthropicError(500, 'api_error', 'Internal server error'), 502, 'PROVIDER_FAILED', /failed to answer/],
    ['a time-out of its own', anthropicError(504, 'timeout_error', 'Request timed out'), 504, 'PROVIDER_TIMEOUT', /in time/],
  ];
  for (const [what, script, status, code, message] of failures) {
    it(`gives back the request and answers ${status} ${code} on ${what}, after one attempt`, async () => {
      upstream.answer(script);
      for (const stream of [false, true]) {
        const before = upstream.received.length;
        const answer = await chat({ stream });
        assert.deepEqual([answer.status, answer.body.error?.code], [status, code], JSON.stringify(answer.body));
        assert.match(answer.body.error.message, message);
        assert.ok(!answer.text.includes('secret'), answer.text);
        if (status === 503) assert.ok(Number(answer.headers['retry-after']) > 0);
        assert.equal(upstream.received.length, before + 1);
        const row = await lastRow(app);
        assert.deepEqual([row.status, row.charged_requests, row.error_code], ['failed', 0, code]);
      }
    });
  }
});
