import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import OpenAI from 'openai';
import { Client } from 'undici';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { onBothDatabases } from '../harness.ts';
import { ledger } from './chat-client.ts';
import { openAiAnswer, openAiEmbeddings, openAiError } from './openai-wire.ts';
import { openWay, type Way } from './sdk-clients.ts';
import { json, startUpstream, type Received, type Script, type Upstream } from './upstream.ts';

const tool = { type: 'function' as const, function: { name: 'find', description: 'Finds products', parameters: { type: 'object', properties: { q: { type: 'string' } } }, strict: true } };
/** Every optional field that the SDK knows. */
const everyField: OpenAI.ChatCompletionCreateParamsNonStreaming = {
  model: 'gpt-test',
  messages: [
    { role: 'developer', content: 'Be brief.', name: 'shop' },
    { role: 'user', content: [{ type: 'text', text: 'What is this? ü' }, { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } }, { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }], name: 'shopper' },
    { role: 'assistant', content: null, tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'find', arguments: '{"q":"boots"}' } }] },
    { role: 'tool', tool_call_id: 'call_1', content: 'none' },
  ],
  audio: { format: 'wav', voice: 'alloy' },
  frequency_penalty: -2,
  function_call: 'none',
  functions: [{ name: 'find', description: 'Finds products', parameters: { type: 'object' } }],
  logit_bias: { 50256: -100 },
  logprobs: true,
  max_completion_tokens: 100,
  max_tokens: 100,
  metadata: { shop: 'example' },
  modalities: ['text', 'audio'],
  n: 2,
  parallel_tool_calls: true,
  prediction: { type: 'content', content: 'boots' },
  presence_penalty: 2,
  prompt_cache_key: 'shop-1',
  reasoning_effort: 'low',
  response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object' }, strict: true } },
  safety_identifier: 'shopper-1',
  seed: -9_007_199_254_740_991,
  service_tier: 'flex',
  stop: ['\n', 'END'],
  store: true,
  stream: false,
  stream_options: null,
  temperature: 0.2,
  tool_choice: { type: 'function', function: { name: 'find' } },
  tools: [tool],
  top_logprobs: 3,
  top_p: 0.9,
  user: 'shopper-1',
  verbosity: 'low',
  web_search_options: { search_context_size: 'low', user_location: { type: 'approximate', approximate: { city: 'Roma', country: 'IT', region: 'RM', timezone: 'Europe/Rome' } } },
};
const stored = { id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'gpt-test', metadata: { shop: 'example' }, choices: [] };
const page = (data: object[]) => ({ object: 'list', data, first_id: null, last_id: null, has_more: false });

const openAi: Script = (res, request) => {
  const { pathname } = new URL(request.path, 'http://openai');
  if (pathname === '/v1/embeddings') return openAiEmbeddings(1, 4)(res, request);
  if (pathname === '/v1/models') return json(res, 200, page([{ id: 'gpt-test', object: 'model', created: 1, owned_by: 'me' }]));
  if (pathname.startsWith('/v1/models/')) return json(res, 200, { id: decodeURIComponent(pathname.slice('/v1/models/'.length)), object: 'model', deleted: true });
  if (pathname.endsWith('/messages')) return json(res, 200, page([{ id: 'm1', role: 'user', content: 'hi' }]));
  if (pathname === '/v1/chat/completions' && request.bytes.length > 0) return openAiAnswer('done')(res, request);
  if (pathname === '/v1/chat/completions') return json(res, 200, page([stored]));
  return json(res, 200, stored, { 'x-request-id': 'req_stored' });
};

onBothDatabases('the resources of the official OpenAI SDK', (engine) => {
  let way: Way;
  let own: Upstream;
  before(async () => {
    own = await startUpstream();
    own.answer(openAi);
    way = await openWay(engine, (url) => ({ OPENAI_API_KEY: 'sk-openai-secret', OPENAI_BASE_URL: `${url}/v1`, ALLOWED_PRIVATE_HOSTS: '127.0.0.1' }));
    way.upstream.answer(openAi);
  });
  after(async () => {
    await way.close();
    await own.close();
  });
  const last = () => own.received.at(-1) as Received;
  /** The same call straight to the provider and by way of this server: what the provider receives of both. */
  const bothWays = async (call: (client: OpenAI) => Promise<unknown>): Promise<[Received, Received]> => {
    await call(new OpenAI({ baseURL: `${own.url}/v1`, apiKey: 'sk-customer' }));
    const direct = last();
    await call(way.openAi());
    return [direct, last()];
  };

  it('about an account are refused to licences without one of their own, once, since they would show what others have stored', async () => {
    const { completions } = way.openAi().chat;
    way.requests();
    const calls = [() => completions.list(), () => completions.retrieve('x'), () => completions.update('x', { metadata: {} }), () => completions.delete('x'), () => completions.messages.list('x'), () => way.openAi().models.delete('ft:x')];
    for (const call of calls) await assert.rejects(async () => call(), (error) => error instanceof OpenAI.PermissionDeniedError && error.headers?.get('x-should-retry') === 'false' && /PUT \/api\/v1\/provider-keys\/openai/.test(error.message));
    assert.equal(way.requests(), calls.length);
    assert.equal(way.upstream.received.length, 0);
    const refused = await way.app.call('get', '/v1/chat/completions', { key: developmentKey });
    assert.deepEqual([refused.status, refused.body.error.type, refused.body.error.code], [403, 'permission_error', 'forbidden']);
    assert.deepEqual(await ledger(way.app), []);
    assert.equal((await way.app.call('put', '/api/v1/provider-keys/openai', { key: developmentKey, body: { api_key: 'sk-customer', base_url: `${own.url}/v1` } })).status, 200);
  });

  it('send every field that there is to the provider as the SDK wrote it, byte by byte', async () => {
    const calls: [string, (client: OpenAI) => Promise<unknown>][] = [
      ['a completion', (client) => client.chat.completions.create(everyField)],
      ['a completion of the least', (client) => client.chat.completions.create({ model: 'gpt-test', messages: [{ role: 'developer', content: 'x' }] })],
      ['a stored completion', (client) => client.chat.completions.retrieve('chatcmpl-1')],
      ['new metadata', (client) => client.chat.completions.update('chatcmpl-1', { metadata: { shop: 'other', ü: '1' } })],
      ['the stored completions', (client) => client.chat.completions.list({ after: 'a', limit: 2, metadata: { shop: 'example' }, model: 'gpt-test', order: 'asc' })],
      ['stored messages', (client) => client.chat.completions.messages.list('chatcmpl-1', { after: 'a', limit: 2, order: 'desc' })],
      ['a deletion', (client) => client.chat.completions.delete('chatcmpl-1')],
      ['an id like a path', (client) => client.chat.completions.retrieve('a b?c%')],
      ['an embedding', (client) => client.embeddings.create({ model: 'text-embedding-3-small', input: ['a', 'ü'], dimensions: 4, encoding_format: 'float', user: 'shopper-1' })],
      ['an embedding of the least', (client) => client.embeddings.create({ model: 'text-embedding-3-small', input: 'The quick brown fox' })],
      ['a deleted model', (client) => client.models.delete('ft:gpt-4o-mini:acemeco:suffix:abc123')],
    ];
    for (const [what, call] of calls) {
      const [direct, through] = await bothWays(call);
      assert.deepEqual([through.path, through.text], [direct.path, direct.text], what);
      assert.equal(through.headers.authorization, 'Bearer sk-customer');
    }
    assert.equal((await ledger(way.app)).length, 4, 'completions and embeddings alone are metered');
  });

  it('bring back what the provider says, the raw response too', async () => {
    const { completions } = way.openAi().chat;
    assert.deepEqual(await completions.retrieve('chatcmpl-1'), stored);
    const { data, response } = await completions.list().withResponse();
    assert.deepEqual([data.data, response.status], [[stored], 200]);
    assert.deepEqual((await completions.messages.list('chatcmpl-1')).data.map(({ id }) => id), ['m1']);
    assert.deepEqual((await way.openAi().models.list()).data.filter(({ owned_by }) => owned_by === 'me').map(({ id }) => id), ['gpt-test']);
    assert.equal((await way.openAi().models.retrieve('gpt-test')).object, 'model');
    assert.deepEqual(await way.openAi().models.delete('ft:x'), { id: 'ft:x', object: 'model', deleted: true });
    await assert.rejects(completions.list({}, { path: '/unknown' }), OpenAI.NotFoundError);
    own.answer(openAiError(404, { message: 'No chat completion found', param: 'id' }));
    await assert.rejects(async () => completions.retrieve('nothing'), (error) => error instanceof OpenAI.NotFoundError && error.param === 'id' && /No chat completion found/.test(error.message));
    own.answer(openAiError(401, { message: 'no' }));
    await assert.rejects(async () => completions.retrieve('x'), (error) => error instanceof OpenAI.PermissionDeniedError && /Your key at OpenAI was refused/.test(error.message));
    own.answer(openAi);
    const before = own.received.length;
    const raw = new Client(way.url);
    for (const path of ['..%2Ffiles', '%2e%2e', 'a%5Cb']) {
      // Other clients would put the path in order before they send it.
      const { statusCode, body } = await raw.request({ method: 'GET', path: `/v1/chat/completions/${path}`, headers: { authorization: `Bearer ${developmentKey}` } });
      assert.equal(statusCode, 400, path);
      await body.dump();
    }
    await raw.close();
    assert.equal(own.received.length, before);
    assert.equal(way.upstream.received.filter(({ path }) => path !== '/v1/models').length, 0);
  });
});
