import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { onBothDatabases } from '../harness.ts';
import { anthropicAnswer } from './anthropic-wire.ts';
import { ledger } from './chat-client.ts';
import { openAiAnswer } from './openai-wire.ts';
import { openWay, type Way } from './sdk-clients.ts';
import { json, startUpstream, type Upstream } from './upstream.ts';

const messages = [{ role: 'user' as const, content: 'Which shoes go with rain?' }];
const defaults = { paused: false, paused_at: null, monthly_budget: null, system_prompt: null, allowed_topics: [], blocked_topics: [], max_input_characters: null, moderated: false, cache_seconds: 0 };
const canary = 'You are the canary of the shoe shop.';

onBothDatabases('the AI settings of a licence', (engine) => {
  let way: Way;
  let moderation: Upstream;
  before(async () => {
    moderation = await startUpstream();
    way = await openWay(engine, (url) => ({ OPENAI_API_KEY: 'sk-openai-secret', OPENAI_BASE_URL: `${url}/v1`, ANTHROPIC_API_KEY: 'sk-ant-secret', ANTHROPIC_BASE_URL: url, AI_MODERATION_URL: `${moderation.url}/moderate`, AI_MODERATION_TIMEOUT_MS: '300' }));
    way.upstream.answer((res, request) => (request.path === '/v1/messages' ? anthropicAnswer(['Yes.']) : openAiAnswer('Yes.'))(res, request));
  });
  after(async () => {
    await way.close();
    await moderation.close();
  });
  const put = (body: Record<string, unknown>) => way.app.call('put', '/api/v1/ai-settings', { key: developmentKey, body });
  const reset = async () => assert.equal((await put({ ...defaults, paused_at: undefined })).status, 200);
  const sent = () => way.upstream.received.at(-1);
  const firstMessage = () => (sent()?.body['messages'] as { role: string; content: string }[] | undefined)?.[0];
  const askOpenAi = (extra: Record<string, unknown> = {}) => way.openAi().chat.completions.create({ model: 'gpt-5.4-mini', messages, ...extra });
  const askAnthropic = (extra: Record<string, unknown> = {}) => way.anthropic().messages.create({ model: 'claude-haiku-5-5', max_tokens: 5, messages, ...extra });

  it('are the defaults at first, change one by one, and are audited without the prompt', async () => {
    const { call, deps } = way.app;
    assert.deepEqual((await call('get', '/api/v1/ai-settings', { key: developmentKey })).body, defaults);
    const first = await put({ system_prompt: canary, monthly_budget: '25.5', blocked_topics: ['politics'] });
    assert.deepEqual([first.status, first.body], [200, { ...defaults, system_prompt: canary, monthly_budget: '25.50', blocked_topics: ['politics'] }]);
    const second = await put({ cache_seconds: 60, monthly_budget: null, blocked_topics: [] });
    assert.deepEqual(second.body, { ...defaults, system_prompt: canary, cache_seconds: 60 });
    assert.deepEqual((await call('get', '/api/v1/ai-settings', { key: developmentKey })).body, second.body);
    const before = await deps.db.selectFrom('audit_log').select('id').execute();
    assert.deepEqual((await put({ system_prompt: canary, cache_seconds: 60 })).body, second.body);
    assert.equal((await deps.db.selectFrom('audit_log').select('id').execute()).length, before.length, 'nothing changed, nothing recorded');
    const lines = await deps.db.selectFrom('audit_log').selectAll().where('action', 'like', 'license.ai%').orderBy('id').execute();
    assert.deepEqual(lines.map(({ action, actor, after_json }) => [action, actor, after_json && (JSON.parse(after_json) as unknown)]), [
      ['license.ai_changed', 'site', { monthly_budget: '25.50', blocked_topics: ['politics'], system_prompt: 'changed' }],
      ['license.ai_changed', 'site', { monthly_budget: null, blocked_topics: [], cache_seconds: 60 }],
    ]);
    const row = await deps.db.selectFrom('license_ai_settings').selectAll().executeTakeFirstOrThrow();
    assert.ok(!JSON.stringify([row, lines]).includes('canary'), 'the prompt is nowhere in plain text');
    await reset();
  });

  it('name the field of a bad value, and change nothing then', async () => {
    for (const [body, field] of [[{ monthly_budget: '25,00' }, 'body.monthly_budget'], [{ monthly_budget: 25 }, 'body.monthly_budget'], [{ monthly_budget: '1000000' }, 'body.monthly_budget'], [{ monthly_budget: '-1' }, 'body.monthly_budget'], [{ system_prompt: 'x'.repeat(8_001) }, 'body.system_prompt'], [{ allowed_topics: ['a', ''] }, 'body.allowed_topics.1'], [{ blocked_topics: Array.from({ length: 51 }, () => 'x') }, 'body.blocked_topics'], [{ max_input_characters: 5 }, 'body.max_input_characters'], [{ cache_seconds: 86_401 }, 'body.cache_seconds'], [{}, 'body']] as const) {
      const refused = await put({ ...body });
      assert.deepEqual([refused.status, refused.body.error.field], [400, field], JSON.stringify(body).slice(0, 60));
    }
    assert.equal((await way.app.call('put', '/api/v1/ai-settings', { key: 'CHA-0000-0000-0000-0000', body: { moderated: true } })).status, 401);
    assert.deepEqual((await way.app.call('get', '/api/v1/ai-settings', { key: developmentKey })).body, defaults);
  });

  it('pause and resume the AI at once, in the shape of each caller, as often as asked', async () => {
    const { call } = way.app;
    for (let twice = 0; twice < 2; twice += 1) assert.equal((await call('post', '/api/v1/ai-settings/pause', { key: developmentKey })).body.paused, true);
    way.requests();
    const openAi: unknown = await askOpenAi().catch((error: unknown) => error);
    const anthropic: unknown = await askAnthropic().catch((error: unknown) => error);
    assert.ok(openAi instanceof OpenAI.PermissionDeniedError && anthropic instanceof Anthropic.PermissionDeniedError);
    assert.deepEqual([openAi.code, way.requests()], ['ai_paused', 2]);
    assert.match(anthropic.message, /paused/);
    const chat = await call('post', '/api/chat', { key: developmentKey, body: { messages } });
    assert.deepEqual([chat.status, chat.body.error.code], [403, 'AI_PAUSED']);
    assert.equal((await call('post', '/api/v1/ai-settings/resume', { key: developmentKey })).body.paused, false);
    assert.equal((await askOpenAi()).choices[0]?.message.content, 'Yes.');
    const actions = await way.app.deps.db.selectFrom('audit_log').select('action').where('action', 'in', ['license.ai_paused', 'license.ai_resumed']).orderBy('id').execute();
    assert.deepEqual(actions.map(({ action }) => action), ['license.ai_paused', 'license.ai_resumed']);
  });

  it('put the rules of the owner before every conversation, and leave every other byte as it was', async () => {
    await put({ system_prompt: canary, allowed_topics: ['shoes'], blocked_topics: ['politics'] });
    await askOpenAi();
    const rules = firstMessage()?.content ?? '';
    assert.match(rules, /^You are the canary of the shoe shop\.\n\nAnswer only questions on these topics:\n- shoes\n[\s\S]*- politics\n/);
    assert.deepEqual(sent()?.body['messages'], [{ role: 'system', content: rules }, ...messages]);

    const odd = `{ "model":"gpt-5.4-mini", "seed": 12345678901234567890, "messages" : [\n {"role":"system","content":"\\u0041"}, {"content":"1.0","role":"user","weight":1.50}],"x":[1e3 ] }`;
    await fetch(`${way.url}/v1/chat/completions`, { method: 'POST', headers: { Authorization: `Bearer ${developmentKey}`, 'Content-Type': 'application/json' }, body: odd });
    assert.equal(sent()?.text, odd.replace('[\n', `[${JSON.stringify({ role: 'system', content: rules })},\n`));

    for (const [system, expected] of [[undefined, rules], ['Be brief.', `${rules}\n\nBe brief.`], ['', rules], [[{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }], [{ type: 'text', text: rules }, { type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }]], [[], [{ type: 'text', text: rules }]]] as const) {
      await askAnthropic(system === undefined ? {} : { system });
      assert.deepEqual([sent()?.body['system'], sent()?.body['messages']], [expected, messages]);
    }

    await askOpenAi({ model: 'claude-haiku-5-5' });
    assert.ok(JSON.stringify(sent()?.body['system']).includes('canary'), 'translated to Anthropic');
    await askAnthropic({ model: 'gpt-5.4-mini' });
    assert.deepEqual(firstMessage(), { role: 'system', content: rules }, 'translated to OpenAI');
    await way.app.call('post', '/api/chat', { key: developmentKey, body: { messages, model: 'gpt-5.4-mini' } });
    assert.deepEqual(firstMessage(), { role: 'system', content: rules }, '/api/chat');
    await reset();
    await askOpenAi();
    assert.deepEqual(sent()?.body['messages'], messages);
  });

  it('refuse a request that is too long, naming the limit, before it costs anything', async () => {
    await put({ max_input_characters: 100 });
    const asked = way.upstream.received.length;
    const rows = (await ledger(way.app)).length;
    const long = [{ role: 'user' as const, content: 'x'.repeat(101) }];
    const openAi: unknown = await askOpenAi({ messages: long }).catch((error: unknown) => error);
    const anthropic: unknown = await askAnthropic({ messages: long }).catch((error: unknown) => error);
    assert.ok(openAi instanceof OpenAI.BadRequestError && anthropic instanceof Anthropic.BadRequestError);
    assert.equal(openAi.code, 'context_length_exceeded');
    assert.match(openAi.message, /101 characters.*allows 100/);
    assert.match(anthropic.message, /allows 100/);
    assert.equal((await way.app.call('post', '/api/chat', { key: developmentKey, body: { messages: long } })).body.error.code, 'CONTEXT_TOO_LONG');
    assert.deepEqual([way.upstream.received.length, (await ledger(way.app)).length], [asked, rows]);
    assert.equal((await askOpenAi({ messages: [{ role: 'user', content: 'x'.repeat(100) }] })).choices.length, 1);
    await reset();
  });

  it('show questions to the moderation service only where the owner wants it, and refuse with its reason at no cost', async () => {
    moderation.answer((res, { body }) => json(res, 200, String(body['input']).includes('bad') ? { allowed: false, reason: 'No bad words.' } : { allowed: true }));
    await askOpenAi();
    assert.equal(moderation.received.length, 0);
    await put({ moderated: true });
    await askOpenAi({ messages: [{ role: 'user', content: 'First' }, { role: 'assistant', content: 'bad' }, ...messages] });
    const { id } = await way.app.deps.db.selectFrom('license_ai_settings').select('license_id as id').executeTakeFirstOrThrow();
    assert.deepEqual(moderation.received.at(-1)?.body, { license_id: id, visitor: null, model: 'gpt-5.4-mini', input: messages[0]?.content });
    const asked = way.upstream.received.length;
    const rows = (await ledger(way.app)).length;
    const bad = [{ role: 'user' as const, content: 'a bad question' }];
    const openAi: unknown = await askOpenAi({ messages: bad }).catch((error: unknown) => error);
    const anthropic: unknown = await askAnthropic({ messages: [{ role: 'user', content: [{ type: 'text', text: 'a bad question' }] }] }).catch((error: unknown) => error);
    assert.ok(openAi instanceof OpenAI.BadRequestError && anthropic instanceof Anthropic.BadRequestError);
    assert.deepEqual([openAi.code, openAi.message.includes('No bad words.'), anthropic.message.includes('No bad words.')], ['content_refused', true, true]);
    assert.equal((await way.app.call('post', '/api/chat', { key: developmentKey, body: { messages: bad } })).body.error.code, 'CONTENT_REFUSED');
    assert.deepEqual([way.upstream.received.length, (await ledger(way.app)).length], [asked, rows]);
  });

  it('let nothing pass while the moderation service gives no verdict, unless the operator wants that', async () => {
    const rows = (await ledger(way.app)).length;
    const scripts = [() => undefined, (res: Parameters<typeof json>[0]) => json(res, 500, {}), (res: Parameters<typeof json>[0]) => json(res, 200, { allowed: 'yes' }), (res: Parameters<typeof json>[0]) => void res.end('maybe')];
    for (const script of scripts) {
      moderation.answer(script);
      const answer = await way.app.call('post', '/v1/chat/completions', { key: developmentKey, body: { model: 'gpt-5.4-mini', messages } });
      assert.deepEqual([answer.status, answer.body.error.code, answer.headers['retry-after']], [503, 'moderation_unavailable', '5']);
    }
    assert.equal((await ledger(way.app)).length, rows);
    Object.assign(way.app.deps.config, { AI_MODERATION_FAIL_OPEN: true });
    assert.equal((await way.app.call('post', '/v1/chat/completions', { key: developmentKey, body: { model: 'gpt-5.4-mini', messages } })).status, 200);
    await reset();
  });
});
