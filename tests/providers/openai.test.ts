import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { createTestApp, onBothDatabases, type TestApp } from '../harness.ts';
import { lastRow, parseEvents, question } from './chat-client.ts';
import { beginOpenAiStream, openAiAnswer, openAiChunks, openAiError, openAiStream } from './openai-wire.ts';
import { json, startUpstream, type Upstream } from './upstream.ts';

onBothDatabases('OpenAI and servers that speak its protocol', (engine) => {
  let upstream: Upstream;
  let app: TestApp;
  before(async () => {
    upstream = await startUpstream();
    app = await createTestApp(engine, {
      OPENAI_API_KEY: 'sk-secret-openai-key', OPENAI_BASE_URL: `${upstream.url}/v1`, OPENAI_MODEL: 'gpt-test',
      DEEPSEEK_API_KEY: 'sk-secret-deepseek-key', DEEPSEEK_BASE_URL: `${upstream.url}/deepseek`, DEEPSEEK_MODEL: 'deepseek-test',
      OPENAI_COMPATIBLE_BASE_URL: `${upstream.url}/ollama/v1`,
    });
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
  const lastRequest = () => upstream.received.at(-1);

  it('sends an OpenAI request with the configured key and model, once, and answers with text and exact usage', async () => {
    upstream.answer(openAiAnswer('Rubber boots.'));
    const messages = [{ role: 'system', content: 'You sell shoes.' }, ...question];
    const answer = await chat({ messages, temperature: 0.3, max_tokens: 200 });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body.message, { role: 'assistant', content: 'Rubber boots.' });
    assert.deepEqual([answer.body.provider, answer.body.model, answer.body.finish_reason], ['openai', 'gpt-test-2026-01-01', 'stop']);
    assert.deepEqual(answer.body.usage, { input_tokens: 120, cached_tokens: 100, output_tokens: 45, reasoning_tokens: 20, total_tokens: 165, exact: true });
    assert.deepEqual([lastRequest()?.path, lastRequest()?.headers.authorization], ['/v1/chat/completions', 'Bearer sk-secret-openai-key']);
    assert.deepEqual(lastRequest()?.body, { model: 'gpt-test', messages, temperature: 0.3, max_completion_tokens: 200, stream: false });
    const row = await lastRow(app);
    assert.deepEqual([row.id, row.status, row.charged_requests, row.provider, row.model, row.is_exact, row.is_stream, row.provider_request_id], [answer.body.id, 'completed', 1, 'openai', 'gpt-test-2026-01-01', 1, 0, 'req_openai_1']);
    assert.deepEqual([row.input_tokens, row.cached_tokens, row.output_tokens, row.reasoning_tokens], [120, 100, 45, 20]);
    assert.ok(row.first_byte_ms !== null && row.total_ms !== null && row.total_ms >= row.first_byte_ms);
  });

  it('streams piece by piece, asks the provider for the usage and ends with it and [DONE]', async () => {
    upstream.answer(openAiStream(['Rubber', ' boots', ', 🥾']));
    const answer = await chat({ stream: true });
    assert.equal(answer.headers['content-type'], 'text/event-stream; charset=utf-8');
    const { events, text, isDone } = parseEvents(answer.text);
    assert.deepEqual([events.slice(0, -1).map(({ delta }) => delta?.content), text, isDone], [['Rubber', ' boots', ', 🥾'], 'Rubber boots, 🥾', true]);
    assert.deepEqual([events.at(-1)?.finish_reason, events.at(-1)?.usage], ['stop', { input_tokens: 120, cached_tokens: 100, output_tokens: 45, reasoning_tokens: 20, total_tokens: 165, exact: true }]);
    assert.deepEqual([lastRequest()?.body['stream'], lastRequest()?.body['stream_options']], [true, { include_usage: true }]);
    const row = await lastRow(app);
    assert.deepEqual([row.status, row.is_exact, row.is_stream, row.output_tokens, row.provider_request_id], ['completed', 1, 1, 45, 'req_openai_2']);
  });

  it('sends no optional field that the client did not send', async () => {
    upstream.answer(openAiAnswer('Yes.'));
    await chat({ temperature: null, max_tokens: null, model: 'gpt-other', stream: false });
    assert.deepEqual(lastRequest()?.body, { model: 'gpt-other', messages: question, stream: false });
  });

  it('keeps a stream without usage as an estimate', async () => {
    upstream.answer((res) => {
      beginOpenAiStream(res);
      res.end(openAiChunks.text('12345678') + openAiChunks.finish('length') + openAiChunks.done());
    });
    const { events, isDone } = parseEvents((await chat({ stream: true })).text);
    assert.deepEqual([isDone, events.at(-1)?.finish_reason, events.at(-1)?.usage?.['exact'], events.at(-1)?.usage?.['output_tokens']], [true, 'length', false, 2]);
  });

  it('reads DeepSeek: cache hits, keep-alive comments, thinking switched off', async () => {
    const usage = { prompt_tokens: 90, completion_tokens: 10, total_tokens: 100, prompt_cache_hit_tokens: 64, prompt_cache_miss_tokens: 26 };
    upstream.answer((res) => {
      beginOpenAiStream(res);
      res.end([openAiChunks.keepAlive(), openAiChunks.role(), openAiChunks.reasoning('Rain is wet.'), openAiChunks.keepAlive(), openAiChunks.text('Boots.'), openAiChunks.finish(), openAiChunks.usage(usage), openAiChunks.done()].join(''));
    });
    const { text, isDone } = parseEvents((await chat({ api_provider: 'DeepSeek', max_tokens: 50, stream: true })).text);
    assert.deepEqual([text, isDone], ['Boots.', true]);
    assert.deepEqual([lastRequest()?.path, lastRequest()?.headers.authorization], ['/deepseek/chat/completions', 'Bearer sk-secret-deepseek-key']);
    assert.deepEqual([lastRequest()?.body['model'], lastRequest()?.body['max_tokens'], lastRequest()?.body['thinking']], ['deepseek-test', 50, { type: 'disabled' }]);
    const row = await lastRow(app);
    assert.deepEqual([row.provider, row.input_tokens, row.cached_tokens, row.output_tokens], ['deepseek', 90, 64, 10]);
    // Kept alive with blank lines until the JSON is there.
    upstream.answer((res) => {
      res.writeHead(200, { 'Content-Type': 'application/json' });
      res.write('\n\n');
      res.end(`\n${JSON.stringify({ id: 'x', object: 'chat.completion', created: 1, model: 'deepseek-test', choices: [{ index: 0, message: { role: 'assistant', content: 'Boots.', reasoning_content: 'Rain.' }, finish_reason: 'stop' }], usage })}`);
    });
    const whole = await chat({ api_provider: 'deepseek' });
    assert.deepEqual([whole.body.message.content, whole.body.usage.cached_tokens], ['Boots.', 64]);
  });

  it('asks a compatible server without a key, and wants a model for it', async () => {
    upstream.answer(openAiAnswer('Hello.'));
    const answer = await chat({ api_provider: 'openai_compatible', model: 'llama3.2:3b', max_tokens: 5 });
    assert.equal(answer.status, 200);
    assert.deepEqual([lastRequest()?.path, lastRequest()?.headers.authorization, lastRequest()?.body['max_tokens']], ['/ollama/v1/chat/completions', undefined, 5]);
    const without = await chat({ api_provider: 'openai-compatible' });
    assert.deepEqual([without.status, without.body.error.field], [400, 'body.model']);
    assert.match(without.body.error.message, /OPENAI_COMPATIBLE_MODEL/);
  });

  const failures: [string, Parameters<Upstream['answer']>[0], number, string, RegExp][] = [
    ['a wrong key', openAiError(401, { message: 'Incorrect API key provided: sk-secr************-key.', code: 'invalid_api_key' }), 502, 'PROVIDER_FAILED', /OPENAI_API_KEY/],
    ['a forbidden region', openAiError(403, { message: 'Country not supported', code: 'unsupported_country_region_territory' }), 502, 'PROVIDER_FAILED', /OPENAI_API_KEY/],
    ['an empty account', openAiError(429, { message: 'You exceeded your current quota', type: 'insufficient_quota', code: 'insufficient_quota' }), 502, 'PROVIDER_FAILED', /credit/],
    ['no balance', openAiError(402, { message: 'Insufficient Balance', type: 'unknown_error' }), 502, 'PROVIDER_FAILED', /credit/],
    ['a bad request', openAiError(400, { message: 'Unsupported value: temperature does not support 1.9 (key sk-secret-openai-key)', code: 'unsupported_value', param: 'temperature' }), 400, 'PROVIDER_REJECTED', /temperature does not support 1\.9 \(key \[key\]\)/],
    ['bad parameters at DeepSeek', openAiError(422, { message: 'Invalid parameters' }), 400, 'PROVIDER_REJECTED', /Invalid parameters/],
    ['a conversation that is too long', openAiError(400, { message: 'This model has a limit of 128000 tokens', code: 'context_length_exceeded' }), 400, 'CONTEXT_TOO_LONG', /shorter/],
    ['a conversation that is too long for a compatible server', openAiError(400, { message: "This model's maximum context length is 4096 tokens." }), 400, 'CONTEXT_TOO_LONG', /shorter/],
    ['an unknown model', openAiError(404, { message: 'The model `gpt-x` does not exist or you do not have access to it.', code: 'model_not_found' }), 400, 'MODEL_UNKNOWN', /gpt-test/],
    ['an overloaded provider', openAiError(503, { message: 'The engine is currently overloaded', type: 'server_error' }, { 'retry-after': '7' }), 503, 'PROVIDER_UNAVAILABLE', /busy/],
    ['a broken provider', openAiError(500, { message: 'internal stack trace', type: 'server_error' }), 502, 'PROVIDER_FAILED', /^OpenAI failed to answer/],
    ['a gateway time-out', (res) => void res.writeHead(504, { 'Content-Type': 'text/html' }).end('<h1>504</h1>'), 504, 'PROVIDER_TIMEOUT', /in time/],
    ['a wrong address', (res) => void res.writeHead(404, { 'Content-Type': 'text/html' }).end('<h1>not here</h1>'), 502, 'PROVIDER_FAILED', /OPENAI_BASE_URL/],
    ['an answer that is not JSON', (res) => void res.writeHead(200, { 'Content-Type': 'application/json' }).end('{"choices": [{'), 502, 'PROVIDER_FAILED', /could not be read|broke off/],
    ['an answer without a choice', (res) => json(res, 200, { object: 'chat.completion', choices: [] }), 502, 'PROVIDER_FAILED', /could not be read|broke off/],
    ['a connection that breaks', (res) => void res.destroy(), 502, 'PROVIDER_FAILED', /could not be reached/],
    ['a body that breaks off', (res) => { res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '5000' }); res.write('{"choices":'); setImmediate(() => res.destroy()); }, 502, 'PROVIDER_FAILED', /could not be reached/],
    ['a redirect', (res) => void res.writeHead(307, { Location: 'http://127.0.0.1:9/elsewhere' }).end(), 502, 'PROVIDER_FAILED', /leads elsewhere.*OPENAI_BASE_URL/],
  ];
  for (const [what, script, status, code, message] of failures) {
    it(`gives back the request and answers ${status} ${code} on ${what}, after one attempt`, async () => {
      upstream.answer(script);
      for (const stream of [false, true]) {
        const before = upstream.received.length;
        const answer = await chat({ stream });
        assert.deepEqual([answer.status, answer.body.error?.code], [status, code], JSON.stringify(answer.body));
        assert.match(answer.body.error.message, message);
        assert.ok(!/secr|stack trace/.test(answer.text), answer.text);
        assert.equal(upstream.received.length, before + 1);
        const row = await lastRow(app);
        assert.deepEqual([row.status, row.charged_requests, row.error_code, row.output_tokens], ['failed', 0, code, 0]);
      }
    });
  }

  it('passes on when to try again', async () => {
    upstream.answer(openAiError(429, { message: 'Rate limit reached', type: 'requests', code: 'rate_limit_exceeded' }, { 'retry-after': '42', 'x-ratelimit-reset-requests': '42s' }));
    const answer = await chat({});
    assert.deepEqual([answer.status, answer.body.error.code, answer.headers['retry-after']], [503, 'PROVIDER_UNAVAILABLE', '42']);
  });

  it('names the variable that switches a missing provider on', async () => {
    const answer = await chat({ api_provider: 'anthropic' });
    assert.deepEqual([answer.status, answer.body.error.code, answer.body.error.field], [400, 'PROVIDER_NOT_CONFIGURED', 'body.api_provider']);
    assert.match(answer.body.error.message, /openai, deepseek, openai-compatible.*ANTHROPIC_API_KEY/);
    const health = await app.call('get', '/api/health?detailed=true');
    assert.deepEqual((health.body.providers as { name: string }[]).map(({ name }) => name), ['openai', 'deepseek', 'openai-compatible']);
  });
});
