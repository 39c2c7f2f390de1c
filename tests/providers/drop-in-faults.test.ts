import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { after, before, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { onBothDatabases } from '../harness.ts';
import { anthropicEvents, beginAnthropicStream } from './anthropic-wire.ts';
import { lastRow } from './chat-client.ts';
import { beginOpenAiStream, openAiChunks } from './openai-wire.ts';
import { openWay, type Way } from './sdk-clients.ts';
import { hang, type Script } from './upstream.ts';

const messages = [{ role: 'user' as const, content: 'Which shoes go with rain?' }];

onBothDatabases('a provider that does not behave, behind an official SDK', (engine) => {
  let way: Way;
  before(async () => {
    way = await openWay(engine, (url) => ({
      OPENAI_API_KEY: 'sk-openai-secret', OPENAI_BASE_URL: `${url}/v1`, ANTHROPIC_API_KEY: 'sk-ant-secret', ANTHROPIC_BASE_URL: url, DEEPSEEK_API_KEY: 'sk-3', DEEPSEEK_BASE_URL: 'http://127.0.0.1:9',
      AI_FIRST_BYTE_TIMEOUT_MS: '300', AI_IDLE_TIMEOUT_MS: '300', AI_MAX_DURATION_MS: '1500',
    }));
  });
  after(() => way.close());

  async function failures(stream: boolean, openAiModel = 'gpt-test'): Promise<{ openAi: unknown; anthropic: unknown }> {
    const options = { maxRetries: 0 };
    // Longer than any pause of the circuit breaker.
    way.app.clock.now += 300_000;
    const read = async (asked: Promise<unknown>) => {
      const answer = await asked;
      if (stream) for await (const _event of answer as AsyncIterable<unknown>);
      return undefined;
    };
    return {
      openAi: await read(way.openAi().chat.completions.create({ model: openAiModel, messages, stream }, options)).catch((error: unknown) => error),
      anthropic: await read(way.anthropic().messages.create({ model: 'claude-test', max_tokens: 5, messages, stream }, options)).catch((error: unknown) => error),
    };
  }
  const statuses = ({ openAi, anthropic }: { openAi: unknown; anthropic: unknown }) => {
    assert.ok(openAi instanceof OpenAI.APIError && anthropic instanceof Anthropic.APIError, `${String(openAi)} ${String(anthropic)}`);
    return [openAi.status, openAi.code, anthropic.status, anthropic.type];
  };

  it('costs nothing and is a 504 when it does not answer in time; comments and pings are no answer', async () => {
    const silent: Script = (res, request) => {
      const isOpenAi = request.path.endsWith('/completions');
      (isOpenAi ? beginOpenAiStream : beginAnthropicStream)(res);
      const beat = setInterval(() => res.write(isOpenAi ? openAiChunks.keepAlive() : anthropicEvents.ping()), 50);
      res.once('close', () => clearInterval(beat));
    };
    way.upstream.answer(hang);
    assert.deepEqual(statuses(await failures(true)), [504, 'provider_timeout', 504, 'timeout_error']);
    way.upstream.answer(silent);
    const { openAi, anthropic } = await failures(true);
    assert.ok(openAi instanceof OpenAI.APIError && anthropic instanceof Anthropic.APIError);
    assert.deepEqual([openAi.code, anthropic.type], ['provider_timeout', 'timeout_error']);
    const row = await lastRow(way.app);
    assert.deepEqual([row.status, row.charged_requests, row.error_code], ['failed', 0, 'PROVIDER_TIMEOUT']);
  });

  it('is charged and raises in the SDK when it falls silent in the middle', async () => {
    way.upstream.answer((res, request) => {
      if (request.path.endsWith('/completions')) {
        beginOpenAiStream(res);
        res.write(openAiChunks.text('Rubber'));
      } else {
        beginAnthropicStream(res);
        res.write(anthropicEvents.blockStart() + anthropicEvents.text('Rubber'));
      }
    });
    const { openAi, anthropic } = await failures(true);
    assert.ok(openAi instanceof OpenAI.APIError && anthropic instanceof Anthropic.APIError);
    assert.deepEqual([openAi.code, anthropic.type], ['provider_timeout', 'timeout_error']);
    const row = await lastRow(way.app);
    assert.deepEqual([row.status, row.charged_requests, row.error_code, row.output_tokens], ['failed', 1, 'PROVIDER_TIMEOUT', 2]);
  });

  const odd: [string, Script][] = [
    ['a page instead of an answer', (res) => { res.writeHead(200, { 'Content-Type': 'text/html' }); res.end('<html>Welcome</html>'); }],
    ['a page instead of an error', (res) => { res.writeHead(502, { 'Content-Type': 'text/html' }); res.end('<html>Bad gateway</html>'); }],
    ['an answer that breaks off', (res) => { res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '100' }); res.write('{"choices":[', () => res.destroy()); }],
    ['an encoding that nobody has asked for', (res) => { res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' }); res.end(gzipSync('{}')); }],
    ['a redirect, with the key, to somewhere else', (res) => { res.writeHead(307, { Location: 'http://127.0.0.1:9/' }); res.end(); }],
  ];
  for (const [what, script] of odd) {
    it(`costs nothing and is a 502 in the shape of the caller when it sends ${what}`, async () => {
      way.upstream.answer(script);
      for (const stream of [false, true]) {
        assert.deepEqual(statuses(await failures(stream)), [502, 'provider_failed', 502, 'api_error']);
        const row = await lastRow(way.app);
        assert.deepEqual([row.status, row.charged_requests, row.error_code, row.output_tokens], ['failed', 0, 'PROVIDER_FAILED', 0]);
      }
    });
  }

  it('costs nothing and is a 502 when it cannot be reached, also on the way of a translation', async () => {
    way.upstream.answer((res) => void res.destroy());
    for (const stream of [false, true]) assert.deepEqual(statuses(await failures(stream, 'deepseek-v4')), [502, 'provider_failed', 502, 'api_error']);
    assert.deepEqual([(await lastRow(way.app)).status, (await lastRow(way.app)).charged_requests], ['failed', 0]);
    await assert.rejects(way.anthropic().messages.create({ model: 'deepseek-v4', max_tokens: 5, messages }, { maxRetries: 0 }), (error) => error instanceof Anthropic.APIError && error.status === 502);
  });
});
