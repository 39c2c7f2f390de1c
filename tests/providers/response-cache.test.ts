import assert from 'node:assert/strict';
import { after, before, beforeEach, it } from 'node:test';
import { jobList } from '../../server/jobs/job-list.ts';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { onBothDatabases } from '../harness.ts';
import { anthropicAnswer, anthropicStream } from './anthropic-wire.ts';
import { ledger, parseEvents, postChat } from './chat-client.ts';
import { openAiAnswer, openAiChunks, openAiError, openAiStream, beginOpenAiStream } from './openai-wire.ts';
import { openWay, type Way } from './sdk-clients.ts';

const messages = [{ role: 'user' as const, content: 'Which shoes go with rain? A canary.' }];

onBothDatabases('the response cache of a licence', (engine) => {
  let way: Way;
  let serial = 0;
  before(async () => {
    way = await openWay(engine);
  });
  after(() => way.close());
  beforeEach(async () => {
    await way.app.deps.db.deleteFrom('response_cache').execute();
    way.upstream.answer((res, request) => {
      serial += 1;
      const isStream = request.body['stream'] === true;
      const texts = [`Number ${serial}: `, 'è gummi 👢.'];
      const script = request.path === '/v1/messages' ? (isStream ? anthropicStream(texts) : anthropicAnswer([texts.join('')])) : isStream ? openAiStream(texts) : openAiAnswer(texts.join(''));
      return script(res, request);
    });
    await put({ cache_seconds: 60, system_prompt: null });
  });
  const put = async (body: Record<string, unknown>, key = developmentKey) => assert.equal((await way.app.call('put', '/api/v1/ai-settings', { key, body })).status, 200);
  const post = async (path: string, body: unknown, key = developmentKey, headers: Record<string, string> = {}) => {
    const answer = await fetch(way.url + path, { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${key}`, ...headers }, body: JSON.stringify(body) });
    return { status: answer.status, cache: answer.headers.get('x-chatello-cache'), type: answer.headers.get('content-type'), text: await answer.text() };
  };
  const openAi = (extra: Record<string, unknown> = {}, key?: string) => post('/v1/chat/completions', { model: 'gpt-5.4-mini', messages, ...extra }, key);

  it('gives the same bytes again, whole and streamed, in each protocol and across them, and asks nobody', async () => {
    for (const [path, model] of [['/v1/chat/completions', 'gpt-5.4-mini'], ['/v1/messages', 'claude-haiku-5-5'], ['/v1/chat/completions', 'claude-haiku-5-5'], ['/v1/messages', 'gpt-5.4-mini']] as const) {
      for (const stream of [undefined, false, true]) {
        const body = { model, messages, max_tokens: 50, ...(stream === undefined ? {} : { stream }) };
        const first = await post(path, body);
        const asked = way.upstream.received.length;
        const second = await post(path, body);
        assert.deepEqual([first.status, first.cache, second.cache, way.upstream.received.length], [200, 'miss', 'hit', asked], `${path} ${model} ${stream}`);
        assert.deepEqual([second.text, second.type, second.status], [first.text, first.type, 200]);
        assert.match(second.text, /gummi/);
        assert.equal(first.type?.startsWith('text/event-stream'), stream === true);
      }
    }
  });

  it('serves POST /api/chat, whole and streamed, each answer with its own number and quota', async () => {
    const chat = async (stream: boolean) => {
      const answer = await postChat(way.url, { stream, messages });
      return { cache: answer.headers.get('x-chatello-cache'), text: await answer.text() };
    };
    for (const stream of [false, true]) {
      const [first, second] = [await chat(stream), await chat(stream)];
      assert.deepEqual([first.cache, second.cache], ['miss', 'hit']);
      if (stream) {
        const [a, b] = [parseEvents(first.text), parseEvents(second.text)];
        assert.deepEqual([b.text, b.isDone], [a.text, true]);
        assert.match(b.text, /^Number \d+: è gummi 👢\.$/);
      } else {
        const [a, b] = [first.text, second.text].map((text) => JSON.parse(text) as Record<string, Record<string, unknown>>);
        assert.deepEqual(b?.['message'], a?.['message']);
        assert.notEqual(b?.['id'], a?.['id']);
        assert.deepEqual([b?.['usage']?.['total_tokens'], b?.['usage']?.['exact']], [0, true]);
      }
    }
  });

  it('costs one request of the quota and nothing else, and the ledger says so', async () => {
    await openAi({ seed: 1 });
    const rows = await ledger(way.app);
    await openAi({ seed: 1 });
    const [row, ...more] = (await ledger(way.app)).slice(rows.length);
    assert.equal(more.length, 0);
    assert.ok(row);
    assert.deepEqual(
      [row.status, row.is_cached, row.charged_requests, row.charged_tokens, row.charged_cost_microcents, row.input_tokens, row.output_tokens, row.cost_microcents, row.provider, row.model, row.is_exact],
      ['completed', 1, 1, 0, 0, 0, 0, 0, 'openai', 'gpt-5.4-mini', 1],
    );
    assert.equal(rows.at(-1)?.is_cached, 0);
  });

  it('is off unless the owner switches it on, and at once when it is switched off or made shorter', async () => {
    await openAi();
    await put({ cache_seconds: 0 });
    assert.deepEqual((await openAi()).cache, null);
    await put({ cache_seconds: 60 });
    assert.equal((await openAi()).cache, 'hit');
    way.app.clock.now += 30_000;
    await put({ cache_seconds: 20 });
    assert.equal((await openAi()).cache, 'miss');
    way.app.clock.now += 21_000;
    await put({ cache_seconds: 60 });
    const { db } = way.app.deps;
    assert.equal((await openAi()).cache, 'miss');
    assert.equal((await db.selectFrom('response_cache').select('digest').execute()).length, 1);
    way.app.clock.now += 61_000;
    await jobList['prune-expired']?.run(way.app.deps, {});
    assert.equal((await db.selectFrom('response_cache').select('digest').execute()).length, 0);
  });

  it('tells requests apart by every byte, by the rules of the owner, by the beta features, and by the licence', async () => {
    await openAi();
    for (const extra of [{ temperature: 0 }, { messages: [...messages, ...messages] }, { user: 'x' }, { model: 'openai/gpt-5.4-mini' }, { stream: true }, { stream: true, stream_options: { include_usage: true } }]) assert.equal((await openAi(extra)).cache, 'miss', JSON.stringify(extra));
    assert.equal((await post('/v1/chat/completions', { model: 'gpt-5.4-mini', messages }, developmentKey, { 'OpenAI-Beta': 'x=1' })).cache, 'miss');
    await put({ system_prompt: 'Be brief.' });
    assert.equal((await openAi()).cache, 'miss');
    assert.equal((await openAi()).cache, 'hit');
    await put({ system_prompt: null });
    assert.equal((await openAi()).cache, 'hit');
    const created = await way.app.call('post', '/api/create_license', { token: way.app.adminToken, body: { email: 'other@example.com', plan: 'pro', months: 1 } });
    const other = created.body.license_key as string;
    await put({ cache_seconds: 60 }, other);
    assert.equal((await openAi({}, other)).cache, 'miss');
  });

  it('keeps nothing of an answer that failed, broke off or is too long', async () => {
    way.upstream.answer(openAiError(400, { message: 'Bad' }));
    await openAi();
    way.upstream.answer((res) => {
      beginOpenAiStream(res);
      res.end(openAiChunks.role() + openAiChunks.text('half'));
    });
    await openAi({ stream: true });
    way.upstream.answer((res) => {
      beginOpenAiStream(res);
      res.end(openAiChunks.text('half') + openAiChunks.error('overloaded', 'server_error'));
    });
    await openAi({ stream: true });
    const long = 'x'.repeat(300 * 1024);
    way.upstream.answer((res, request) => (request.body['stream'] === true ? openAiStream([long]) : openAiAnswer(long))(res, request));
    assert.deepEqual([(await openAi()).status, (await openAi({ stream: true })).status], [200, 200]);
    assert.equal((await way.app.deps.db.selectFrom('response_cache').select('digest').execute()).length, 0);
  });

  it('keeps answers sealed, and no question', async () => {
    await openAi();
    const row = await way.app.deps.db.selectFrom('response_cache').selectAll().executeTakeFirstOrThrow();
    const text = Object.values(row).map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value))).join('\n');
    for (const secret of ['canary', 'gummi', 'Number', 'shoes']) assert.ok(!text.includes(secret), secret);
    await way.app.deps.db.updateTable('response_cache').set({ answer_cipher: Buffer.alloc(60) }).execute();
    const again = await openAi();
    assert.deepEqual([again.status, again.cache], [200, 'miss'], 'one that does not open counts as none');
    assert.equal((await openAi()).cache, 'hit');
  });

  it('holds 500 answers of a licence, the newest', async () => {
    const { db } = way.app.deps;
    const { license_id } = await db.selectFrom('license_ai_settings').select('license_id').executeTakeFirstOrThrow();
    const now = way.app.clock.now;
    const old = Array.from({ length: 520 }, (_, index) => ({ license_id, digest: Buffer.from(`digest ${index}`), content_type: 'x', provider: 'x', model: 'x', answer_cipher: Buffer.from('x'), key_id: 'x', bytes: 1, created_at: now - 1_000 + index, expires_at: now + 60_000 }));
    await db.insertInto('response_cache').values(old).execute();
    await openAi();
    const kept = await db.selectFrom('response_cache').select('created_at').orderBy('created_at').execute();
    assert.deepEqual([kept.length, kept[0]?.created_at, kept.at(-1)?.created_at], [500, now - 1_000 + 21, now]);
    assert.equal((await openAi()).cache, 'hit');
  });

  it('answers visitors too, in one and the same way', async () => {
    await way.app.call('post', '/api/v1/licenses/activate', { key: developmentKey, body: { domain: 'shop.example.com' } });
    const { body } = await way.app.call('post', '/api/v1/visitor-tokens', { key: developmentKey, body: { origin: 'https://shop.example.com', visitor: 'visitor-0001' } });
    const asVisitor = () => post('/v1/chat/completions', { model: 'chatello-fast', messages }, body.token as string, { Origin: 'https://shop.example.com' });
    const first = await asVisitor();
    const second = await asVisitor();
    assert.deepEqual([first.status, first.cache, second.cache, second.text], [200, 'miss', 'hit', first.text]);
    assert.equal((await openAi({ model: 'chatello-fast' })).text, first.text);
  });
});
