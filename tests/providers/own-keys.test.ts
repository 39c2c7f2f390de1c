import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI, { toFile } from 'openai';
import { addPriceVersion } from '../../server/ai/catalog/add-price-version.ts';
import { refreshCatalog } from '../../server/ai/catalog/load-catalog.ts';
import { listKeys } from '../../server/ai/own-keys/provider-keys.store.ts';
import { isOfKnownProvider, ownUpstream } from '../../server/ai/own-keys/own-upstreams.ts';
import { sealProviderKey } from '../../server/ai/own-keys/seal-provider-key.ts';
import { transact } from '../../server/db/database.ts';
import { grantLicense } from '../../server/licenses/grant-license.ts';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { onBothDatabases } from '../harness.ts';
import { anthropicAnswer } from './anthropic-wire.ts';
import { counted, lastRow, ledger, question } from './chat-client.ts';
import { openAiAnswer, openAiError, openAiStream } from './openai-wire.ts';
import { openWay, type Way } from './sdk-clients.ts';
import { json, startUpstream, type Script, type Upstream } from './upstream.ts';

const messages = [{ role: 'user' as const, content: 'Which shoes go with rain?' }];
const ownKey = 'sk-proj-customers-own-x7Qa';
const models: Script = (res) => json(res, 200, { object: 'list', data: [{ id: 'gpt-custom', object: 'model', created: 1, owned_by: 'me' }] });
const answers: Script = (res, request) => (request.path.endsWith('/models') ? models : request.path.endsWith('/messages') ? anthropicAnswer(['own']) : request.body['stream'] === true ? openAiStream(['own']) : openAiAnswer('own'))(res, request);

onBothDatabases("requests on a customer's own key", (engine) => {
  let way: Way;
  let own: Upstream;
  let starter = '';
  before(async () => {
    own = await startUpstream();
    own.answer(answers);
    way = await openWay(engine, (url) => ({ OPENAI_API_KEY: 'sk-openai-secret', OPENAI_BASE_URL: `${url}/v1`, ALLOWED_PRIVATE_HOSTS: '127.0.0.1' }));
    way.upstream.answer((res, request) => (request.path.endsWith('/models') ? models : openAiAnswer('managed'))(res, request));
    const { db, vault } = way.app.deps;
    starter = (await transact(db, (trx) => grantLicense(trx, vault, { customer: { email: 'starter@example.com' }, plan: 'starter', months: 1 }, { actor: 'test' }, way.app.clock.now))).key;
  });
  after(async () => {
    await way.close();
    await own.close();
  });
  const save = async (provider: string, key: string, path = '/v1') => {
    const saved = await way.app.call('put', `/api/v1/provider-keys/${provider}`, { key, body: { api_key: ownKey, base_url: `${own.url}${path}` } });
    assert.equal(saved.status, 200, JSON.stringify(saved.body));
  };
  const forget = (provider: string, key: string) => way.app.call('delete', `/api/v1/provider-keys/${provider}`, { key });
  const ask = async (key: string, model = 'gpt-test') => (await way.openAi(key).chat.completions.create({ model, messages })).choices[0]?.message.content;
  const chat = (key: string, body: object = {}) => way.app.call('post', '/api/chat', { key, body: { messages: question, ...body } });
  const row = async () => {
    const { provider, key_source, cost_microcents, charged_requests, charged_tokens, input_tokens, status, is_exact } = await lastRow(way.app);
    return { provider, source: key_source, cost: cost_microcents, charged: [charged_requests, charged_tokens], input: input_tokens, status, is_exact };
  };
  const onOwnKey = { provider: 'openai', source: 'own', cost: 0, charged: [0, 0], input: 120, status: 'completed', is_exact: 1 };

  it('go to the customer’s account, take nothing of the quota and cost nothing, and stop when the key is removed', async () => {
    assert.equal(await ask(developmentKey), 'managed');
    const used = (await counted(way.app)).month;
    await save('openai', developmentKey);
    assert.equal(await ask(developmentKey), 'own');
    assert.deepEqual([own.received.at(-1)?.path, own.received.at(-1)?.headers.authorization], ['/v1/chat/completions', `Bearer ${ownKey}`]);
    assert.deepEqual(await row(), onOwnKey);
    const { response } = await way.openAi().chat.completions.create({ model: 'gpt-test', messages }).withResponse();
    assert.equal(response.headers.get('x-ratelimit-limit-requests'), null);
    assert.equal((await counted(way.app)).month, used);
    await forget('openai', developmentKey);
    assert.equal(await ask(developmentKey), 'managed');
    assert.equal((await counted(way.app)).month, used + 1);
  });

  it('may come from plans without AI, by every endpoint, in both protocols', async () => {
    await assert.rejects(ask(starter), (error) => error instanceof OpenAI.PermissionDeniedError && error.code === 'plan_without_ai');
    assert.equal((await chat(starter)).body.error.code, 'PLAN_WITHOUT_AI');
    await save('openai', starter);
    assert.equal(await ask(starter), 'own');
    assert.equal(await way.openAi(starter).chat.completions.stream({ model: 'gpt-test', messages }).finalContent(), 'own');
    assert.equal(await way.anthropic(starter).messages.stream({ model: 'openai/gpt-test', max_tokens: 50, messages }).finalText(), 'own');
    assert.equal((await way.anthropic(starter).messages.countTokens({ model: 'gpt-test', messages })).input_tokens, 7);
    for (const body of [{}, { model: 'gpt-test' }, { api_provider: 'openai' }]) {
      const answer = await chat(starter, body);
      assert.deepEqual([answer.status, answer.body.message?.content, answer.body.provider], [200, 'own', 'openai'], JSON.stringify(answer.body));
    }
    assert.deepEqual(await row(), onOwnKey);
    own.answer((res) => json(res, 200, { text: 'heard' }));
    assert.equal((await way.openAi(starter).audio.transcriptions.create({ model: 'whisper-1', file: await toFile(Buffer.alloc(800), 'a.mp3') })).text, 'heard');
    const { source, charged, cost } = await row();
    assert.deepEqual([source, charged, cost], ['own', [0, 0], 0]);
    own.answer(answers);
    assert.equal((await ledger(way.app)).filter(({ key_source }) => key_source === 'own').every(({ charged_requests }) => charged_requests === 0), true);
  });

  it('of such plans reach no key of ours', async () => {
    const before = way.upstream.received.length;
    way.requests();
    await assert.rejects(ask(starter, 'claude-haiku-5-5'), (error) => error instanceof OpenAI.PermissionDeniedError && /none of your own provider keys/.test(error.message));
    await forget('openai', starter);
    await save('anthropic', starter, '');
    await assert.rejects(ask(starter, 'gpt-test'), OpenAI.PermissionDeniedError);
    await assert.rejects(way.openAi(starter).embeddings.create({ model: 'text-embedding-3-small', input: 'x' }), OpenAI.PermissionDeniedError);
    assert.equal(way.requests(), 3);
    assert.equal(await ask(starter, 'claude-haiku-5-5'), 'own');
    assert.equal(own.received.at(-1)?.headers['x-api-key'], ownKey);
    assert.equal((await way.anthropic(starter).messages.create({ model: 'claude-haiku-5-5', max_tokens: 5, messages })).content[0]?.type, 'text');
    assert.equal(way.upstream.received.length, before);
    await forget('anthropic', starter);
    await save('openai', starter);
  });

  it('are for any model of the account, with a price or without, on the plan’s list or not', async () => {
    const { db } = way.app.deps;
    const price = { provider: 'openai', serviceTier: 'default', minInputTokens: 0, input: 1, cachedInput: null, cacheWrite: null, output: 1, reasoning: null, characters: null, audioMinute: null };
    await addPriceVersion(db, { validFrom: way.app.clock.now, note: undefined, prices: [{ ...price, model: 'gpt-test' }] }, { actor: 'test' }, way.app.clock.now);
    await refreshCatalog(way.app.deps);
    await assert.rejects(ask(developmentKey, 'gpt-custom'), /no price/);
    await db.updateTable('plans').set({ allowed_models: '["gpt-test"]' }).where('code', '=', 'pro').execute();
    await assert.rejects(ask(developmentKey, 'gpt-custom'), OpenAI.PermissionDeniedError);
    await save('openai', developmentKey);
    assert.equal(await ask(developmentKey, 'gpt-custom'), 'own');
    const listed = (await way.openAi().models.list()).data.map(({ id }) => id);
    assert.ok(listed.includes('gpt-custom'), listed.join());
    assert.equal((await way.openAi(starter).models.retrieve('gpt-custom')).id, 'gpt-custom');
    await forget('openai', developmentKey);
    assert.ok(!(await way.openAi().models.list()).data.some(({ id }) => id === 'gpt-custom'));
    await db.updateTable('plans').set({ allowed_models: null }).where('code', '=', 'pro').execute();
  });

  it('count where the plan says so, in requests and tokens, never in cost', async () => {
    const { db } = way.app.deps;
    await db.updateTable('plans').set({ own_keys_use_quota: 1 }).where('code', '=', 'pro').execute();
    await save('openai', developmentKey);
    const used = (await counted(way.app)).month;
    assert.equal(await ask(developmentKey), 'own');
    assert.deepEqual(await row(), { ...onOwnKey, charged: [1, 165] });
    assert.equal((await counted(way.app)).month, used + 1);
    await db.updateTable('plans').set({ hourly_requests: 0 }).where('code', '=', 'pro').execute();
    await assert.rejects(ask(developmentKey), OpenAI.RateLimitError);
    await db.updateTable('plans').set({ own_keys_use_quota: 0 }).where('code', '=', 'pro').execute();
    assert.equal(await ask(developmentKey), 'own');
    await db.updateTable('plans').set({ hourly_requests: 100 }).where('code', '=', 'pro').execute();
  });

  it('that the provider refuses tell the customer so, once, and nobody else is asked', async () => {
    const managed = way.upstream.received.length;
    const refusals: [Script, RegExp][] = [
      [openAiError(401, { message: `Incorrect API key provided: ${ownKey}`, code: 'invalid_api_key' }), /^403 Your key at OpenAI was refused/],
      [openAiError(403, { message: 'no' }), /^403 Your key at OpenAI was refused/],
      [openAiError(402, { message: 'no' }), /^403 Your account at OpenAI has no credit left/],
      [openAiError(429, { message: 'no', code: 'insufficient_quota' }), /^403 Your account at OpenAI has no credit left/],
      [(res) => void res.writeHead(307, { location: `${way.upstream.url}/v1/chat/completions` }).end(), /^403 The address that your key for OpenAI was saved with/],
      [openAiError(400, { message: 'Invalid schema for tools' }), /^400 Invalid schema for tools/],
    ];
    for (const [script, text] of refusals) {
      own.answer(script);
      way.requests();
      await assert.rejects(ask(developmentKey), (error) => error instanceof OpenAI.APIError && text.test(error.message) && !error.message.includes(ownKey), String(text));
      assert.equal(way.requests(), 1);
    }
    const chatted = await (own.answer(openAiError(401, { message: 'no' })), chat(developmentKey));
    assert.deepEqual([chatted.status, chatted.body.error.code], [403, 'PROVIDER_KEY_REFUSED']);
    await assert.rejects(way.anthropic().messages.create({ model: 'gpt-test', max_tokens: 5, messages }), (error) => error instanceof Anthropic.PermissionDeniedError && /Your key at OpenAI was refused/.test(error.message));
    assert.equal(way.upstream.received.length, managed);
    own.answer(answers);
  });

  it('that fail say nothing about our account: the circuit breaker of the provider stays closed, and an open one does not hold them up', async () => {
    own.answer(openAiError(500, { message: 'oops' }));
    const once = { maxRetries: 0 };
    for (let count = 0; count < 8; count += 1) await assert.rejects(way.openAi().chat.completions.create({ model: 'gpt-test', messages }, once), OpenAI.InternalServerError);
    own.answer(answers);
    await forget('openai', developmentKey);
    assert.equal(await ask(developmentKey), 'managed');
    way.upstream.answer(openAiError(500, { message: 'oops' }));
    for (let count = 0; count < 8; count += 1) await assert.rejects(way.openAi().chat.completions.create({ model: 'gpt-test', messages }, once), OpenAI.APIError);
    const asked = way.upstream.received.length;
    await assert.rejects(way.openAi().chat.completions.create({ model: 'gpt-test', messages }, once), /failed several times in a row/);
    assert.equal(way.upstream.received.length, asked);
    await save('openai', developmentKey);
    assert.equal(await ask(developmentKey), 'own');
  });

  it('go to the internet only, whatever the address leads to by then', async () => {
    const { db, vault } = way.app.deps;
    const { port } = new URL(own.url);
    const before = own.received.length;
    for (const url of [`http://localhost:${port}/v1`, `http://[::ffff:127.0.0.1]:${port}/v1`]) {
      await db.updateTable('provider_keys').set({ base_url: url }).where('provider', '=', 'openai').execute();
      await assert.rejects(ask(starter), (error) => error instanceof OpenAI.PermissionDeniedError && /leads to no provider on the internet/.test(error.message), url);
    }
    assert.equal(own.received.length, before);
    const [key] = await db.selectFrom('provider_keys').selectAll().execute();
    assert.ok(key);
    await db.updateTable('provider_keys').set({ ...sealProviderKey(vault, key, 'sk-changed-in-the-table'), base_url: `${own.url}/v1` }).where('id', '=', key.id).execute();
  });

  it('keep the connections of the keys that were used last, and of no more than 200', async () => {
    const { deps } = way.app;
    const license = await deps.db.selectFrom('provider_keys').select('license_id').executeTakeFirstOrThrow();
    const [key] = (await listKeys(deps.db, license.license_id)).filter(isOfKnownProvider);
    assert.ok(key);
    const first = ownUpstream(deps, key, 'first');
    const open = (count: number) => Array.from({ length: count }, (_, index) => ownUpstream(deps, key, `other-${index}`));
    open(199);
    assert.equal(ownUpstream(deps, key, 'first'), first);
    open(200);
    assert.notEqual(ownUpstream(deps, key, 'first'), first);
    assert.notEqual(ownUpstream(deps, { ...key, ...sealProviderKey(deps.vault, key, 'sk-another') }, 'first'), first);
  });
});
