import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { onBothDatabases } from '../harness.ts';
import { anthropicAnswer, anthropicEvents, anthropicStream, anthropicToolUse, anthropicToolUseStream } from './anthropic-wire.ts';
import { counted, lastRow, ledger, question } from './chat-client.ts';
import { openWay, type Way } from './sdk-clients.ts';
import { json } from './upstream.ts';

const messages = [{ role: 'user' as const, content: 'Which shoes go with rain?' }];
const ask = { model: 'claude-test', max_tokens: 50, messages };

onBothDatabases('the official Anthropic SDK, pointed at this server', (engine) => {
  let way: Way;
  before(async () => {
    way = await openWay(engine);
  });
  after(() => way.close());
  const lastRequest = () => way.upstream.received.at(-1);
  const post = (body: string) => fetch(`${way.url}/v1/messages?beta=true`, { method: 'POST', headers: { 'Content-Type': 'application/json', 'x-api-key': developmentKey, 'anthropic-version': '2023-06-01', 'anthropic-beta': 'new-2026-11-01' }, body });

  it('gets an answer, the rate headers of this server, and a ledger row to the token', async () => {
    way.upstream.answer(anthropicAnswer(['Rubber ', 'boots.']));
    const { data, response, request_id } = await way.anthropic().messages.create(ask).withResponse();
    assert.deepEqual(data.content.map((block) => block.type === 'text' && block.text), ['Rubber ', 'boots.']);
    assert.ok(request_id);
    assert.equal(request_id, response.headers.get('request-id'));
    assert.deepEqual(['limit', 'remaining', 'reset'].map((part) => response.headers.get(`anthropic-ratelimit-requests-${part}`)), ['100', '99', '2026-11-21T13:00:00Z']);
    assert.deepEqual([lastRequest()?.path, lastRequest()?.headers['x-api-key'], lastRequest()?.headers.authorization], ['/v1/messages', 'sk-ant-secret', undefined]);
    const row = await lastRow(way.app);
    assert.deepEqual(
      [row.status, row.endpoint, row.provider, row.model, row.input_tokens, row.cached_tokens, row.output_tokens, row.is_exact, row.is_stream, row.charged_requests, row.provider_request_id],
      ['completed', 'messages', 'anthropic', 'claude-test-20260101', 120, 40, 45, 1, 0, 1, 'req_anthropic_1'],
    );
  });

  it('passes a request on byte for byte, and the answer back likewise, streamed or not', async () => {
    const body = (stream: boolean) => `{ "model":"claude-test", "max_tokens":5e1, "messages" :${JSON.stringify(question)}, "thinking":{"type":"adaptive"}, "brand_new":[1.0], "stream":${stream} }`;
    const answer = '{ "type":"message", "content":[{"type":"brand_new","x":1.0}], "usage":{"input_tokens":3,"output_tokens":4} }';
    way.upstream.answer((res) => {
      res.writeHead(200, { 'Content-Type': 'application/json' });
      res.end(answer);
    });
    assert.equal(await (await post(body(false))).text(), answer);
    assert.deepEqual([lastRequest()?.text, lastRequest()?.headers['anthropic-beta'], lastRequest()?.path], [body(false), 'new-2026-11-01', '/v1/messages?beta=true']);
    way.upstream.answer(anthropicStream(['Rubber ', 'boots 🥾']));
    const text = await (await post(body(true))).text();
    assert.equal(lastRequest()?.text, body(true));
    assert.ok(text.startsWith(anthropicEvents.start()) && text.includes(anthropicEvents.thinking('Let me see.')) && text.includes(anthropicEvents.ping()) && text.endsWith(anthropicEvents.stop()));
    const row = await lastRow(way.app);
    assert.deepEqual([row.status, row.is_stream, row.input_tokens, row.cached_tokens, row.output_tokens, row.reasoning_tokens, row.is_exact], ['completed', 1, 120, 40, 45, 20, 1]);
  });

  it('streams with the helper', async () => {
    way.upstream.answer(anthropicStream(['Rubber ', 'boots 🥾']));
    const stream = way.anthropic().messages.stream(ask);
    assert.equal(await stream.finalText(), 'Rubber boots 🥾');
    assert.equal((await stream.finalMessage()).usage.output_tokens, 45);
  });

  for (const stream of [false, true]) {
    it(`runs tools (stream: ${stream})`, async () => {
      const input = { city: 'Rome' };
      way.upstream.answer((res, request) => {
        // The SDK has the server hold the conversation, and sends only what is new.
        const isSecond = request.text.includes('tool_result');
        const script = isSecond ? (stream ? anthropicStream(['It rains.']) : anthropicAnswer(['It rains.'])) : stream ? anthropicToolUseStream('weather', input) : anthropicToolUse('weather', input);
        return script(res, request);
      });
      const asked: unknown[] = [];
      const weather = betaTool({
        name: 'weather', description: 'The weather', inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
        run({ city }) {
          asked.push(city);
          return 'rain';
        },
      });
      const message = await way.anthropic().beta.messages.toolRunner({ ...ask, tools: [weather], stream }).runUntilDone();
      assert.deepEqual([message.content.map((block) => (block.type === 'text' ? block.text : '')).join(''), asked], ['It rains.', ['Rome']]);
      const [result] = (lastRequest()?.body['messages'] as { content: Record<string, unknown>[] }[] | undefined)?.at(-1)?.content ?? [];
      assert.deepEqual([result?.['type'], result?.['tool_use_id'], result?.['content']], ['tool_result', 'toolu_1', 'rain']);
    });
  }

  it('counts tokens without a cost: of its own models by Anthropic, of others by an estimate', async () => {
    const rows = (await ledger(way.app)).length;
    way.upstream.answer((res) => json(res, 200, { input_tokens: 14 }));
    assert.deepEqual(await way.anthropic().messages.countTokens({ model: 'anthropic/claude-test', messages }), { input_tokens: 14 });
    assert.deepEqual([lastRequest()?.path, lastRequest()?.body['model']], ['/v1/messages/count_tokens', 'claude-test']);
    const asked = way.upstream.received.length;
    assert.deepEqual(await way.anthropic().messages.countTokens({ model: 'gpt-test', messages }), { input_tokens: 7 });
    assert.deepEqual([way.upstream.received.length, (await ledger(way.app)).length], [asked, rows]);
  });

  it('leaves nothing reserved, and the counter equal to the ledger', async () => {
    const { month, hour, ledgerMonth, ledgerHour, reserved } = await counted(way.app);
    assert.deepEqual([ledgerMonth, ledgerHour, reserved], [month, hour, 0]);
  });
});
