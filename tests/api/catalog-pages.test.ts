import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { enter } from '../../server/ai/breaker/breakers.ts';
import { loadCatalog } from '../../server/ai/catalog/load-catalog.ts';
import { findPrice, pricesAt } from '../../server/ai/catalog/find-price.rules.ts';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { signedInVisitor, type Visitor } from '../admin-client.ts';
import { createTestApp, onBothDatabases, type TestApp } from '../harness.ts';
import { json, startUpstream, type Upstream } from '../providers/upstream.ts';

const secret = 'sk-a-secret-of-the-vendor-9876';
/** A page is too long to be shown when it has not what it should. */
const has = (html: string, text: RegExp) => assert.ok(text.test(html.replaceAll('&#x27;', "'").replaceAll('&quot;', '"')), `there is no ${text} on the page`);

onBothDatabases('the pages of providers, aliases, prices and plans', (engine) => {
  let app: TestApp;
  let admin: Visitor;
  let upstream: Upstream;
  before(async () => {
    upstream = await startUpstream();
    upstream.answer((res, { headers }) => (headers.authorization === `Bearer ${secret}` || headers.authorization === undefined ? json(res, 200, { data: [{ id: 'gpt-a' }, { id: 'llama' }] }) : json(res, 401, {})));
    app = await createTestApp(engine, { ANTHROPIC_API_KEY: 'sk-env', ANTHROPIC_BASE_URL: `${upstream.url}/claude` });
    admin = (await signedInVisitor(app)).visitor;
  });
  after(async () => {
    await app.close();
    await upstream.close();
  });
  const models = async () => ((await app.call('get', '/v1/models', { key: developmentKey })).body.data as { id: string }[]).map(({ id }) => id);
  const post = async (path: string, fields: Record<string, string>, from = path) => {
    await admin.get(from);
    return admin.post(path, fields);
  };

  it('a provider is added, its models are offered with the next request, and its key is stored sealed and never shown', async () => {
    const fields = { kind: 'openai', title: 'Our OpenAI', name: 'our-openai', base_url: `${upstream.url}/v1/`, api_key: secret, default_model: 'gpt-a' };
    assert.equal((await post('/providers/new', fields)).headers['location'], '/providers?done=provider-added');
    assert.ok((await models()).includes('gpt-a'));
    assert.equal(upstream.received.at(-1)?.headers.authorization, `Bearer ${secret}`);
    const row = await app.deps.db.selectFrom('ai_providers').selectAll().executeTakeFirstOrThrow();
    assert.ok(row.key_cipher && !Buffer.from(row.key_cipher).includes(secret));
    for (const path of ['/providers', '/providers/our-openai', '/audit']) {
      const { text, status } = await admin.get(path);
      assert.equal(status, 200);
      assert.ok(!text.includes(secret), path);
    }
    has((await admin.get('/providers')).text, /…9876/);
    const audit = await app.deps.db.selectFrom('audit_log').selectAll().where('action', '=', 'provider.added').executeTakeFirstOrThrow();
    assert.ok(!audit.after_json?.includes(secret) && audit.entity_id === 'our-openai');
  });

  it('the test of a provider says in words how it answered', async () => {
    const test = async (name: string) => (await post(`/providers/${name}/test`, {}, '/providers')).text;
    has(await test('our-openai'), /Our OpenAI works: it offers 2 models\./);
    upstream.answer((res) => json(res, 401, {}));
    has(await test('our-openai'), /Our OpenAI refused the key\./);
    upstream.answer((res) => json(res, 404, {}));
    has(await test('anthropic'), /A server answers at this address, but it has no list of models there/);
    upstream.answer((res) => void res.end('<html>'));
    has(await test('our-openai'), /something that is no list of models/);
    upstream.answer((res) => json(res, 500, {}));
    has(await test('our-openai'), /status 500/);
    assert.equal((await post('/providers/nobody/test', {}, '/providers')).status, 404);
  });

  it('a provider that fails again and again is shown so', async () => {
    const [, ours] = (await loadCatalog(app.deps)).upstreams;
    assert.ok(ours);
    for (let count = 0; count < 20; count += 1) enter(ours, app.deps.now)?.failed('PROVIDER_TIMEOUT');
    has((await admin.get('/providers')).text, /Our OpenAI[^]*Failing[^]*PROVIDER_TIMEOUT[^]*asked again on/);
  });

  it('bad settings come back with what was typed, without the key, and the reason at the field', async () => {
    const good = { kind: 'openai-compatible', title: 'Ollama', name: 'ollama', base_url: 'http://127.0.0.1:11434/v1', no_key: 'on' };
    const bad: [Record<string, string>, string][] = [
      [{ name: 'our-openai' }, 'error-name'], [{ name: 'anthropic' }, 'error-name'], [{ name: 'demo' }, 'error-name'], [{ name: 'Ol lama' }, 'error-name'], [{ title: '' }, 'error-title'],
      [{ base_url: '' }, 'error-base_url'], [{ base_url: 'ollama:11434' }, 'error-base_url'], [{ base_url: 'file:///etc' }, 'error-base_url'], [{ base_url: 'http://u:p@host/v1' }, 'error-base_url'],
      [{ base_url: 'http://169.254.169.254/latest' }, 'error-base_url'], [{ base_url: 'http://2852039166/' }, 'error-base_url'], [{ base_url: 'http://[::ffff:169.254.1.2]/' }, 'error-base_url'], [{ base_url: 'http://metadata.google.internal/' }, 'error-base_url'],
      [{ default_model: 'two words' }, 'error-default_model'],
    ];
    for (const [fields, id] of bad) {
      const { status, text } = await post('/providers/new', { ...good, ...fields });
      assert.deepEqual([status, text.includes(`id="${id}"`)], [422, true], JSON.stringify(fields));
    }
    const { no_key: _none, ...withKey } = good;
    has((await post('/providers/new', withKey)).text, /id="error-api_key"/);
    assert.ok(!(await post('/providers/new', { ...withKey, name: 'x y', api_key: secret })).text.includes(secret));
    assert.equal((await app.deps.db.selectFrom('ai_providers').selectAll().execute()).length, 1);
  });

  it('a key is kept when its field is empty, and is asked for again where the address is another one', async () => {
    const change = (fields: Record<string, string>) => post('/providers/our-openai', { kind: 'openai', title: 'Renamed', base_url: `${upstream.url}/other`, ...fields });
    assert.equal((await change({})).status, 303);
    has((await change({ base_url: 'http://127.0.0.1:9/v1' })).text, /Enter the key again/);
    const [before, kept] = [(await loadCatalog(app.deps)).upstreams.find(({ name }) => name === 'our-openai'), await app.deps.db.selectFrom('ai_providers').selectAll().executeTakeFirstOrThrow()];
    assert.deepEqual([kept.base_url, kept.key_hint, before?.needsPrice], [`${upstream.url}/other`, '9876', true]);
    assert.equal((await change({ no_key: 'on' })).status, 303);
    assert.equal((await loadCatalog(app.deps)).upstreams.find(({ name }) => name === 'our-openai')?.needsPrice, false);
    assert.equal((await change({ api_key: secret, base_url: `${upstream.url}/v1` })).status, 303);
  });

  it('a provider that is switched off or removed is not asked any more; one of the environment cannot be changed', async () => {
    upstream.answer((res) => json(res, 200, { data: [{ id: 'gpt-a' }] }));
    const names = async () => (await loadCatalog(app.deps)).upstreams.map(({ name }) => name);
    await post('/providers/our-openai/disable', {}, '/providers');
    assert.deepEqual(await names(), ['anthropic']);
    await post('/providers/our-openai/enable', {}, '/providers');
    assert.deepEqual(await names(), ['anthropic', 'our-openai']);
    has((await admin.get('/providers')).text, /Set by the environment/);
    assert.equal((await admin.get('/providers/anthropic')).status, 404);
    assert.equal((await post('/providers/anthropic/disable', {}, '/providers')).status, 404);
    has((await admin.get('/providers/our-openai/remove')).text, /stays in the ledger/);
    assert.equal((await post('/providers/our-openai/remove', {}, '/providers/our-openai/remove')).status, 303);
    assert.deepEqual(await names(), ['anthropic']);
  });

  it('aliases are put in order, added and removed, and are offered at once', async () => {
    const targets = (...names: [string, string, string][]) => Object.fromEntries(names.flatMap(([order, provider, model], index) => [[`order.${index}`, order], [`provider.${index}`, provider], [`model.${index}`, model]]));
    has((await admin.get('/aliases')).text, /chatello-fast[^]*openai\/gpt-5\.4-mini[^]*Not set up/);
    assert.equal((await post('/aliases/chatello-fast', targets(['2', 'anthropic', 'claude-b'], ['1', 'anthropic', 'claude-a'], ['3', 'openai', '']))).status, 303);
    assert.deepEqual((await loadCatalog(app.deps)).aliases.get('chatello-fast'), [{ provider: 'anthropic', model: 'claude-a' }, { provider: 'anthropic', model: 'claude-b' }]);
    assert.equal((await post('/aliases/new', { alias: 'shop-best', ...targets(['1', 'anthropic', 'claude-c']) })).status, 303);
    assert.ok((await models()).includes('shop-best'));
    for (const fields of [{ alias: 'shop-best', ...targets(['1', 'anthropic', 'x']) }, { alias: 'No Name', ...targets(['1', 'anthropic', 'x']) }, { alias: 'empty' }, { alias: 'twice', ...targets(['1', 'anthropic', 'x'], ['2', 'anthropic', 'x']) }]) assert.equal((await post('/aliases/new', fields)).status, 422, JSON.stringify(fields));
    assert.equal((await post('/aliases/shop-best/remove', {}, '/aliases')).status, 303);
    assert.ok(!(await models()).includes('shop-best'));
    assert.equal((await admin.get('/aliases/shop-best')).status, 404);
  });

  it('a price that is changed makes a new table from its moment on; what was before stays', async () => {
    const price = async (model: string) => findPrice(pricesAt((await loadCatalog(app.deps)).priceTables, app.clock.now), { provider: 'anthropic', model });
    const before = await price('claude-new');
    const later = new Date(app.clock.now + 3_600_000).toISOString().slice(0, 16);
    const fields = { provider: 'anthropic', model: 'claude-new', service_tier: 'default', min_input_tokens: '0', input: '0,5', output: '2.5', cached_input: '0.05' };
    assert.equal((await post('/prices/change', { ...fields, valid_from: later })).headers['location'], '/prices?done=prices-added');
    assert.equal((await price('claude-new'))?.version, before?.version);
    app.clock.now += 3_600_000;
    const now = await price('claude-new');
    assert.deepEqual([now?.input, now?.output, now?.cachedInput, now?.cacheWrite], [50_000_000, 250_000_000, 5_000_000, null]);
    has((await admin.get('/prices')).text, /claude-new[^]*In force[^]*Past/);
    for (const [wrong, field] of [[{ input: 'free' }, 'input'], [{ model: '' }, 'model'], [{ min_input_tokens: '1.5' }, 'min_input_tokens'], [{ service_tier: 'flex', model: 'claude-other' }, 'service_tier'], [{ valid_from: 'tomorrow' }, 'valid_from']] as const) {
      const { status, text } = await post('/prices/change', { ...fields, ...wrong });
      assert.deepEqual([status, text.includes(`id="error-${field}"`)], [422, true], field);
    }
    assert.equal((await post('/prices/change', { ...fields, remove: 'yes' })).status, 303);
    assert.equal((await price('claude-new'))?.model, '*');
  });

  it('a whole table goes out as CSV, comes back edited, is shown first and saved then', async () => {
    const { text: csv, headers } = await admin.get(`/prices/list-2026-11/csv`);
    assert.match(headers['content-disposition'] ?? '', /prices-list-2026-11\.csv/);
    assert.match(csv, /^provider,model,service_tier,min_input_tokens,input,.*\r\n/);
    const edited = csv.replace(/^(openai,gpt-5\.4-mini,default,0),0\.75,/m, '$1,0.80,').replace(/^deepseek,deepseek-v4-pro,.*\r\n/m, '') + 'openai,gpt-7,default,0,1,,,5,,,\r\n';
    const checked = await post('/prices/new', { csv: edited, note: 'New list' });
    assert.equal(checked.status, 200);
    has(checked.text, /deepseek\/deepseek-v4-flash[^]*Added[^]*gpt-7[^]*Added[^]*openai\/\*[^]*Removed/);
    has(checked.text, /gpt-5\.4-mini[^]*0\.80 · 0\.075 · – · 4\.50</);
    const versions = () => app.deps.db.selectFrom('price_versions').selectAll().orderBy('created_at').execute();
    const count = (await versions()).length;
    assert.equal((await admin.post('/prices/new', { csv: edited, note: 'New list', step: 'save' })).status, 303);
    assert.deepEqual([(await versions()).length, (await versions()).at(-1)?.note], [count + 1, 'New list']);
    const catalog = await loadCatalog(app.deps);
    const find = (provider: string, model: string) => findPrice(pricesAt(catalog.priceTables, app.clock.now), { provider, model })?.input;
    assert.deepEqual([find('openai', 'gpt-5.4-mini'), find('openai', 'gpt-7'), find('deepseek', 'deepseek-v4-pro'), find('openai', 'gpt-unheard-of')], [80_000_000, 100_000_000, undefined, undefined]);
    for (const [broken, said] of [['provider,model\r\na,b', /must name the columns/], [`${csv}openai,gpt-8,default,0,cheap,,,1,,,`, /Line \d+: Enter dollars/], ['provider,model,input,output\r\n', /has no prices/]] as const) {
      const answer = await post('/prices/new', { csv: broken, step: 'save' });
      assert.equal(answer.status, 422);
      has(answer.text, said);
    }
    assert.equal((await post('/prices/new', { csv: edited + 'openai,gpt-7-pro,default,0,1,,,5,,,\r\n'.repeat(1) + ' '.repeat(200_000) })).status, 200, 'larger than an ordinary form');
  });

  it('a long table shows its beginning, and all of it when asked', async () => {
    const csv = ['provider,model,service_tier,min_input_tokens,input,cached_input,cache_write,output,reasoning,characters,audio_minute', ...Array.from({ length: 40 }, (_, index) => `openai,long-${index + 10},default,0,1,,,5,,,`)].join('\r\n');
    const begins = '2027-05-01T00:00';
    assert.equal((await post('/prices/new', { csv, valid_from: begins, step: 'save' })).status, 303);
    const lines = (text: string) => text.match(/class="cell-title mono"/g)?.length;
    const short = (await admin.get('/prices?version=2027-05-01')).text;
    assert.equal(lines(short), 25);
    const all = /href="(\/prices\?[^"]*all[^"]*)"/.exec(short)?.[1]?.replaceAll('&amp;', '&').replaceAll('&#x3D;', '=') ?? '';
    assert.equal(lines((await admin.get(all)).text), 40);
  });

  it('a model without a price is refused by name, and its alias leaves it out', async () => {
    const refused = await app.call('post', '/v1/messages', { key: developmentKey, body: { model: 'claude-without-price', max_tokens: 5, messages: [{ role: 'user', content: 'x' }] } });
    assert.equal(refused.status, 400);
    assert.match(refused.body.error.message, /has no price on this server.*Providers and prices/);
  });

  it('what a plan includes of AI is saved, holds with the next request, and is audited', async () => {
    const fields = { allowed_models: 'chatello-*\nclaude-haiku-5-5, anthropic/claude-sonnet-5-5', max_input_tokens: '20000', max_output_tokens: '', own_keys_use_quota: 'on', 'quota.license.month.cost': '2,50', 'quota.site.day.requests': '100', 'quota.visitor.hour.tokens': '5000' };
    assert.equal((await post('/plans/pro', fields)).headers['location'], '/plans?done=plan-saved');
    const plan = await app.deps.db.selectFrom('plans').selectAll().where('code', '=', 'pro').executeTakeFirstOrThrow();
    assert.deepEqual([JSON.parse(plan.quotas ?? ''), JSON.parse(plan.allowed_models ?? ''), plan.max_input_tokens, plan.max_output_tokens, plan.own_keys_use_quota], [
      { license: { month: { cost: 250_000_000 } }, site: { day: { requests: 100 } }, visitor: { hour: { tokens: 5_000 } } },
      ['chatello-*', 'claude-haiku-5-5', 'anthropic/claude-sonnet-5-5'], 20_000, null, 1,
    ]);
    const refused = await app.call('post', '/v1/messages', { key: developmentKey, body: { model: 'claude-opus-5-5', max_tokens: 5, messages: [{ role: 'user', content: 'x' }] } });
    assert.deepEqual([refused.status, refused.headers['x-should-retry']], [403, 'false']);
    assert.deepEqual((await models()).filter((id) => id.startsWith('claude-')), []);
    const { text } = await admin.get('/plans/pro');
    for (const value of ['value="2.50"', 'value="100"', 'value="5000"', 'value="20000"', 'chatello-*\nclaude-haiku-5-5']) assert.ok(text.includes(value), value);
    for (const [wrong, name] of [[{ 'quota.license.month.cost': 'much' }, 'quota.license.month.cost'], [{ 'quota.site.day.requests': '-1' }, 'quota.site.day.requests'], [{ max_output_tokens: '0' }, 'max_output_tokens'], [{ allowed_models: 'a*b' }, 'allowed_models']] as const) {
      const answer = await post('/plans/pro', { ...fields, ...wrong });
      assert.equal(answer.status, 422, name);
      has(answer.text, new RegExp(`name="${name}"[^]*(is-invalid|field-error)|is-invalid[^>]*name="${name}"`));
    }
    assert.equal((await post('/plans/pro', { allowed_models: '' })).status, 303);
    const cleared = await app.deps.db.selectFrom('plans').selectAll().where('code', '=', 'pro').executeTakeFirstOrThrow();
    assert.deepEqual([cleared.quotas, cleared.allowed_models, cleared.max_input_tokens, cleared.own_keys_use_quota], [null, null, null, 0]);
    assert.equal((await app.deps.db.selectFrom('audit_log').selectAll().where('action', '=', 'plan.changed').execute()).length, 2);
  });

  it('every page speaks Italian, and none opens without a session or takes a form of another site', async () => {
    for (const path of ['/providers', '/providers/new', '/aliases', '/aliases/new', '/aliases/chatello-smart', '/prices', '/prices/change', '/prices/new', '/plans', '/plans/pro']) {
      const { status, text } = await admin.get(path, { 'accept-language': 'it' });
      assert.equal(status, 200, path);
      has(text, /<html lang="it"/);
    }
    assert.equal((await admin.post('/providers/new', { _csrf: 'forged' })).status, 403);
    assert.equal((await admin.post('/prices/new', { _csrf: 'forged' })).status, 403);
  });
});
