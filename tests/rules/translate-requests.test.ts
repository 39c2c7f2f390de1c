import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Json } from '../../server/ai/gateway/loose.rules.ts';
import { requestToAnthropic } from '../../server/ai/translate/request-to-anthropic.rules.ts';
import { requestToOpenAi } from '../../server/ai/translate/request-to-openai.rules.ts';

const image = 'data:image/png;base64,iVBORw0KGgo=';
const weather = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const user = { role: 'user', content: 'Hi' };
const userBlocks = { role: 'user', content: [{ type: 'text', text: 'Hi' }] };

describe('a chat completion request for an Anthropic model', () => {
  const base = { model: 'claude', max_tokens: 4096 };
  const cases: [string, Json, Json][] = [
    ['always limits the answer', { messages: [user] }, { ...base, messages: [userBlocks] }],
    ['takes either name of the limit', { messages: [user], max_completion_tokens: 50 }, { ...base, max_tokens: 50, messages: [userBlocks] }],
    ['sets system and developer texts apart', { messages: [{ role: 'system', content: 'A' }, user, { role: 'developer', content: [{ type: 'text', text: 'B' }] }] }, { ...base, system: 'A\n\nB', messages: [userBlocks] }],
    ['keeps the turns, and joins neighbours of one role', { messages: [user, { role: 'assistant', content: 'Yes?' }, user, user] }, { ...base, messages: [userBlocks, { role: 'assistant', content: [{ type: 'text', text: 'Yes?' }] }, { role: 'user', content: [...userBlocks.content, ...userBlocks.content] }] }],
    ['keeps sampling within bounds, and stops', { messages: [user], temperature: 1.8, top_p: 0.5, stop: 'END', stream: true }, { ...base, messages: [userBlocks], temperature: 1, top_p: 0.5, stop_sequences: ['END'], stream: true }],
    ['hands images on', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: image, detail: 'low' } }, { type: 'image_url', image_url: { url: 'https://shop.example/a.png' } }] }] }, { ...base, messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } }, { type: 'image', source: { type: 'url', url: 'https://shop.example/a.png' } }] }] }],
    [
      'describes tools', { messages: [user], tools: [{ type: 'function', function: { name: 'weather', description: 'Now', parameters: weather } }, { type: 'function', function: { name: 'ping' } }], tool_choice: 'auto' },
      { ...base, messages: [userBlocks], tools: [{ name: 'weather', description: 'Now', input_schema: weather }, { name: 'ping', input_schema: { type: 'object', properties: {} } }], tool_choice: { type: 'auto' } },
    ],
    [
      'hands calls of tools and their results back, all results in one turn',
      { messages: [user, { role: 'assistant', content: null, refusal: null, annotations: [], tool_calls: [{ id: 'a', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } }, { id: 'b', type: 'function', function: { name: 'ping', arguments: '' } }] }, { role: 'tool', tool_call_id: 'a', content: 'Rain' }, { role: 'tool', tool_call_id: 'b', content: [{ type: 'text', text: 'pong' }] }, user] },
      { ...base, messages: [userBlocks, { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'weather', input: { city: 'Rome' } }, { type: 'tool_use', id: 'b', name: 'ping', input: {} }] }, { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'Rain' }, { type: 'tool_result', tool_use_id: 'b', content: 'pong' }, ...userBlocks.content] }] },
    ],
    ['takes defaults and what changes nothing in silence', { messages: [user], n: 1, seed: null, logprobs: false, frequency_penalty: 0, response_format: { type: 'text' }, store: false, metadata: { a: 'b' }, stream_options: { include_usage: true }, user: 'u1' }, { ...base, messages: [userBlocks], metadata: { user_id: 'u1' } }],
  ];
  for (const [what, request, expected] of cases) it(what, () => assert.deepEqual(requestToAnthropic({ model: 'x', ...request }, 'claude'), expected));

  const tools = [{ type: 'function', function: { name: 'weather' } }];
  const choices: [unknown, boolean | undefined, unknown][] = [
    ['none', undefined, { type: 'none' }],
    ['required', undefined, { type: 'any' }],
    [{ type: 'function', function: { name: 'weather' } }, undefined, { type: 'tool', name: 'weather' }],
    ['auto', false, { type: 'auto', disable_parallel_tool_use: true }],
    [undefined, false, { type: 'auto', disable_parallel_tool_use: true }],
    [undefined, undefined, undefined],
  ];
  for (const [choice, parallel, expected] of choices) {
    it(`tool_choice ${JSON.stringify(choice)}, parallel ${parallel}`, () => assert.deepEqual(requestToAnthropic({ messages: [user], tools, tool_choice: choice, parallel_tool_calls: parallel }, 'claude')['tool_choice'], expected));
  }

  const refused: [Json, string][] = [
    [{ seed: 7 }, 'seed'],
    [{ n: 2 }, 'n'],
    [{ logprobs: true }, 'logprobs'],
    [{ response_format: { type: 'json_object' } }, 'response_format'],
    [{ frequency_penalty: 0.5 }, 'frequency_penalty'],
    [{ something_new: {} }, 'something_new'],
    [{ tools: [{ type: 'custom', custom: {} }] }, 'tools.0.type'],
    [{ tools, tool_choice: { type: 'allowed_tools' } }, 'tool_choice'],
    [{ messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'input_audio', input_audio: {} }] }] }, 'messages.0.content.1.type'],
    [{ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }] }] }, 'messages.0.content.0.image_url.url'],
    [{ messages: [user, { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'x', arguments: '{"a":' } }] }] }, 'messages.1.tool_calls.0.function.arguments'],
    [{ messages: [{ ...user, name: 'Ada' }] }, 'messages.0.name'],
    [{ messages: [{ role: 'function', content: 'x' }] }, 'messages.0.role'],
  ];
  for (const [fields, field] of refused) it(`refuses ${field} by name`, () => assert.throws(() => requestToAnthropic({ messages: [user], ...fields }, 'claude'), { name: 'CannotTranslate', field }));
});

describe("an Anthropic request for an OpenAI model", () => {
  const base = { model: 'gpt', max_completion_tokens: 100 };
  const cases: [string, Json, Json][] = [
    ['keeps the turns', { messages: [user, { role: 'assistant', content: 'Yes?' }, userBlocks] }, { ...base, messages: [user, { role: 'assistant', content: 'Yes?' }, user] }],
    ['puts the system prompt first', { system: [{ type: 'text', text: 'A', cache_control: { type: 'ephemeral' } }, { type: 'text', text: 'B' }], messages: [user] }, { ...base, messages: [{ role: 'system', content: 'A\n\nB' }, user] }],
    ['keeps sampling and stops, and asks a stream for its usage', { messages: [user], temperature: 0.3, top_p: 0.5, stop_sequences: ['END'], stream: true, metadata: { user_id: 'u1' }, thinking: { type: 'disabled' } }, { ...base, messages: [user], temperature: 0.3, top_p: 0.5, stop: ['END'], stream: true, stream_options: { include_usage: true }, user: 'u1' }],
    ['hands images on', { messages: [{ role: 'user', content: [{ type: 'text', text: 'See' }, { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } }, { type: 'image', source: { type: 'url', url: 'https://shop.example/a.png' } }] }] }, { ...base, messages: [{ role: 'user', content: [{ type: 'text', text: 'See' }, { type: 'image_url', image_url: { url: image } }, { type: 'image_url', image_url: { url: 'https://shop.example/a.png' } }] }] }],
    ['describes tools', { messages: [user], tools: [{ name: 'weather', description: 'Now', input_schema: weather, cache_control: { type: 'ephemeral' } }], tool_choice: { type: 'any', disable_parallel_tool_use: true } }, { ...base, messages: [user], tools: [{ type: 'function', function: { name: 'weather', description: 'Now', parameters: weather } }], tool_choice: 'required', parallel_tool_calls: false }],
    [
      'hands uses of tools and their results back, and leaves thoughts out',
      { messages: [user, { role: 'assistant', content: [{ type: 'thinking', thinking: 'Hm', signature: 'x' }, { type: 'text', text: 'Let me see.' }, { type: 'tool_use', id: 'a', name: 'weather', input: { city: 'Rome' } }] }, { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: 'no such city' }], is_error: true }, { type: 'text', text: 'Well?' }] }] },
      { ...base, messages: [user, { role: 'assistant', content: 'Let me see.', tool_calls: [{ id: 'a', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } }] }, { role: 'tool', tool_call_id: 'a', content: 'Error: no such city' }, { role: 'user', content: 'Well?' }] },
    ],
  ];
  for (const [what, request, expected] of cases) it(what, () => assert.deepEqual(requestToOpenAi({ model: 'x', max_tokens: 100, ...request }, 'gpt', 'max_completion_tokens'), expected));

  it('names the limit as the provider does', () => assert.deepEqual(requestToOpenAi({ max_tokens: 9, messages: [user] }, 'llama', 'max_tokens'), { model: 'llama', max_tokens: 9, messages: [user] }));

  const choices: [Json, unknown][] = [
    [{ type: 'auto' }, 'auto'],
    [{ type: 'none' }, 'none'],
    [{ type: 'tool', name: 'weather' }, { type: 'function', function: { name: 'weather' } }],
  ];
  for (const [choice, expected] of choices) it(`tool_choice ${JSON.stringify(choice)}`, () => assert.deepEqual(requestToOpenAi({ messages: [user], tools: [{ name: 'weather', input_schema: {} }], tool_choice: choice }, 'gpt', 'max_tokens')['tool_choice'], expected));

  const refused: [Json, string][] = [
    [{ top_k: 5 }, 'top_k'],
    [{ thinking: { type: 'enabled', budget_tokens: 1024 } }, 'thinking'],
    [{ mcp_servers: [] }, 'mcp_servers'],
    [{ tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, 'tools.0.type'],
    [{ messages: [{ role: 'user', content: [{ type: 'document', source: {} }] }] }, 'messages.0.content.0.type'],
    [{ messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: [{ type: 'image', source: {} }] }] }] }, 'messages.0.content.0.content.0.type'],
    [{ messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'file', file_id: 'f' } }] }] }, 'messages.0.content.0.source'],
    [{ messages: [user, { role: 'assistant', content: [{ type: 'server_tool_use' }] }] }, 'messages.1.content.0.type'],
  ];
  for (const [fields, field] of refused) it(`refuses ${field} by name`, () => assert.throws(() => requestToOpenAi({ max_tokens: 1, messages: [user], ...fields }, 'gpt', 'max_tokens'), { name: 'CannotTranslate', field }));
});
