import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { objectOf, objectsOf, type Json } from '../../server/ai/gateway/loose.rules.ts';
import { answerToAnthropic, streamToAnthropic } from '../../server/ai/translate/answer-to-anthropic.rules.ts';
import { answerToOpenAi, streamToOpenAi } from '../../server/ai/translate/answer-to-openai.rules.ts';

describe("Anthropic's answer for an OpenAI client", () => {
  const usage = { input_tokens: 30, cache_creation_input_tokens: 50, cache_read_input_tokens: 40, output_tokens: 45, output_tokens_details: { thinking_tokens: 20 } };
  const usageOut = { prompt_tokens: 120, completion_tokens: 45, total_tokens: 165, prompt_tokens_details: { cached_tokens: 40 }, completion_tokens_details: { reasoning_tokens: 20 } };
  const answer = (content: Json[], stop_reason = 'end_turn') => answerToOpenAi({ id: 'msg_1', model: 'claude', content, stop_reason, usage }, 1_700_000_000);

  it('has the texts, the uses of tools and the usage, and no thoughts', () => {
    const content = [{ type: 'thinking', thinking: 'Hm' }, { type: 'text', text: 'Let me ' }, { type: 'text', text: 'see.' }, { type: 'tool_use', id: 'a', name: 'weather', input: { city: 'Rome' } }];
    assert.deepEqual(answer(content, 'tool_use'), {
      id: 'msg_1', object: 'chat.completion', created: 1_700_000_000, model: 'claude', usage: usageOut,
      choices: [{ index: 0, logprobs: null, finish_reason: 'tool_calls', message: { role: 'assistant', content: 'Let me see.', refusal: null, tool_calls: [{ id: 'a', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } }] } }],
    });
    assert.deepEqual(objectOf(objectsOf(answer([])['choices'])[0]?.['message'])['content'], null);
  });

  const reasons = [['end_turn', 'stop'], ['stop_sequence', 'stop'], ['max_tokens', 'length'], ['model_context_window_exceeded', 'length'], ['tool_use', 'tool_calls'], ['refusal', 'content_filter'], ['something_new', 'stop']];
  for (const [reason, expected] of reasons) it(`stop_reason ${reason} is ${expected}`, () => assert.equal(objectsOf(answer([], reason)['choices'])[0]?.['finish_reason'], expected));

  const events: Json[] = [
    { type: 'message_start', message: { id: 'msg_1', model: 'claude', usage: { ...usage, output_tokens: 1 } } },
    { type: 'ping' },
    { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Hm' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'See:' } },
    { type: 'content_block_stop', index: 1 },
    { type: 'content_block_start', index: 2, content_block: { type: 'tool_use', id: 'a', name: 'weather', input: {} } },
    { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{"city":' } },
    { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '"Rome"}' } },
    { type: 'content_block_stop', index: 2 },
    { type: 'content_block_start', index: 3, content_block: { type: 'tool_use', id: 'b', name: 'ping', input: {} } },
    { type: 'content_block_stop', index: 3 },
    { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 45, input_tokens: null } },
  ];
  const translated = (includeUsage: boolean) => {
    const { push, end } = streamToOpenAi(1_700_000_000, includeUsage);
    return [...events.flatMap(push), ...end()];
  };

  it('streams texts and the arguments of tools as they come; a tool without arguments gets an empty object', () => {
    const deltas = translated(false).map((chunk) => objectsOf(chunk['choices'])[0]?.['delta']);
    assert.deepEqual(deltas, [
      { role: 'assistant', content: '', refusal: null },
      { content: 'See:' },
      { tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'weather', arguments: '' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '"Rome"}' } }] },
      { tool_calls: [{ index: 1, id: 'b', type: 'function', function: { name: 'ping', arguments: '' } }] },
      { tool_calls: [{ index: 1, function: { arguments: '{}' } }] },
      {},
    ]);
    assert.equal(objectsOf(translated(false).at(-1)?.['choices'])[0]?.['finish_reason'], 'tool_calls');
  });

  it('tells the usage in a last chunk when it is wanted, the same id in all of them', () => {
    const chunks = translated(true);
    assert.deepEqual([chunks.at(-1)?.['choices'], chunks.at(-1)?.['usage']], [[], usageOut]);
    assert.ok(chunks.slice(0, -1).every((chunk) => chunk['usage'] === null && chunk['id'] === 'msg_1'));
    assert.ok(translated(false).every((chunk) => !('usage' in chunk)));
  });
});

describe("OpenAI's answer for an Anthropic client", () => {
  const usage = { prompt_tokens: 120, completion_tokens: 45, prompt_tokens_details: { cached_tokens: 100 } };
  const usageOut = { input_tokens: 20, cache_creation_input_tokens: 0, cache_read_input_tokens: 100, output_tokens: 45 };
  const completion = (message: Json, finish_reason = 'stop') => ({ id: 'chatcmpl-1', model: 'gpt', choices: [{ index: 0, message, finish_reason }], usage });

  it('has the text, the calls of tools and the usage', () => {
    const tool_calls = [{ id: 'a', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } }, { id: 'b', type: 'function', function: { name: 'ping', arguments: '' } }];
    assert.deepEqual(answerToAnthropic(completion({ role: 'assistant', content: 'See:', tool_calls }, 'tool_calls')), {
      id: 'chatcmpl-1', type: 'message', role: 'assistant', model: 'gpt', stop_reason: 'tool_use', stop_sequence: null, usage: usageOut,
      content: [{ type: 'text', text: 'See:' }, { type: 'tool_use', id: 'a', name: 'weather', input: { city: 'Rome' } }, { type: 'tool_use', id: 'b', name: 'ping', input: {} }],
    });
  });

  const reasons = [['stop', 'end_turn'], ['length', 'max_tokens'], ['tool_calls', 'tool_use'], ['function_call', 'tool_use'], ['content_filter', 'refusal']];
  for (const [reason, expected] of reasons) it(`finish_reason ${reason} is ${expected}`, () => assert.equal(answerToAnthropic(completion({ content: 'x' }, reason))['stop_reason'], expected));

  it('is unreadable when the arguments of a tool are not a JSON object', () => {
    for (const text of ['{"city":', '[]', '7']) assert.throws(() => answerToAnthropic(completion({ tool_calls: [{ id: 'a', function: { name: 'x', arguments: text } }] })), { name: 'AnswerUnreadable' });
  });

  const chunk = (delta: Json, finish_reason: string | null = null) => ({ id: 'chatcmpl-1', model: 'gpt', choices: [{ index: 0, delta, finish_reason }] });

  it('streams one block at a time, and the usage at the end', () => {
    const { push, end } = streamToAnthropic();
    const chunks = [
      chunk({ role: 'assistant', content: '' }), chunk({ reasoning_content: 'Hm' }), chunk({ content: 'See' }), chunk({ content: ':' }),
      chunk({ tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'weather', arguments: '' } }] }), chunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":"Rome"}' } }] }),
      chunk({ tool_calls: [{ index: 1, id: 'b', type: 'function', function: { name: 'ping', arguments: '{}' } }] }), chunk({}, 'tool_calls'), { id: 'chatcmpl-1', choices: [], usage },
    ];
    assert.deepEqual([...chunks.flatMap(push), ...end()], [
      { type: 'message_start', message: { id: 'chatcmpl-1', type: 'message', role: 'assistant', model: 'gpt', content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 } } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'See' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ':' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_start', index: 1, content_block: { type: 'tool_use', id: 'a', name: 'weather', input: {} } },
      { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"city":"Rome"}' } },
      { type: 'content_block_stop', index: 1 },
      { type: 'content_block_start', index: 2, content_block: { type: 'tool_use', id: 'b', name: 'ping', input: {} } },
      { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{}' } },
      { type: 'content_block_stop', index: 2 },
      { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: usageOut },
      { type: 'message_stop' },
    ]);
  });

  it('is unreadable when calls of tools are mixed', () => {
    const { push } = streamToAnthropic();
    const call = (index: number) => chunk({ tool_calls: [{ index, id: String(index), function: { name: 'x', arguments: '{' } }] });
    push(call(0));
    push(call(1));
    assert.throws(() => push(call(0)), { name: 'AnswerUnreadable' });
  });
});
