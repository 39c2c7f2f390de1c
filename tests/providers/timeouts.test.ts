import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { createTestApp, onBothDatabases, type TestApp } from '../harness.ts';
import { lastRow, listen, parseEvents, postChat, question } from './chat-client.ts';
import { beginOpenAiStream, openAiChunks } from './openai-wire.ts';
import { hang, startUpstream, type Script, type Upstream } from './upstream.ts';

onBothDatabases('a chat that takes too long', (engine) => {
  let upstream: Upstream;
  let app: TestApp;
  before(async () => {
    upstream = await startUpstream();
    const providers = { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: `${upstream.url}/v1`, ANTHROPIC_API_KEY: 'sk-ant-test', ANTHROPIC_BASE_URL: upstream.url };
    app = await createTestApp(engine, { ...providers, AI_FIRST_BYTE_TIMEOUT_MS: '800', AI_IDLE_TIMEOUT_MS: '400', AI_MAX_DURATION_MS: '1500' });
  });
  after(async () => {
    await app.close();
    await upstream.close();
  });
  const chat = (body: Record<string, unknown>) => app.call('post', '/api/chat', { key: developmentKey, body: { messages: question, ...body } });

  it('gives up on a provider that never begins, closes the call and gives the request back', async () => {
    const cases: [Record<string, unknown>, Script][] = [
      [{ stream: true }, hang],
      [{ stream: true }, (res) => { beginOpenAiStream(res); const beat = setInterval(() => res.write(openAiChunks.keepAlive()), 20); res.once('close', () => clearInterval(beat)); }],
      [{ stream: true, api_provider: 'anthropic' }, hang],
      [{ stream: false }, hang],
    ];
    for (const [body, script] of cases) {
      upstream.answer(script);
      const index = upstream.received.length;
      const answer = await chat(body);
      assert.deepEqual([answer.status, answer.body.error.code], [504, 'PROVIDER_TIMEOUT']);
      assert.equal(await (await upstream.request(index)).over, 'cut');
      const row = await lastRow(app);
      assert.deepEqual([row.status, row.charged_requests, row.error_code], ['failed', 0, 'PROVIDER_TIMEOUT']);
    }
  });

  it('gives up on a provider that falls silent or never ends, with an error and no [DONE]', async () => {
    const silent: Script = (res) => {
      beginOpenAiStream(res);
      res.write(openAiChunks.text('Rubber boots'));
    };
    const endless: Script = (res) => {
      beginOpenAiStream(res);
      const beat = setInterval(() => res.write(openAiChunks.text('and ')), 20);
      res.once('close', () => clearInterval(beat));
    };
    for (const script of [silent, endless]) {
      upstream.answer(script);
      const index = upstream.received.length;
      const { events, isDone } = parseEvents((await chat({ stream: true })).text);
      assert.deepEqual([isDone, events.at(-1)?.error?.code], [false, 'PROVIDER_TIMEOUT']);
      assert.equal(await (await upstream.request(index)).over, 'cut');
      const row = await lastRow(app);
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
});
