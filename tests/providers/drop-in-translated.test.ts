import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import OpenAI from 'openai';
import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { onBothDatabases } from '../harness.ts';
import { anthropicAnswer, anthropicError, anthropicStream, anthropicToolUse, anthropicToolUseStream } from './anthropic-wire.ts';
import { counted, lastRow } from './chat-client.ts';
import { openAiAnswer, openAiError, openAiStream, openAiToolCall, openAiToolCallStream } from './openai-wire.ts';
import { openWay, type Way } from './sdk-clients.ts';

const messages = [{ role: 'user' as const, content: 'Which shoes go with rain?' }];
const schema = { type: 'object' as const, properties: { city: { type: 'string' as const } }, required: ['city'] as const };

onBothDatabases('an official SDK that asks for a model of the other protocol', (engine) => {
  let way: Way;
  before(async () => {
    way = await openWay(engine);
  });
  after(() => way.close());
  const lastRequest = () => way.upstream.received.at(-1);

  it('gets an Anthropic answer as a chat completion, and a ledger row to the token', async () => {
    way.upstream.answer(anthropicAnswer(['Rubber ', 'boots.']));
    const answer = await way.openAi().chat.completions.create({ model: 'claude-test', messages: [{ role: 'system', content: 'You sell shoes.' }, ...messages], temperature: 1.5, stop: ['END'] });
    assert.deepEqual([answer.choices[0]?.message.content, answer.choices[0]?.finish_reason, answer.usage?.prompt_tokens, answer.usage?.completion_tokens], ['Rubber boots.', 'stop', 120, 45]);
    assert.deepEqual([lastRequest()?.path, lastRequest()?.headers['x-api-key'], lastRequest()?.headers['anthropic-version']], ['/v1/messages', 'sk-ant-secret', '2023-06-01']);
    assert.deepEqual(lastRequest()?.body, { model: 'claude-test', max_tokens: 4096, system: 'You sell shoes.', messages: [{ role: 'user', content: [{ type: 'text', text: messages[0]?.content }] }], temperature: 1, stop_sequences: ['END'] });
    const row = await lastRow(way.app);
    assert.deepEqual([row.endpoint, row.provider, row.model, row.input_tokens, row.cached_tokens, row.output_tokens, row.is_exact], ['chat.completions', 'anthropic', 'claude-test-20260101', 120, 40, 45, 1]);
  });

  it('gets an OpenAI answer as a message, and a ledger row to the token', async () => {
    way.upstream.answer(openAiAnswer('Rubber boots.'));
    const answer = await way.anthropic().messages.create({ model: 'gpt-test', max_tokens: 50, system: 'You sell shoes.', messages });
    assert.deepEqual([answer.content, answer.stop_reason, answer.usage.input_tokens, answer.usage.cache_read_input_tokens, answer.usage.output_tokens], [[{ type: 'text', text: 'Rubber boots.' }], 'end_turn', 20, 100, 45]);
    assert.deepEqual(lastRequest()?.body, { model: 'gpt-test', messages: [{ role: 'system', content: 'You sell shoes.' }, ...messages], max_completion_tokens: 50 });
    const row = await lastRow(way.app);
    assert.deepEqual([row.endpoint, row.provider, row.input_tokens, row.cached_tokens, row.output_tokens, row.reasoning_tokens, row.is_exact], ['messages', 'openai', 120, 100, 45, 20, 1]);
  });

  it('streams, with the usage', async () => {
    way.upstream.answer(anthropicStream(['Rubber ', 'boots 🥾']));
    const completion = await way.openAi().chat.completions.stream({ model: 'claude-test', messages, stream_options: { include_usage: true } }).finalChatCompletion();
    assert.deepEqual([completion.choices[0]?.message.content, completion.usage?.total_tokens], ['Rubber boots 🥾', 165]);
    assert.deepEqual([(await lastRow(way.app)).status, (await lastRow(way.app)).is_exact], ['completed', 1]);
    way.upstream.answer(openAiStream(['Rubber ', 'boots 🥾']));
    const message = await way.anthropic().messages.stream({ model: 'gpt-test', max_tokens: 50, messages }).finalMessage();
    assert.deepEqual([message.content, message.usage.input_tokens, message.usage.output_tokens, message.stop_reason], [[{ type: 'text', text: 'Rubber boots 🥾' }], 20, 45, 'end_turn']);
    assert.deepEqual(lastRequest()?.body['stream_options'], { include_usage: true });
    assert.deepEqual([(await lastRow(way.app)).status, (await lastRow(way.app)).is_exact], ['completed', 1]);
  });

  for (const stream of [false, true]) {
    it(`runs tools of an OpenAI client on an Anthropic model (stream: ${stream})`, async () => {
      const input = { city: 'Rome' };
      way.upstream.answer((res, request) => {
        const script = request.text.includes('tool_result') ? (stream ? anthropicStream(['It rains.']) : anthropicAnswer(['It rains.'])) : stream ? anthropicToolUseStream('weather', input) : anthropicToolUse('weather', input);
        return script(res, request);
      });
      const tools = [{ type: 'function' as const, function: { name: 'weather', description: 'The weather', parameters: { ...schema, required: ['city'] }, parse: (text: string) => (JSON.parse(text) as { city: string }).city, function: (city: string) => `rain in ${city}` } }];
      const { completions } = way.openAi().chat;
      const text = await (stream ? completions.runTools({ model: 'claude-test', messages, tools, stream }).finalContent() : completions.runTools({ model: 'claude-test', messages, tools }).finalContent());
      assert.equal(text, 'It rains.');
      const said = lastRequest()?.body['messages'] as unknown[];
      assert.deepEqual(said.slice(1), [
        { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'weather', input }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'rain in Rome' }] },
      ]);
    });

    it(`runs tools of an Anthropic client on an OpenAI model, without the server holding the conversation (stream: ${stream})`, async () => {
      const args = '{"city":"Rome"}';
      way.upstream.answer((res, request) => {
        const script = request.text.includes('"tool"') ? (stream ? openAiStream(['It rains.']) : openAiAnswer('It rains.')) : stream ? openAiToolCallStream('weather', args) : openAiToolCall('weather', args);
        return script(res, request);
      });
      const weather = betaTool({ name: 'weather', description: 'The weather', inputSchema: schema, run: ({ city }) => `rain in ${city}` });
      const message = await way.anthropic().beta.messages.toolRunner({ model: 'gpt-test', max_tokens: 50, messages, tools: [weather], stream }).runUntilDone();
      assert.deepEqual(message.content.map((block) => (block.type === 'text' ? block.text : block.type)), ['It rains.']);
      const said = lastRequest()?.body['messages'] as unknown[];
      assert.deepEqual(said, [
        ...messages,
        { role: 'assistant', content: null, tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: args } }] },
        { role: 'tool', tool_call_id: 'call_1', content: 'rain in Rome' },
      ]);
    });
  }

  it('is told of failures of the provider in its own shape', async () => {
    way.upstream.answer(anthropicError(400, 'invalid_request_error', 'tools.0: bad schema'));
    const openAi: unknown = await way.openAi().chat.completions.create({ model: 'claude-test', messages }).catch((error: unknown) => error);
    assert.ok(openAi instanceof OpenAI.BadRequestError);
    assert.match(openAi.message, /bad schema/);
    way.upstream.answer(openAiError(404, { message: 'The model does not exist', code: 'model_not_found' }));
    const anthropic: unknown = await way.anthropic().messages.create({ model: 'gpt-test', max_tokens: 5, messages }).catch((error: unknown) => error);
    assert.ok(anthropic instanceof Anthropic.NotFoundError);
    way.upstream.answer(openAiToolCall('weather', '{"city":'));
    const unreadable: unknown = await way.anthropic().messages.create({ model: 'gpt-test', max_tokens: 5, messages }, { maxRetries: 0 }).catch((error: unknown) => error);
    assert.ok(unreadable instanceof Anthropic.InternalServerError && unreadable.status === 502);
  });

  it('leaves nothing reserved, and the counter equal to the ledger', async () => {
    const { month, hour, ledgerMonth, ledgerHour, reserved } = await counted(way.app);
    assert.deepEqual([ledgerMonth, ledgerHour, reserved], [month, hour, 0]);
  });
});
