import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { onBothDatabases } from '../harness.ts';
import { anthropicAnswer, anthropicError } from './anthropic-wire.ts';
import { lastRow, ledger } from './chat-client.ts';
import { openAiAnswer, openAiError } from './openai-wire.ts';
import { openWay, type Way } from './sdk-clients.ts';
import type { Script } from './upstream.ts';

const messages = [{ role: 'user' as const, content: 'Hi' }];

onBothDatabases('a refusal to an official SDK', (engine) => {
  let way: Way;
  before(async () => {
    way = await openWay(engine);
  });
  after(() => way.close());

  async function refusals(model: { openAi: string; anthropic: string }, key = developmentKey, extra: Record<string, unknown> = {}): Promise<{ openAi: InstanceType<typeof OpenAI.APIError>; anthropic: InstanceType<typeof Anthropic.APIError>; requests: number[] }> {
    way.requests();
    const openAi = await way.openAi(key).chat.completions.create({ model: model.openAi, messages, ...extra }).then(() => assert.fail('it was answered'), (error: unknown) => error);
    const openAiRequests = way.requests();
    const anthropic = await way.anthropic(key).messages.create({ model: model.anthropic, max_tokens: 5, messages, ...extra }).then(() => assert.fail('it was answered'), (error: unknown) => error);
    assert.ok(openAi instanceof OpenAI.APIError, String(openAi));
    assert.ok(anthropic instanceof Anthropic.APIError, String(anthropic));
    return { openAi, anthropic, requests: [openAiRequests, way.requests()] };
  }
  const own = { openAi: 'gpt-test', anthropic: 'claude-test' };
  const anthropicBody = (error: InstanceType<typeof Anthropic.APIError>) => error.error as { type: string; error: { type: string; message: string }; request_id: string };

  it('says 401 to a key that is not known, after one request', async () => {
    const { openAi, anthropic, requests } = await refusals(own, 'sk-wrong');
    assert.deepEqual([openAi.status, openAi.code, anthropic.status, anthropicBody(anthropic).error.type, requests], [401, 'invalid_api_key', 401, 'authentication_error', [1, 1]]);
    assert.ok(openAi instanceof OpenAI.AuthenticationError && anthropic instanceof Anthropic.AuthenticationError);
    assert.equal(anthropicBody(anthropic).request_id, anthropic.requestID);
  });

  it('says 401 to a request without a key, in both shapes', async () => {
    for (const [path, headers] of [['/v1/chat/completions', {}], ['/v1/messages', { 'anthropic-version': '2023-06-01' }], ['/v1/models', {}], ['/v1/models', { 'anthropic-version': '2023-06-01' }]] as [string, Record<string, string>][]) {
      const answer = await way.app.call(path === '/v1/models' ? 'get' : 'post', path, { headers });
      assert.equal(answer.status, 401);
      assert.equal(answer.headers['x-should-retry'], 'false');
      assert.equal(answer.body.type, 'anthropic-version' in headers ? 'error' : undefined);
      assert.match(answer.body.error.message, /CHA-XXXX/);
    }
  });

  it('says 403 to a licence whose plan has no AI, or that may not be used now', async () => {
    const { db } = way.app.deps;
    const created = await way.app.call('post', '/api/create_license', { token: way.app.adminToken, body: { email: 'a@shop.example', plan: 'starter', months: 12 } });
    const starter = await refusals(own, created.body.license_key as string);
    assert.deepEqual([starter.openAi.status, starter.openAi.code, starter.anthropic.status, anthropicBody(starter.anthropic).error.type, starter.requests], [403, 'plan_without_ai', 403, 'permission_error', [1, 1]]);
    await db.updateTable('licenses').set({ status: 'suspended' }).where('id', '=', created.body.license_id as string).execute();
    const suspended = await refusals(own, created.body.license_key as string);
    assert.deepEqual([suspended.openAi.status, suspended.openAi.code, suspended.anthropic.status, suspended.requests], [403, 'license_refused', 403, [1, 1]]);
  });

  it('says 404 to a model that nobody offers, and asks nobody', async () => {
    const asked = way.upstream.received.length;
    const { openAi, anthropic, requests } = await refusals({ openAi: 'deepseek-v4', anthropic: 'deepseek-v4' });
    assert.deepEqual([openAi.status, openAi.code, openAi.param, anthropic.status, anthropicBody(anthropic).error.type, requests], [404, 'model_not_found', 'model', 404, 'not_found_error', [1, 1]]);
    assert.equal(way.upstream.received.length, asked);
  });

  it('names the field of a bad request, and costs nothing', async () => {
    const rows = (await ledger(way.app)).length;
    const bad = await refusals(own, developmentKey, { messages: 'Hi' });
    assert.deepEqual([bad.openAi.status, bad.openAi.param, bad.anthropic.status, bad.requests], [400, 'messages', 400, [1, 1]]);
    assert.match(anthropicBody(bad.anthropic).error.message, /body\.messages/);
    const untranslatable = await refusals({ openAi: 'claude-test', anthropic: 'gpt-test' }, developmentKey, { brand_new: { x: 1 } });
    assert.deepEqual([untranslatable.openAi.status, untranslatable.openAi.param, untranslatable.anthropic.status, untranslatable.requests], [400, 'brand_new', 400, [1, 1]]);
    assert.match(anthropicBody(untranslatable.anthropic).error.message, /brand_new/);
    assert.equal((await ledger(way.app)).length, rows);
    for (const [path, raw] of [['/v1/chat/completions', '{"model":'], ['/v1/messages', 'no json']] as const) {
      const answer = await way.app.call('post', path, { key: developmentKey, raw, headers: { 'Content-Type': 'application/json' } });
      assert.deepEqual([answer.status, answer.headers['x-should-retry']], [400, 'false']);
    }
    const wrongMethod = await fetch(`${way.url}/v1/messages`);
    assert.deepEqual([wrongMethod.status, ((await wrongMethod.json()) as { type: string }).type], [405, 'error']);
  });

  it('takes the key in any of the three headers, however it is spelled', async () => {
    const spelled = developmentKey.toLowerCase().replaceAll('-', ' ');
    for (const headers of [{ Authorization: `Bearer ${spelled}` }, { 'x-api-key': spelled }, { 'X-License-Key': spelled }, { 'x-api-key': 'sk-of-something-else', Authorization: spelled }] as Record<string, string>[]) {
      assert.equal((await way.app.call('get', '/v1/models', { headers })).status, 200, JSON.stringify(headers));
    }
  });

  const provided: [string, Script, Script, number, RegExp][] = [
    ['a bad request', openAiError(400, { message: 'Bad temperature', param: 'temperature', code: 'x1' }), anthropicError(400, 'invalid_request_error', 'Bad temperature'), 400, /Bad temperature/],
    ['an unknown model', openAiError(404, { message: 'No such model', code: 'model_not_found' }), anthropicError(404, 'not_found_error', 'No such model'), 404, /No such model/],
    ['parameters that do not fit', openAiError(422, { message: 'Unprocessable' }), anthropicError(413, 'request_too_large', 'Unprocessable'), 0, /Unprocessable/],
  ];
  for (const [what, openAiScript, anthropicScript, status, message] of provided) {
    it(`is the provider's own for ${what}, and costs nothing`, async () => {
      way.upstream.answer((res, request) => (request.path === '/v1/messages' ? anthropicScript : openAiScript)(res, request));
      const { openAi, anthropic, requests } = await refusals(own);
      assert.deepEqual([openAi.status, anthropic.status, requests], [status || 422, status || 413, [1, 1]]);
      assert.match(openAi.message, message);
      assert.match(anthropic.message, message);
      const row = await lastRow(way.app);
      assert.deepEqual([row.status, row.charged_requests, row.output_tokens], ['failed', 0, 0]);
    });
  }

  const ownAccount: [string, Script, Script, RegExp][] = [
    ['a wrong key', openAiError(401, { message: 'Incorrect API key sk-openai-secret', code: 'invalid_api_key' }), anthropicError(401, 'authentication_error', 'invalid sk-ant-secret'), /API_KEY/],
    ['an account without credit', openAiError(429, { message: 'You exceeded your current quota', type: 'insufficient_quota', code: 'insufficient_quota' }), anthropicError(402, 'billing_error', 'Your credit balance is too low'), /credit/],
    ['an error that repeats the key', openAiError(400, { message: 'Bad header sk-openai-secret' }), anthropicError(400, 'invalid_request_error', 'Bad header sk-ant-secret'), /\[key\]/],
  ];
  for (const [what, openAiScript, anthropicScript, message] of ownAccount) {
    it(`never passes on ${what} of this server at the provider`, async () => {
      way.upstream.answer((res, request) => (request.path === '/v1/messages' ? anthropicScript : openAiScript)(res, request));
      const noRetries = { maxRetries: 0 };
      const openAi: unknown = await way.openAi().chat.completions.create({ model: 'gpt-test', messages }, noRetries).catch((error: unknown) => error);
      const anthropic: unknown = await way.anthropic().messages.create({ model: 'claude-test', max_tokens: 5, messages }, noRetries).catch((error: unknown) => error);
      for (const error of [openAi, anthropic]) {
        assert.ok(error instanceof OpenAI.APIError || error instanceof Anthropic.APIError);
        assert.ok(error.status === 502 || error.status === 400);
        assert.match(error.message, message);
        assert.ok(!JSON.stringify(error.error).includes('secret'));
      }
    });
  }

  it('says 429 at the end of the hour or of the month, each once, in the words of each protocol', async () => {
    const { db, now } = way.app.deps;
    const { id } = await db.selectFrom('usage_records').select('license_id as id').executeTakeFirstOrThrow();
    const rows = await ledger(way.app);
    await db.updateTable('quota_counters').set({ hour_requests: 100, updated_at: now() }).where('license_id', '=', id).execute();
    const hour = await refusals(own);
    assert.deepEqual([hour.openAi.status, hour.openAi.code, hour.anthropic.status, anthropicBody(hour.anthropic).error.type, hour.requests], [429, 'rate_limit_exceeded', 429, 'rate_limit_error', [1, 1]]);
    assert.deepEqual([hour.openAi.headers?.get('x-ratelimit-remaining-requests'), hour.anthropic.headers?.get('anthropic-ratelimit-requests-remaining'), hour.openAi.headers?.get('retry-after')], ['0', '0', '3600']);
    await db.updateTable('quota_counters').set({ month_requests: 1000 }).where('license_id', '=', id).execute();
    const month = await refusals(own);
    assert.deepEqual([month.openAi.status, month.openAi.code, month.openAi.type, month.anthropic.status, month.requests], [429, 'insufficient_quota', 'insufficient_quota', 429, [1, 1]]);
    assert.equal((await ledger(way.app)).length, rows.length);
  });

  it('never lets more through than are left, whatever SDKs ask at once', async () => {
    const { db } = way.app.deps;
    await db.updateTable('quota_counters').set({ hour_requests: 95, month_requests: 95 }).execute();
    way.upstream.answer((res, request) => (request.path === '/v1/messages' ? anthropicAnswer(['Yes.']) : openAiAnswer('Yes.'))(res, request));
    way.requests();
    const asked = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? way.openAi().chat.completions.create({ model: 'gpt-test', messages }) : way.anthropic().messages.create({ model: 'claude-test', max_tokens: 5, messages })));
    const outcomes = await Promise.allSettled(asked);
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 5);
    assert.ok(outcomes.every((outcome) => outcome.status === 'fulfilled' || (outcome.reason as { status?: number }).status === 429));
    assert.equal(way.requests(), 40);
  });
});
