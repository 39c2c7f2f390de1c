import assert from 'node:assert/strict';
import { it } from 'node:test';
import { transact } from '../../server/db/database.ts';
import { grantLicense } from '../../server/licenses/grant-license.ts';
import { onBothDatabases, useTestApp, type TestApp } from '../harness.ts';

const hourMs = 60 * 60 * 1000;
const monthMs = 32 * 24 * hourMs;

function issue({ deps: { db, vault }, clock }: TestApp, plan = 'pro'): Promise<{ key: string }> {
  return transact(db, (trx) => grantLicense(trx, vault, { customer: { email: 'owner@example.com' }, plan, months: 1 }, { actor: 'test' }, clock.now));
}

onBothDatabases('the sites of a licence', (engine) => {
  const getApp = useTestApp(engine);
  const listed = async (app: TestApp, key: string) => (await app.call('get', '/api/v1/licenses/sites', { key })).body;

  it('are told to whoever holds its key: shops first, with when they were activated and last seen', async () => {
    const app = await getApp();
    const { key } = await issue(app);
    assert.deepEqual(await listed(app, key), { sites: [], limits: { sites: 3, staging_sites: 3 } });
    const first = new Date(app.clock.now).toISOString();
    await app.call('post', '/api/v1/licenses/activate', { key, body: { domain: 'https://www.copy.example.org', environment: 'staging' } });
    await app.call('post', '/api/v1/licenses/activate', { key, body: { domain: 'shop.example.org', version: '1.0' } });
    app.clock.now += 2 * hourMs;
    await app.call('post', '/api/validate', { key, body: { domain: 'shop.example.org', version: '1.1' } });
    const { sites } = await listed(app, key);
    assert.deepEqual(sites, [
      { site: 'shop.example.org', kind: 'production', version: '1.1', created_at: first, last_seen_at: new Date(app.clock.now).toISOString() },
      { site: 'copy.example.org', kind: 'staging', version: null, created_at: first, last_seen_at: first },
    ]);
  });

  it('are told and can be released also when it has expired, and to nobody without the key', async () => {
    const app = await getApp();
    const { key } = await issue(app);
    const other = await issue(app);
    await app.call('post', '/api/v1/licenses/activate', { key, body: { domain: 'old.example.org' } });
    app.clock.now += monthMs;
    assert.deepEqual((await listed(app, key)).sites.map(({ site }: { site: string }) => site), ['old.example.org']);
    assert.deepEqual((await listed(app, other.key)).sites, []);
    await app.call('post', '/api/v1/licenses/deactivate', { key, body: { domain: 'old.example.org' } });
    assert.deepEqual((await listed(app, key)).sites, []);
    const unknown = await app.call('get', '/api/v1/licenses/sites', { key: 'CHA-0000-0000-0000-0000' });
    assert.deepEqual([unknown.status, unknown.body.error.code], [401, 'LICENSE_INVALID']);
    const none = await app.call('get', '/api/v1/licenses/sites');
    assert.deepEqual([none.status, none.body.error.field], [400, 'headers.x-license-key']);
    app.clock.now -= monthMs;
  });
});

onBothDatabases('the secret of an activation', (engine) => {
  const getApp = useTestApp(engine);
  const domain = 'https://shop.example.org';
  const activate = async (app: TestApp, key: string, with_secret = true) => (await app.call('post', '/api/v1/licenses/activate', { key, body: { domain, with_secret } })).body;
  const validate = async (app: TestApp, key: string, activation_secret?: string) => (await app.call('post', '/api/validate', { key, body: { domain, activation_secret } })).body;
  const mint = (app: TestApp, key: string, activation_secret?: string) => app.call('post', '/api/v1/visitor-tokens', { key, body: { origin: domain, visitor: 'visitor-1', activation_secret } });

  it('is told once to a site that asks for it, and kept as a digest', async () => {
    const app = await getApp();
    const { key } = await issue(app);
    const { secret } = (await activate(app, key)).activation;
    assert.match(secret, /^cas_[\w-]{43}$/);
    assert.equal((await validate(app, key, secret)).activation.secret, undefined);
    const rows = await app.deps.db.selectFrom('activations').selectAll().execute();
    assert.ok(!JSON.stringify(rows.map((row) => Buffer.from(row.secret_digest ?? []).toString('latin1'))).includes(secret));
    const audit = await app.deps.db.selectFrom('audit_log').selectAll().execute();
    assert.ok(!JSON.stringify(audit).includes(secret));
  });

  it('must be shown from then on, to be judged valid and to get tokens for visitors', async () => {
    const app = await getApp();
    const { key } = await issue(app);
    const { secret } = (await activate(app, key)).activation;
    const [right, missing, wrong] = [await validate(app, key, secret), await validate(app, key), await validate(app, key, `${secret}x`)];
    assert.deepEqual([right.code, missing.code, wrong.code, missing.valid, missing.activation], ['VALID', 'SITE_NOT_ACTIVATED', 'SITE_NOT_ACTIVATED', false, null]);
    assert.equal((await mint(app, key, secret)).status, 201);
    for (const shown of [undefined, `${secret}x`]) {
      const refused = await mint(app, key, shown);
      assert.deepEqual([refused.body.error.code, refused.body.error.field], ['SITE_NOT_ACTIVATED', 'body.activation_secret']);
    }
  });

  it('is void once the site is activated anew: what had it before is cut off', async () => {
    const app = await getApp();
    const { key } = await issue(app);
    const old = (await activate(app, key)).activation.secret;
    const { secret } = (await activate(app, key)).activation;
    assert.deepEqual([(await validate(app, key, old)).code, (await validate(app, key, secret)).code], ['SITE_NOT_ACTIVATED', 'VALID']);
    await activate(app, key, false);
    assert.deepEqual([(await validate(app, key, secret)).code, (await validate(app, key)).code], ['SITE_NOT_ACTIVATED', 'VALID']);
  });

  it('keeps a site that was released from taking a place again by itself', async () => {
    const app = await getApp();
    const { key } = await issue(app);
    const { secret } = (await activate(app, key)).activation;
    await app.call('post', '/api/v1/licenses/deactivate', { key, body: { domain } });
    const asked = await validate(app, key, secret);
    assert.deepEqual([asked.valid, asked.code, asked.usage.sites], [false, 'SITE_NOT_ACTIVATED', 0]);
    assert.equal((await mint(app, key, secret)).status, 403);
    assert.equal((await activate(app, key)).code, 'VALID');
  });

  it('is asked of nobody who never got one', async () => {
    const app = await getApp();
    const { key } = await issue(app);
    assert.equal((await activate(app, key, false)).activation.secret, undefined);
    assert.equal((await validate(app, key)).code, 'VALID');
    assert.equal((await mint(app, key)).status, 201);
  });
});
