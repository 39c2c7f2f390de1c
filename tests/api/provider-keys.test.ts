import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { grantLicense } from '../../server/licenses/grant-license.ts';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { transact } from '../../server/db/database.ts';
import { createTestApp, onBothDatabases, type TestApp } from '../harness.ts';
import { json, startUpstream, type Script, type Upstream } from '../providers/upstream.ts';

const secret = 'sk-proj-customer-secret-x7Qa';
const models: Script = (res) => json(res, 200, { object: 'list', data: [] });

onBothDatabases("customers' own provider keys", (engine) => {
  let app: TestApp;
  let upstream: Upstream;
  let starterKey = '';
  before(async () => {
    upstream = await startUpstream();
    upstream.answer(models);
    app = await createTestApp(engine, { ALLOWED_PRIVATE_HOSTS: '127.0.0.1', TRUST_PROXY: '1' });
    const { db, vault } = app.deps;
    starterKey = (await transact(db, (trx) => grantLicense(trx, vault, { customer: { email: 'starter@example.com' }, plan: 'starter', months: 1 }, { actor: 'test' }, app.clock.now))).key;
  });
  after(async () => {
    await app.close();
    await upstream.close();
  });
  // Each from another address, since one address may not try many.
  let address = 0;
  const save = (provider: string, body: unknown, key = developmentKey) => app.call('put', `/api/v1/provider-keys/${provider}`, { key, body, headers: { 'X-Forwarded-For': `192.0.2.${(address += 1)}` } });
  const list = async (key = developmentKey) => (await app.call('get', '/api/v1/provider-keys', { key })).body.provider_keys as Record<string, unknown>[];
  const remove = (provider: string, key = developmentKey) => app.call('delete', `/api/v1/provider-keys/${provider}`, { key });
  const at = (path = '/v1') => `${upstream.url}${path}`;

  it('are tested at the provider, as the provider wants to be asked', async () => {
    assert.equal((await save('openai', { api_key: secret, base_url: at() })).status, 200);
    assert.equal((await save('anthropic', { api_key: secret, base_url: at('/claude/') })).status, 200);
    assert.equal((await save('deepseek', { api_key: secret, base_url: at('') })).status, 200);
    const [openai, anthropic, deepseek] = upstream.received.slice(-3);
    assert.deepEqual([openai?.path, openai?.headers.authorization], ['/v1/models', `Bearer ${secret}`]);
    assert.deepEqual([anthropic?.path, anthropic?.headers['x-api-key'], anthropic?.headers['anthropic-version'], anthropic?.headers.authorization], ['/claude/v1/models?limit=1', secret, '2023-06-01', undefined]);
    assert.equal(deepseek?.path, '/models');
    for (const provider of ['openai', 'anthropic', 'deepseek']) assert.deepEqual((await remove(provider)).body, { provider, deleted: true });
    assert.deepEqual(await list(), []);
  });

  it('are listed by their last characters, and never shown again', async () => {
    const saved = await save('openai', { api_key: ` ${secret}\n`, base_url: at() });
    const [listed] = await list();
    assert.deepEqual(saved.body, listed);
    assert.deepEqual([listed?.['provider'], listed?.['key_hint'], listed?.['base_url'], listed?.['tested_at']], ['openai', 'x7Qa', at(), new Date(app.clock.now).toISOString()]);
    assert.ok(!JSON.stringify([saved.body, listed]).includes('secret'));
    const short = await save('openai-compatible', { api_key: 'ollama', base_url: at() });
    assert.equal(short.body.key_hint, '');
    await remove('openai-compatible');
  });

  it('rest in no table in plain text, and their changes are audited without them', async () => {
    const { db } = app.deps;
    const [row] = await db.selectFrom('provider_keys').selectAll().execute();
    assert.ok(row && !Buffer.from(row.key_cipher).toString('latin1').includes('customer'));
    const audit = (await db.selectFrom('audit_log').selectAll().execute()).filter(({ action }) => action.startsWith('license.provider_key'));
    assert.deepEqual(audit.at(-3)?.action === 'license.provider_key_saved' && JSON.parse(audit.at(-3)?.after_json ?? ''), { provider: 'openai', base_url: at() });
    assert.deepEqual(audit.map(({ action }) => action.split('_').at(-1)).join(), 'saved,saved,saved,removed,removed,removed,saved,saved,removed');
    assert.ok(!JSON.stringify(audit).includes('secret') && !JSON.stringify(audit).includes('x7Qa'));
  });

  it('take the place of the one before, and only where the new one works', async () => {
    app.clock.now += 1_000;
    assert.equal((await save('openai', { api_key: `${secret.slice(0, -4)}NEW1`, base_url: at() })).body.key_hint, 'NEW1');
    const [kept] = await list();
    assert.equal(Date.parse(String(kept?.['updated_at'])) - Date.parse(String(kept?.['created_at'])), 1_000);
    const refusals: [number, number, string, string | undefined][] = [[401, 403, 'PROVIDER_KEY_REFUSED', 'body.api_key'], [403, 403, 'PROVIDER_KEY_REFUSED', 'body.api_key'], [400, 403, 'PROVIDER_KEY_REFUSED', 'body.api_key'], [404, 400, 'INVALID_REQUEST', 'body.base_url'], [429, 503, 'PROVIDER_UNAVAILABLE', undefined], [500, 502, 'PROVIDER_FAILED', undefined]];
    for (const [answered, status, code, field] of refusals) {
      upstream.answer((res) => json(res, answered, { error: { message: `the provider's own words on ${secret}` } }));
      const refused = await save('openai', { api_key: secret, base_url: at() });
      assert.deepEqual([refused.status, refused.body.error.code, refused.body.error.field], [status, code, field], String(answered));
      assert.ok(!JSON.stringify(refused.body).includes('own words') && !JSON.stringify(refused.body).includes(secret));
    }
    upstream.answer((res) => void res.writeHead(302, { location: `${upstream.url}/elsewhere` }).end());
    const away = await save('openai', { api_key: secret, base_url: at() });
    assert.match(away.body.error.message, /^body\.base_url: leads on to another address/);
    assert.notEqual(upstream.received.at(-1)?.path, '/elsewhere');
    upstream.answer((res) => void res.writeHead(200, { 'content-type': 'text/html' }).end('<h1>A page</h1>'));
    assert.match((await save('openai', { api_key: secret, base_url: at() })).body.error.message, /^body\.base_url: no provider answers there/);
    upstream.answer((res) => void res.destroy());
    assert.deepEqual([(await save('openai', { api_key: secret, base_url: at() })).status, (await save('openai', { api_key: secret, base_url: 'http://127.0.0.1:1/v1' })).body.error.code], [502, 'PROVIDER_FAILED']);
    upstream.answer(models);
    assert.deepEqual(await list(), [kept]);
  });

  it('go to servers on the internet only', async () => {
    const before = upstream.received.length;
    for (const url of ['http://api.example.com/v1', 'https://localhost/v1', 'https://10.0.0.1/v1', 'https://169.254.169.254/latest', 'https://[::ffff:127.0.0.1]/v1', 'https://2130706434/v1', 'https://user:pass@example.com/v1', 'https://metadata.google.internal/', 'nonsense', `${at()}?x=1`, 'https://a.localhost']) {
      const refused = await save('openai-compatible', { api_key: secret, base_url: url });
      assert.deepEqual([refused.status, refused.body.error.field], [400, 'body.base_url'], url);
    }
    assert.equal(upstream.received.length, before);
  });

  it('are refused by name when something is missing or wrong', async () => {
    const cases: [string, unknown, string][] = [
      ['openai-compatible', { api_key: secret }, 'body.base_url'], ['openai', {}, 'body.api_key'], ['openai', { api_key: 'with a space' }, 'body.api_key'], ['openai', { api_key: 'line\r\nbreak: x' }, 'body.api_key'],
      ['openai', { api_key: '' }, 'body.api_key'], ['openai', { api_key: 'é'.repeat(20) }, 'body.api_key'], ['openai', { api_key: secret, base_url: 7 }, 'body.base_url'], ['mistral', { api_key: secret }, 'path.provider'],
    ];
    for (const [provider, body, field] of cases) {
      const refused = await save(provider, body);
      assert.deepEqual([refused.status, refused.body.error.field], [400, field], JSON.stringify([provider, body]));
    }
  });

  it('belong to one licence, of any plan', async () => {
    assert.deepEqual(await list(starterKey), []);
    assert.equal((await save('openai', { api_key: secret, base_url: at() }, starterKey)).status, 200);
    assert.deepEqual((await remove('openai')).body, { provider: 'openai', deleted: true });
    assert.deepEqual((await remove('openai')).body, { provider: 'openai', deleted: false });
    assert.equal((await list(starterKey)).length, 1);
  });

  it('of a licence that is not valid can be seen and removed, not added; a licence that is not known has none', async () => {
    app.clock.now += 40 * 24 * 3_600_000;
    assert.equal((await save('deepseek', { api_key: secret, base_url: at() }, starterKey)).body.error.code, 'LICENSE_REFUSED');
    assert.equal((await list(starterKey)).length, 1);
    assert.equal((await remove('openai', starterKey)).body.deleted, true);
    for (const refused of [await save('openai', { api_key: secret }, 'CHA-NOBO-DYSK-EY00-0000'), await app.call('get', '/api/v1/provider-keys', { key: 'x' }), await remove('openai', 'x')]) assert.equal(refused.body.error.code, 'LICENSE_INVALID');
    assert.equal((await app.call('get', '/api/v1/provider-keys')).status, 400);
  });

  it('cannot be tried without end from one address', async () => {
    address = 0;
    const before = upstream.received.length;
    const tried = await Promise.all(Array.from({ length: 25 }, () => app.call('put', '/api/v1/provider-keys/openai', { key: developmentKey, body: { api_key: secret, base_url: at() }, headers: { 'X-Forwarded-For': '198.51.100.1' } })));
    assert.deepEqual([tried.filter(({ status }) => status === 200).length, tried.filter(({ status }) => status === 429).length, upstream.received.length - before], [20, 5, 20]);
  });

  it('saved twice at once leave one', async () => {
    const saved = await Promise.all(Array.from({ length: 8 }, (_, index) => save('openai', { api_key: `${secret}${index}`, base_url: at() })));
    assert.deepEqual(saved.map(({ status }) => status), Array.from({ length: 8 }, () => 200));
    assert.equal((await list()).length, 1);
  });
});
