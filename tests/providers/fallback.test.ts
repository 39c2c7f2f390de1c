import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { onBothDatabases } from '../harness.ts';
import { anthropicAnswer, anthropicError, anthropicStream } from './anthropic-wire.ts';
import { counted, lastRow, ledger, parseEvents, question } from './chat-client.ts';
import { beginOpenAiStream, openAiAnswer, openAiChunks, openAiError } from './openai-wire.ts';
import { openWay, type Way } from './sdk-clients.ts';
import { hang, type Script } from './upstream.ts';

const messages = [{ role: 'user' as const, content: 'Which shoes go with rain?' }];
const alias = 'chatello-fast';
const once = { maxRetries: 0 };

/** The alias leads to OpenAI first and to Anthropic then. */
onBothDatabases('an alias with several providers', (engine) => {
  let way: Way;
  before(async () => {
    way = await openWay(engine, (url) => ({ OPENAI_API_KEY: 'sk-openai-secret', OPENAI_BASE_URL: `${url}/v1`, ANTHROPIC_API_KEY: 'sk-ant-secret', ANTHROPIC_BASE_URL: url, AI_FIRST_BYTE_TIMEOUT_MS: '400' }));
  });
  after(() => way.close());

  const second: Script = (res, request) => (request.body['stream'] === true ? anthropicStream(['Rubber ', 'boots.']) : anthropicAnswer(['Rubber boots.']))(res, request);
  /** OpenAI answers with the first script, Anthropic with the second, and the circuit breaker's pause is over; returns who has been asked since. */
  function providers(first: Script, then: Script = second): () => string[] {
    way.app.clock.now += 300_000;
    const from = way.upstream.received.length;
    way.upstream.answer((res, request) => (request.path === '/v1/messages' ? then : first)(res, request));
    return () => way.upstream.received.slice(from).map(({ path }) => (path === '/v1/messages' ? 'anthropic' : 'openai'));
  }
  const ask: Record<string, () => Promise<string | null | undefined>> = {
    'a chat completion': async () => (await way.openAi().chat.completions.create({ model: alias, messages }, once)).choices[0]?.message.content,
    'a streamed chat completion': () => way.openAi().chat.completions.stream({ model: alias, messages }, once).finalContent(),
    'a message': async () => (await way.anthropic().messages.create({ model: alias, max_tokens: 50, messages }, once)).content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    'a streamed message': () => way.anthropic().messages.stream({ model: alias, max_tokens: 50, messages }, once).finalText(),
    'a chat': async () => (await way.app.call('post', '/api/chat', { key: developmentKey, body: { messages: question, model: alias } })).body.message?.content,
    'a streamed chat': async () => parseEvents((await way.app.call('post', '/api/chat', { key: developmentKey, body: { messages: question, model: alias, stream: true } })).text).text,
  };

  const faults: [string, Script][] = [
    ['cannot be reached', (res) => void res.destroy()],
    ['is not allowed to be asked (401)', openAiError(401, { message: 'Incorrect API key sk-openai-secret', code: 'invalid_api_key' })],
    ['has no credit left (402)', openAiError(402, { message: 'Insufficient Balance' })],
    ['refuses this server (403)', openAiError(403, { message: 'Country not supported' })],
    ['gives up (408)', openAiError(408, { message: 'Request timed out' })],
    ['is in conflict with itself (409)', openAiError(409, { message: 'Try again' })],
    ['is too busy (429)', openAiError(429, { message: 'Rate limit reached', code: 'rate_limit_exceeded' })],
    ['has reached its quota (429)', openAiError(429, { message: 'You exceeded your current quota', type: 'insufficient_quota', code: 'insufficient_quota' })],
    ['is broken (500)', openAiError(500, { message: 'oops', type: 'server_error' }, { 'openai-processing-ms': '999', 'retry-after': '77' })],
    ['is behind a proxy that fails (502)', (res) => void res.writeHead(502, { 'Content-Type': 'text/html' }).end('<html>Bad gateway</html>')],
    ['is overloaded (529)', openAiError(529, { message: 'Overloaded' })],
    ['is elsewhere (307)', (res) => void res.writeHead(307, { Location: 'http://127.0.0.1:9/' }).end()],
    ['answers with nothing readable', (res) => void res.writeHead(200, { 'Content-Type': 'application/json', 'openai-processing-ms': '999' }).end('{"choices":[')],
    ['breaks off before its first event', (res) => void res.writeHead(200, { 'Content-Type': 'text/event-stream', 'openai-processing-ms': '999' }).end(openAiChunks.keepAlive())],
  ];
  for (const [what, script] of faults) {
    it(`is answered by the next when the first ${what}, is charged once and to the one that has answered`, async () => {
      for (const [how, answer] of Object.entries(ask)) {
        const asked = providers(script);
        const before = (await ledger(way.app)).length;
        assert.equal(await answer(), 'Rubber boots.', how);
        assert.deepEqual(asked(), ['openai', 'anthropic'], how);
        const row = await lastRow(way.app);
        assert.deepEqual([row.status, row.charged_requests, row.provider, row.model, row.asked_model, row.input_tokens, row.output_tokens, row.is_exact, row.error_code], ['completed', 1, 'anthropic', 'claude-test-20260101', alias, 120, 45, 1, null], how);
        assert.ok(row.cost_microcents > 0 && row.provider_request_id?.startsWith('req_anthropic'));
        assert.equal((await ledger(way.app)).length, before + 1);
      }
    });
  }

  it('goes on when the first does not begin in time, comments or not', async () => {
    const commenting: Script = (res) => {
      beginOpenAiStream(res);
      const beat = setInterval(() => res.write(openAiChunks.keepAlive()), 50);
      res.once('close', () => clearInterval(beat));
    };
    for (const script of [hang, commenting]) {
      const asked = providers(script);
      const index = way.upstream.received.length;
      assert.equal(await ask['a streamed chat completion']?.(), 'Rubber boots.');
      assert.deepEqual([asked(), await way.upstream.received[index]?.over], [['openai', 'anthropic'], 'cut']);
    }
  });

  it('shows nothing of the attempt that has failed', async () => {
    for (const stream of [false, true]) {
      providers((res) => void res.writeHead(200, { 'Content-Type': 'text/event-stream', 'openai-processing-ms': '999', 'retry-after': '77' }).end('data: {"choices":[\n\n'));
      const response = await fetch(`${way.url}/v1/chat/completions`, { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${developmentKey}` }, body: JSON.stringify({ model: alias, messages, stream }) });
      assert.deepEqual([response.headers.get('openai-processing-ms'), response.headers.get('retry-after'), response.headers.get('content-type')], [null, null, stream ? 'text/event-stream; charset=utf-8' : 'application/json; charset=utf-8']);
      assert.match(await response.text(), /^(?!.*error).*boots/s);
    }
  });

  it('names in POST /api/chat whoever has answered, and forgets what another had begun', async () => {
    providers((res) => {
      beginOpenAiStream(res);
      res.end(openAiChunks.role() + openAiChunks.error('The server had an error', 'server_error'));
    });
    const answer = await way.app.call('post', '/api/chat', { key: developmentKey, body: { messages: question, model: alias, stream: true } });
    const { events, text, isDone } = parseEvents(answer.text);
    assert.deepEqual([text, isDone], ['Rubber boots.', true]);
    assert.ok((events as { provider?: string }[]).every(({ provider }) => provider === 'anthropic'));
    assert.equal((events.at(-1) as { model?: string }).model, 'claude-test-20260101');
  });

  const rejections: [number, Script][] = [400, 404, 413, 422].map((status) => [status, openAiError(status, { message: 'No such thing', code: status === 404 ? 'model_not_found' : null })]);
  for (const [status, script] of rejections) {
    it(`ends with the first when that rejects the request (${status})`, async () => {
      const asked = providers(script);
      await assert.rejects(way.openAi().chat.completions.create({ model: alias, messages }), (error) => error instanceof OpenAI.APIError && error.status === status && /No such thing/.test(error.message));
      assert.deepEqual(asked(), ['openai']);
      const row = await lastRow(way.app);
      assert.deepEqual([row.status, row.charged_requests, row.provider], ['failed', 0, 'openai']);
    });
  }

  it('asks nobody else once the client has read something', async () => {
    for (const end of [(res: Parameters<Script>[0]) => void res.end(), (res: Parameters<Script>[0]) => void setTimeout(() => res.destroy(), 20)]) {
      const asked = providers((res) => {
        beginOpenAiStream(res);
        res.write(openAiChunks.role() + openAiChunks.text('Rubber'), () => end(res));
      });
      await assert.rejects(way.openAi().chat.completions.stream({ model: alias, messages }, once).finalContent(), OpenAI.APIError);
      assert.deepEqual(asked(), ['openai']);
      const row = await lastRow(way.app);
      assert.deepEqual([row.status, row.charged_requests, row.provider, row.asked_model], ['failed', 1, 'openai', alias]);
    }
  });

  it('fails with what the last has said when all fail, and costs nothing', async () => {
    const asked = providers(openAiError(500, { message: 'oops' }), anthropicError(529, 'overloaded_error', 'Overloaded'));
    await assert.rejects(way.anthropic().messages.create({ model: alias, max_tokens: 5, messages }, once), (error) => error instanceof Anthropic.APIError && error.status === 529 && /Overloaded/.test(error.message));
    assert.deepEqual(asked(), ['openai', 'anthropic']);
    const row = await lastRow(way.app);
    assert.deepEqual([row.status, row.charged_requests, row.provider, row.cost_microcents, row.error_code], ['failed', 0, 'anthropic', 0, 'PROVIDER_UNAVAILABLE']);
  });

  it('leaves out a provider that has no words for the request', async () => {
    const asked = providers(openAiError(500, { message: 'oops' }));
    await assert.rejects(way.openAi().chat.completions.create({ model: alias, messages, logit_bias: { 5: 1 } }, once), (error) => error instanceof OpenAI.APIError && error.status === 500);
    assert.deepEqual(asked(), ['openai']);
  });

  it('asks nobody else for a client that has left', async () => {
    const asked = providers(hang);
    const controller = new AbortController();
    const index = way.upstream.received.length;
    const gone = assert.rejects(way.openAi().chat.completions.create({ model: alias, messages }, { ...once, signal: controller.signal }));
    const request = await way.upstream.request(index);
    controller.abort();
    await gone;
    assert.equal(await request.over, 'cut');
    const row = await lastRow(way.app);
    assert.deepEqual([asked(), row.status, row.charged_requests, row.provider], [['openai'], 'aborted', 1, 'openai']);
  });

  type Health = { status: string; providers: { name: string; title: string; status: string; state: string; failures: number; opened_at: string | null; retry_at: string | null; last_error: string | null }[] };
  const health = async () => {
    const { status, body } = await way.app.call('get', '/api/health?detailed=true');
    assert.equal(status, 200);
    return body as Health;
  };

  it('does not ask a provider any more that has failed five times in a row, until a probe after the pause finds it well', async () => {
    const { clock } = way.app;
    providers(openAiAnswer('Fine.'));
    assert.equal(await ask['a chat completion']?.(), 'Fine.');
    assert.deepEqual([(await health()).status, (await health()).providers.map(({ state }) => state)], ['ok', ['closed', 'closed']]);

    const asked = providers(openAiError(503, { message: 'Down' }));
    for (let count = 0; count < 7; count += 1) assert.equal(await ask['a chat completion']?.(), 'Rubber boots.');
    assert.deepEqual([asked().filter((name) => name === 'openai').length, asked().length], [5, 12]);
    const { status, providers: states } = await health();
    const openedAt = new Date(clock.now).toISOString();
    assert.deepEqual([status, states[0], states[1]?.status], ['degraded', { name: 'openai', title: 'OpenAI', status: 'degraded', state: 'open', failures: 5, opened_at: openedAt, retry_at: new Date(clock.now + 15_000).toISOString(), last_error: 'PROVIDER_UNAVAILABLE' }, 'configured']);

    const rows = (await ledger(way.app)).length;
    const alone: unknown = await way.openAi().chat.completions.create({ model: 'gpt-test', messages }, once).catch((error: unknown) => error);
    assert.ok(alone instanceof OpenAI.APIError);
    assert.deepEqual([alone.status, alone.code, alone.headers?.get('retry-after')], [503, 'provider_unavailable', '15']);
    assert.equal((await ledger(way.app)).length, rows, 'what cannot be asked is not written down');

    clock.now += 15_000;
    const release: (() => void)[] = [];
    const probed = providers((res, request) => void release.push(() => void openAiAnswer('Fine again.')(res, request)));
    assert.equal((await health()).providers[0]?.state, 'half_open');
    const index = way.upstream.received.length;
    const probe = ask['a chat completion']?.();
    await way.upstream.request(index);
    const others = await Promise.all(Array.from({ length: 4 }, async () => ask['a chat completion']?.()));
    assert.deepEqual([others, probed().filter((name) => name === 'openai').length], [Array.from({ length: 4 }, () => 'Rubber boots.'), 1]);
    for (const answer of release) answer();
    assert.equal(await probe, 'Fine again.');
    assert.deepEqual([(await health()).status, (await health()).providers[0]?.state], ['ok', 'closed']);
  });

  it('waits twice as long when the probe fails; neither a client that leaves nor a request that is rejected opens anything', async () => {
    const { clock } = way.app;
    providers(openAiError(503, { message: 'Down' }));
    for (let count = 0; count < 5; count += 1) await ask['a chat completion']?.();
    clock.now += 15_000;
    await ask['a chat completion']?.();
    assert.equal((await health()).providers[0]?.retry_at, new Date(clock.now + 30_000).toISOString());
    clock.now += 30_000;
    providers(openAiError(400, { message: 'No' }));
    for (let count = 0; count < 6; count += 1) await assert.rejects(ask['a chat completion']?.() ?? Promise.resolve(), OpenAI.BadRequestError);
    assert.equal((await health()).providers[0]?.state, 'closed', 'whoever rejects a request is alive');
    providers(hang);
    for (let count = 0; count < 6; count += 1) {
      const controller = new AbortController();
      const index = way.upstream.received.length;
      const gone = assert.rejects(way.openAi().chat.completions.create({ model: alias, messages }, { ...once, signal: controller.signal }));
      const { over } = await way.upstream.request(index);
      controller.abort();
      await gone;
      await over;
    }
    await ledger(way.app);
    assert.deepEqual((await health()).providers.map(({ state, failures }) => [state, failures]), [['closed', 0], ['closed', 0]]);
  });

  it('asks again over a new connection when the provider has closed one that was idle', async () => {
    const asked = providers((res, request) => {
      openAiAnswer('Fine.')(res, request) as void;
      // Without a word: as a load balancer does that drops idle connections.
      res.once('finish', () => setTimeout(() => res.socket?.destroy(), 5));
    });
    for (let count = 0; count < 10; count += 1) {
      assert.equal(await ask['a chat completion']?.(), 'Fine.');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.ok(asked().every((name) => name === 'openai'));
  });

  it('leaves nothing reserved, and the counter equal to the ledger', async () => {
    const { month, hour, ledgerMonth, ledgerHour, reserved } = await counted(way.app);
    assert.deepEqual([ledgerMonth, ledgerHour, reserved], [month, hour, 0]);
  });
});
