import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { createTestApp, onBothDatabases, type TestApp } from '../harness.ts';
import { anthropicEvents, beginAnthropicStream } from './anthropic-wire.ts';
import { counted, lastRow, listen, parseEvents, postChat } from './chat-client.ts';
import { beginOpenAiStream, openAiAnswer, openAiChunks } from './openai-wire.ts';
import { hang, startUpstream, type Script, type Upstream } from './upstream.ts';

onBothDatabases('a chat that is cut short', (engine) => {
  let upstream: Upstream;
  let app: TestApp;
  let server: Awaited<ReturnType<typeof listen>>;
  let hurried: TestApp;
  before(async () => {
    upstream = await startUpstream();
    const providers = { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: `${upstream.url}/v1`, ANTHROPIC_API_KEY: 'sk-ant-test', ANTHROPIC_BASE_URL: upstream.url };
    app = await createTestApp(engine, providers);
    server = await listen(app);
    hurried = await createTestApp(engine, { ...providers, AI_FIRST_BYTE_TIMEOUT_MS: '150', AI_IDLE_TIMEOUT_MS: '150', AI_MAX_DURATION_MS: '600' });
  });
  after(async () => {
    await server.close();
    await app.close();
    await hurried.close();
    await upstream.close();
  });

  /** Sends a request, leaves when the call has reached the provider or when the first bytes have come back, and returns what became of that call. */
  async function leave(when: 'before the first byte' | 'in mid-stream', body: Record<string, unknown>, script: Script): Promise<'finished' | 'cut'> {
    upstream.answer(script);
    const index = upstream.received.length;
    const client = new AbortController();
    const reading = postChat(server.url, body, client.signal).then(async (response) => {
      for await (const _chunk of response.body ?? []) client.abort();
    });
    const gone = assert.rejects(reading, { name: 'AbortError' });
    const request = await upstream.request(index);
    if (when === 'before the first byte') client.abort();
    await gone;
    return request.over;
  }

  const partial: Record<string, Script> = {
    openai: (res) => {
      beginOpenAiStream(res);
      res.write(openAiChunks.role() + openAiChunks.text('Rubber boots'));
    },
    anthropic: (res) => {
      beginAnthropicStream(res);
      res.write(anthropicEvents.blockStart() + anthropicEvents.text('Rubber boots'));
    },
  };

  for (const provider of ['openai', 'anthropic']) {
    it(`closes the call to ${provider} when the client leaves in mid-stream, and charges it once with an estimate`, async () => {
      const outcome = await leave('in mid-stream', { stream: true, api_provider: provider }, partial[provider] ?? hang);
      assert.equal(outcome, 'cut');
      const row = await lastRow(app);
      assert.deepEqual([row.status, row.charged_requests, row.is_exact, row.error_code, row.output_tokens], ['aborted', 1, 0, 'CLIENT_LEFT', 3]);
      assert.ok(row.input_tokens > 0);
    });

    for (const stream of [true, false]) {
      it(`closes the call to ${provider} when the client leaves before the first byte (stream: ${stream}), and charges it once`, async () => {
        assert.equal(await leave('before the first byte', { stream, api_provider: provider }, hang), 'cut');
        const row = await lastRow(app);
        assert.deepEqual([row.status, row.charged_requests, row.is_exact, row.output_tokens], ['aborted', 1, 0, 0]);
      });
    }
  }

  it('settles a client that leaves after the usage was told with the exact figures', async () => {
    const outcome = await leave('in mid-stream', { stream: true }, (res) => {
      beginOpenAiStream(res);
      res.write(openAiChunks.finish() + openAiChunks.usage() + openAiChunks.text('.'));
    });
    assert.equal(outcome, 'cut');
    const row = await lastRow(app);
    assert.deepEqual([row.status, row.charged_requests, row.is_exact, row.input_tokens, row.output_tokens], ['aborted', 1, 1, 120, 45]);
  });

  const broken: [string, Script, string][] = [
    ['a stream that ends without [DONE]', (res) => { beginOpenAiStream(res); res.end(openAiChunks.role() + openAiChunks.text('Rubber')); }, 'PROVIDER_FAILED'],
    ['a stream whose connection breaks', (res) => { beginOpenAiStream(res); res.write(openAiChunks.text('Rubber'), () => setImmediate(() => res.destroy())); }, 'PROVIDER_FAILED'],
    ['a stream that names [DONE] in its text only', (res) => { beginOpenAiStream(res); res.end(openAiChunks.text('Rubber') + openAiChunks.text('\ndata: [DONE]\n\n') + openAiChunks.finish()); }, 'PROVIDER_FAILED'],
    ['an error line in mid-stream', (res) => { beginOpenAiStream(res); res.end(openAiChunks.text('Rubber') + openAiChunks.error('The server had an error', 'server_error') + openAiChunks.done()); }, 'PROVIDER_FAILED'],
    ['a line that is not JSON', (res) => { beginOpenAiStream(res); res.end(`${openAiChunks.text('Rubber')}data: {"choices": [\n\n${openAiChunks.done()}`); }, 'PROVIDER_FAILED'],
    ['a line without end', (res) => { beginOpenAiStream(res); res.write(`${openAiChunks.text('Rubber')}data: "`); res.end('x'.repeat(1_500_000)); }, 'PROVIDER_FAILED'],
  ];
  for (const [what, script, code] of broken) {
    it(`reports ${what} as an error after what came before it, without [DONE], and charges it`, async () => {
      upstream.answer(script);
      const { events, text, isDone } = parseEvents(await (await postChat(server.url, { stream: true })).text());
      assert.ok(text.startsWith('Rubber'));
      assert.deepEqual([isDone, events.at(-1)?.error?.code, events.at(-1)?.usage], [false, code, undefined]);
      assert.ok(events.at(-1)?.error?.request_id);
      const row = await lastRow(app);
      assert.deepEqual([row.status, row.charged_requests, row.error_code, row.is_exact], ['failed', 1, code, 0]);
    });
  }

  it('reads a stream that is cut into single bytes', async () => {
    const bytes = Buffer.from(openAiChunks.role() + openAiChunks.text('Stivali 🥾 perché piove') + openAiChunks.finish() + openAiChunks.usage() + openAiChunks.done());
    upstream.answer(async (res) => {
      beginOpenAiStream(res);
      for (const byte of bytes) if (!res.write(Buffer.of(byte))) await new Promise((resolve) => res.once('drain', resolve));
      res.end();
    });
    const { text, isDone, events } = parseEvents(await (await postChat(server.url, { stream: true })).text());
    assert.deepEqual([text, isDone, events.at(-1)?.usage?.['exact']], ['Stivali 🥾 perché piove', true, true]);
  });

  it('stops reading from the provider while the client does not read', async () => {
    const piece = openAiChunks.text('x'.repeat(60_000));
    let written = 0;
    let blocked: (value: unknown) => void = () => undefined;
    const isBlocked = new Promise((resolve) => (blocked = resolve));
    upstream.answer(async (res) => {
      beginOpenAiStream(res);
      for (let count = 0; count < 1_000; count += 1) {
        written += 1;
        if (res.write(piece)) continue;
        const drained = await Promise.race([new Promise((resolve) => res.once('drain', () => resolve(true))), new Promise((resolve) => setTimeout(() => resolve(false), 1_000))]);
        if (!drained) {
          blocked(undefined);
          await new Promise((resolve) => res.once('drain', resolve));
        }
      }
      res.end(openAiChunks.finish() + openAiChunks.done());
    });
    const answer = await postChat(server.url, { stream: true });
    await isBlocked;
    assert.ok(written < 1_000, 'the whole answer was taken without the client reading any of it');
    const { text, isDone } = parseEvents(await answer.text());
    assert.deepEqual([text.length, isDone], [60_000_000, true]);
  });

  const chatHurried = (body: Record<string, unknown>) => hurried.call('post', '/api/chat', { key: 'CHA-TEST-1234-5678-ABCD', body: { messages: [{ role: 'user', content: 'Hi' }], ...body } });

  it('gives up on a provider that never begins, closes the call and gives the request back', async () => {
    const silent: [Record<string, unknown>, Script][] = [
      [{ stream: true }, hang],
      [{ stream: true }, (res) => { beginOpenAiStream(res); const beat = setInterval(() => res.write(openAiChunks.keepAlive()), 20); res.once('close', () => clearInterval(beat)); }],
      [{ stream: true, api_provider: 'anthropic' }, hang],
      [{ stream: false }, hang],
    ];
    for (const [body, script] of silent) {
      upstream.answer(script);
      const index = upstream.received.length;
      const answer = await chatHurried(body);
      assert.deepEqual([answer.status, answer.body.error.code], [504, 'PROVIDER_TIMEOUT']);
      assert.equal(await (await upstream.request(index)).over, 'cut');
      const row = await lastRow(hurried);
      assert.deepEqual([row.status, row.charged_requests, row.error_code], ['failed', 0, 'PROVIDER_TIMEOUT']);
    }
  });

  it('gives up on a provider that falls silent or never ends, with an error and no [DONE]', async () => {
    const endless: Script = (res) => {
      beginOpenAiStream(res);
      const beat = setInterval(() => res.write(openAiChunks.text('and ')), 20);
      res.once('close', () => clearInterval(beat));
    };
    for (const script of [partial['openai'] ?? hang, endless]) {
      upstream.answer(script);
      const index = upstream.received.length;
      const { events, isDone } = parseEvents((await chatHurried({ stream: true })).text);
      assert.deepEqual([isDone, events.at(-1)?.error?.code], [false, 'PROVIDER_TIMEOUT']);
      assert.equal(await (await upstream.request(index)).over, 'cut');
      const row = await lastRow(hurried);
      assert.deepEqual([row.status, row.charged_requests], ['failed', 1]);
    }
  });

  it('takes a client that has stopped reading for gone: closes the call and charges what was used', async () => {
    const impatient = await createTestApp(engine, { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: `${upstream.url}/v1`, AI_IDLE_TIMEOUT_MS: '300' });
    const port = await listen(impatient);
    upstream.answer(async (res) => {
      beginOpenAiStream(res);
      const piece = openAiChunks.text('x'.repeat(60_000));
      const closed = new Promise((resolve) => res.once('close', resolve));
      while (!res.closed) if (!res.write(piece)) await Promise.race([closed, new Promise((resolve) => res.once('drain', resolve))]);
    });
    const index = upstream.received.length;
    const answer = await postChat(port.url, { stream: true });
    assert.equal(await (await upstream.request(index)).over, 'cut');
    const row = await lastRow(impatient);
    assert.deepEqual([row.status, row.charged_requests, row.error_code, row.is_exact], ['aborted', 1, 'CLIENT_LEFT', 0]);
    await assert.rejects(answer.text());
    await port.close();
    await impatient.close();
  });

  it('leaves nothing reserved, and the counter equal to the ledger', async () => {
    upstream.answer(openAiAnswer('Fine.'));
    await (await postChat(server.url, {})).text();
    for (const each of [app, hurried]) {
      const { month, hour, ledgerMonth, ledgerHour, reserved } = await counted(each);
      assert.deepEqual([ledgerMonth, ledgerHour, reserved], [month, hour, 0]);
      assert.ok(month > 0);
    }
  });
});
