import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import OpenAI from 'openai';
import Anthropic from '@anthropic-ai/sdk';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { ledger } from './chat-client.ts';
import { openWay, type Way } from './sdk-clients.ts';
import { hang, json, startUpstream, type Script, type Upstream } from './upstream.ts';

const messages = [{ role: 'user' as const, content: 'Do you have boots?' }];

describe('the list of models', () => {
  let way: Way;
  let second: Upstream;
  let anthropicFails = false;
  before(async () => {
    second = await startUpstream();
    way = await openWay('sqlite', (url) => ({ OPENAI_API_KEY: 'sk-1', OPENAI_BASE_URL: `${url}/v1`, ANTHROPIC_API_KEY: 'sk-2', ANTHROPIC_BASE_URL: `${url}/claude`, OPENAI_COMPATIBLE_BASE_URL: `${second.url}/v1` }));
    const script: Script = (res, { path }) => {
      if (path === '/v1/models') return json(res, 200, { object: 'list', data: [{ id: 'gpt-test', object: 'model', created: 1_700_000_000, owned_by: 'openai' }, { id: 'sora', object: 'model', created: 1_700_000_001, owned_by: 'system' }] });
      if (anthropicFails) return json(res, 500, {});
      return json(res, 200, { data: [{ type: 'model', id: 'claude-test', display_name: 'Claude Test', created_at: '2026-01-01T00:00:00Z' }], has_more: false });
    };
    way.upstream.answer(script);
    second.answer((res) => json(res, 200, { object: 'list', data: [{ id: 'llama3.3' }, { id: 'claude-clone' }] }));
  });
  after(async () => {
    await way.close();
    await second.close();
  });

  const ids = async (client: OpenAI | Anthropic) => {
    const found: string[] = [];
    for await (const model of client.models.list()) found.push(model.id);
    return found;
  };
  const aliases = ['chatello-fast', 'chatello-smart'];
  const all = [...aliases, 'gpt-test', 'openai/sora', 'claude-test', 'llama3.3', 'openai-compatible/claude-clone'];

  it('has what every provider offers, under names that lead back to it, in the shape of either SDK', async () => {
    assert.deepEqual(await ids(way.openAi()), all);
    assert.deepEqual(await ids(way.anthropic()), all);
    assert.deepEqual(await way.openAi().models.retrieve('openai/sora'), { id: 'openai/sora', object: 'model', created: 1_700_000_001, owned_by: 'system' });
    const claude = await way.anthropic().models.retrieve('claude-test');
    assert.deepEqual([claude.type, claude.display_name, claude.created_at], ['model', 'Claude Test', '2026-01-01T00:00:00.000Z']);
  });

  it('says 404 to a model that is not in it, after one request', async () => {
    way.requests();
    await assert.rejects(way.openAi().models.retrieve('nothing'), OpenAI.NotFoundError);
    await assert.rejects(way.anthropic().models.retrieve('nothing'), Anthropic.NotFoundError);
    assert.equal(way.requests(), 2);
  });

  it('is asked for again after some minutes only, and keeps what is known of a provider that fails', async () => {
    const asked = way.upstream.received.length;
    await ids(way.openAi());
    assert.equal(way.upstream.received.length, asked);
    anthropicFails = true;
    way.app.clock.now += 6 * 60_000;
    assert.deepEqual(await ids(way.openAi()), all);
    assert.equal(way.upstream.received.length, asked + 2);
  });

  it('has the default model of a provider that has never answered', async () => {
    const other = await openWay('sqlite', (url) => ({ OPENAI_API_KEY: 'sk-1', OPENAI_BASE_URL: `${url}/deaf`, OPENAI_MODEL: 'gpt-default', ANTHROPIC_API_KEY: 'sk-2', ANTHROPIC_BASE_URL: url, AI_FIRST_BYTE_TIMEOUT_MS: '200' }));
    other.upstream.answer((res, request) => (request.path.startsWith('/deaf') ? hang(res, request) : json(res, 200, { data: [{ type: 'model', id: 'claude-test' }] })));
    assert.deepEqual(await ids(other.openAi()), [...aliases, 'gpt-default', 'claude-test']);
    await other.close();
  });
});

describe('the demo, while no provider is set up', () => {
  let way: Way;
  before(async () => {
    way = await openWay('sqlite', () => ({}));
  });
  after(() => way.close());

  it('is listed, and answers both SDKs, streaming too, whatever model is asked for', async () => {
    assert.deepEqual((await way.openAi().models.list()).data.map(({ id }) => id), ['demo']);
    assert.equal((await way.anthropic().models.retrieve('demo')).display_name, 'Chatello demo');
    const completion = await way.openAi().chat.completions.create({ model: 'gpt-5.4-mini', messages });
    const streamed = await way.openAi().chat.completions.stream({ model: 'demo', messages, stream_options: { include_usage: true } }).finalChatCompletion();
    const message = await way.anthropic().messages.create({ model: 'claude-haiku-5-5', max_tokens: 5, messages });
    const events = await way.anthropic().messages.stream({ model: 'demo', max_tokens: 5, messages }).finalText();
    const [block] = message.content;
    const texts = [completion.choices[0]?.message.content, streamed.choices[0]?.message.content, block?.type === 'text' ? block.text : '', events];
    for (const text of texts) assert.match(text ?? '', /Chatello demo.*You wrote: “Do you have boots\?”$/);
    assert.ok((streamed.usage?.completion_tokens ?? 0) > 0 && completion.model === 'demo');
    const rows = await ledger(way.app);
    assert.deepEqual(rows.map(({ status, provider, model, is_exact, charged_requests }) => [status, provider, model, is_exact, charged_requests]), Array.from({ length: 4 }, () => ['completed', 'demo', 'demo', 0, 1]));
  });

  it('answers as the API document says', async () => {
    const asked: [string, unknown, number][] = [['chat/completions', { model: 'demo', messages }, 200], ['messages', { model: 'demo', max_tokens: 5, messages }, 200], ['messages/count_tokens', { model: 'demo', messages }, 200], ['embeddings', { model: 'demo', input: 'x' }, 404], ['embeddings', { model: 'demo' }, 400], ['messages', {}, 400]];
    for (const [path, body, status] of asked) assert.equal((await way.app.call('post', `/v1/${path}`, { key: developmentKey, body })).status, status, path);
    for (const headers of [{}, { 'anthropic-version': '2023-06-01' }] as Record<string, string>[]) {
      for (const [path, status] of [['models', 200], ['models/demo', 200], ['models/nothing', 404]] as const) assert.equal((await way.app.call('get', `/v1/${path}`, { key: developmentKey, headers })).status, status, path);
    }
  });

  it('makes no embeddings, and says who does', async () => {
    await assert.rejects(way.openAi().embeddings.create({ model: 'demo', input: 'x' }), (error) => error instanceof OpenAI.NotFoundError && /OPENAI_API_KEY/.test(error.message));
    assert.equal((await ledger(way.app)).at(-1)?.endpoint, 'messages');
  });
});
