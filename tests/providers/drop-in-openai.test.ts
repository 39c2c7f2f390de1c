import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { onBothDatabases } from '../harness.ts';
import { counted, lastRow, question } from './chat-client.ts';
import { beginOpenAiStream, openAiAnswer, openAiChunks, openAiEmbeddings, openAiStream, openAiToolCall, openAiToolCallStream, openAiUsage } from './openai-wire.ts';
import { openWay, type Way } from './sdk-clients.ts';

const messages = [{ role: 'user' as const, content: 'Which shoes go with rain?' }];
const model = 'gpt-test';

onBothDatabases('the official OpenAI SDK, pointed at this server', (engine) => {
  let way: Way;
  before(async () => {
    way = await openWay(engine);
  });
  after(() => way.close());
  const lastRequest = () => way.upstream.received.at(-1);
  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${way.url}/v1/chat/completions`, { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${developmentKey}`, ...headers }, body });

  it('gets an answer, the rate headers of this server, and a ledger row to the token', async () => {
    way.upstream.answer(openAiAnswer('Rubber boots.'));
    const { data, response, request_id } = await way.openAi().chat.completions.create({ model, messages }).withResponse();
    assert.equal(data.choices[0]?.message.content, 'Rubber boots.');
    assert.ok(request_id);
    assert.equal(request_id, response.headers.get('x-request-id'));
    assert.deepEqual([response.headers.get('x-ratelimit-limit-requests'), response.headers.get('x-ratelimit-remaining-requests'), response.headers.get('x-ratelimit-reset-requests')], ['100', '99', '1h0m0s']);
    assert.equal(lastRequest()?.headers.authorization, 'Bearer sk-openai-secret');
    const row = await lastRow(way.app);
    assert.deepEqual(
      [row.status, row.endpoint, row.provider, row.model, row.input_tokens, row.cached_tokens, row.output_tokens, row.reasoning_tokens, row.is_exact, row.is_stream, row.charged_requests, row.provider_request_id],
      ['completed', 'chat.completions', 'openai', 'gpt-test-2026-01-01', 120, 100, 45, 20, 1, 0, 1, 'req_openai_1'],
    );
  });

  it('passes a request on byte for byte, fields nobody has heard of included, and the answer back likewise', async () => {
    const body = `{ "model":"gpt-test",\n "messages" : ${JSON.stringify(question)}, "temperature": 1.0, "brand_new": {"è": [1e3, null, "\\u00e8"]}, "seed":9007199254740993 }`;
    const answer = '{ "id":"x", "choices":[ {"message":{"content":"però","brand_new":1.50}} ],\n"usage":{"prompt_tokens":1,"completion_tokens":2} }';
    way.upstream.answer((res) => {
      res.writeHead(200, { 'Content-Type': 'application/json', 'openai-processing-ms': '12', 'openai-organization': 'vendor', 'x-ratelimit-limit-requests': '9', 'Set-Cookie': 'a=b' });
      res.end(answer);
    });
    const response = await post(body, { 'OpenAI-Organization': 'theirs', Cookie: 'c=d', 'X-Client-Request-Id': 'abc' });
    assert.equal(await response.text(), answer);
    assert.equal(lastRequest()?.text, body);
    assert.deepEqual(['openai-organization', 'cookie', 'x-client-request-id'].map((name) => lastRequest()?.headers[name]), [undefined, undefined, 'abc']);
    assert.deepEqual(['openai-processing-ms', 'openai-organization', 'set-cookie', 'x-ratelimit-limit-requests'].map((name) => response.headers.get(name)), ['12', null, null, '100']);
  });

  it('changes nothing but the name of the model where the provider is named with it', async () => {
    way.upstream.answer(openAiAnswer('Boots.'));
    await (await post(`{"messages":${JSON.stringify(question)},"model" : "openai/gpt-test", "n":1.0}`)).text();
    assert.equal(lastRequest()?.text, `{"messages":${JSON.stringify(question)},"model" : "gpt-test", "n":1.0}`);
  });

  it('streams, asks for the usage, and keeps the chunk with it from a client that has not asked', async () => {
    way.upstream.answer(openAiStream(['Rubber ', 'boots 🥾']));
    const body = `{"model":"gpt-test","messages":${JSON.stringify(question)},"stream":true}`;
    const response = await post(body);
    const text = await response.text();
    assert.equal(lastRequest()?.text, `{"stream_options":{"include_usage":true},${body.slice(1)}`);
    assert.equal(text, openAiChunks.role() + openAiChunks.text('Rubber ') + openAiChunks.text('boots 🥾') + openAiChunks.finish() + openAiChunks.done());
    assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
    const row = await lastRow(way.app);
    assert.deepEqual([row.status, row.is_stream, row.input_tokens, row.output_tokens, row.is_exact], ['completed', 1, 120, 45, 1]);
  });

  it('leaves the chunk with the usage to a client that has asked for it, and its request as it is', async () => {
    way.upstream.answer(openAiStream(['Boots']));
    const body = `{"model":"gpt-test","messages":${JSON.stringify(question)},"stream":true,"stream_options":{"include_usage":true , "x":1}}`;
    assert.ok((await (await post(body)).text()).includes(openAiChunks.usage()));
    assert.deepEqual(lastRequest()?.body['stream_options'], { include_usage: true, x: 1 });
    assert.equal(lastRequest()?.text, body);
    const completion = await way.openAi().chat.completions.stream({ model, messages, stream_options: { include_usage: true } }).finalChatCompletion();
    assert.deepEqual([completion.choices[0]?.message.content, completion.usage], ['Boots', openAiUsage]);
  });

  it('iterates over a stream in which keep-alives and events are cut anywhere', async () => {
    const bytes = Buffer.from(openAiChunks.keepAlive() + openAiChunks.role() + openAiChunks.text('Stivali 🥾 perché piove') + openAiChunks.finish() + openAiChunks.usage() + openAiChunks.done());
    way.upstream.answer(async (res) => {
      beginOpenAiStream(res);
      for (const byte of bytes) if (!res.write(Buffer.of(byte))) await new Promise((resolve) => res.once('drain', resolve));
      res.end();
    });
    let text = '';
    for await (const chunk of await way.openAi().chat.completions.create({ model, messages, stream: true })) text += chunk.choices[0]?.delta.content ?? '';
    assert.equal(text, 'Stivali 🥾 perché piove');
    assert.equal((await lastRow(way.app)).is_exact, 1);
  });

  for (const stream of [false, true]) {
    it(`runs tools (stream: ${stream})`, async () => {
      const args = '{"city":"Rome"}';
      way.upstream.answer((res, request) => {
        const isSecond = (request.body['messages'] as unknown[]).length > 1;
        const script = isSecond ? (stream ? openAiStream(['It rains.']) : openAiAnswer('It rains.')) : stream ? openAiToolCallStream('weather', args) : openAiToolCall('weather', args);
        return script(res, request);
      });
      const asked: string[] = [];
      const weather = (city: string) => {
        asked.push(city);
        return 'rain';
      };
      const tools = [{ type: 'function' as const, function: { name: 'weather', description: 'The weather', parameters: { type: 'object', properties: { city: { type: 'string' } } }, parse: (text: string) => (JSON.parse(text) as { city: string }).city, function: weather } }];
      const { completions } = way.openAi().chat;
      const text = await (stream ? completions.runTools({ model, messages, tools, stream }).finalContent() : completions.runTools({ model, messages, tools }).finalContent());
      assert.deepEqual([text, asked], ['It rains.', ['Rome']]);
      assert.deepEqual((lastRequest()?.body['messages'] as unknown[] | undefined)?.at(-1), { role: 'tool', tool_call_id: 'call_1', content: 'rain' });
    });
  }

  it('makes embeddings, also many, each call one request', async () => {
    for (const [texts, dimensions] of [[1, 3], [200, 1536]] as const) {
      way.upstream.answer(openAiEmbeddings(texts, dimensions));
      const answer = await way.openAi().embeddings.create({ model: 'text-embedding-test', input: Array.from({ length: texts }, () => 'boots'), encoding_format: 'float' });
      assert.deepEqual([answer.data.length, answer.data[0]?.embedding.length, lastRequest()?.path], [texts, dimensions, '/v1/embeddings']);
      const row = await lastRow(way.app);
      assert.deepEqual([row.endpoint, row.status, row.input_tokens, row.output_tokens, row.is_exact, row.charged_requests], ['embeddings', 'completed', 8, 0, 1, 1]);
    }
  });

  it('leaves nothing reserved, and the counter equal to the ledger', async () => {
    const { month, hour, ledgerMonth, ledgerHour, reserved } = await counted(way.app);
    assert.deepEqual([ledgerMonth, ledgerHour, reserved], [month, hour, 0]);
  });
});
