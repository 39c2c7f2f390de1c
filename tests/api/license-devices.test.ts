import assert from 'node:assert/strict';
import { it } from 'node:test';
import { transact } from '../../server/db/database.ts';
import { grantLicense } from '../../server/licenses/grant-license.ts';
import { normalizeSite } from '../../server/licenses/site.rules.ts';
import { signedInVisitor } from '../admin-client.ts';
import { onBothDatabases, useTestApp, type TestApp } from '../harness.ts';

const hourMs = 60 * 60 * 1000;
const monthMs = 32 * 24 * hourMs;
const laptop = { device: '4f1c2d9ab07e53c1', name: "Anna's laptop", platform: 'macOS 15', version: '2.4' };

function issue({ deps: { db, vault }, clock }: TestApp, { plan = 'pro', site }: { plan?: string; site?: string } = {}): Promise<{ key: string; license: { id: string } }> {
  return transact(db, (trx) => grantLicense(trx, vault, { customer: { email: 'devices@example.com', name: 'Dora' }, plan, months: 1, site: site === undefined ? undefined : normalizeSite(site) }, { actor: 'test' }, clock.now));
}

onBothDatabases('the devices of a licence', (engine) => {
  const getApp = useTestApp(engine);
  const activate = async (app: TestApp, key: string, body: object) => (await app.call('post', '/api/v1/licenses/devices/activate', { key, body })).body;
  const deactivate = async (app: TestApp, key: string, device: string) => (await app.call('post', '/api/v1/licenses/devices/deactivate', { key, body: { device } })).body;
  const listed = async (app: TestApp, key: string) => (await app.call('get', '/api/v1/licenses/devices', { key })).body;
  const validate = async (app: TestApp, key: string, body: object) => (await app.call('post', '/api/validate', { key, body })).body;

  it('take one place each, however often they are activated, and say anew what they are called', async () => {
    const app = await getApp();
    const { key } = await issue(app);
    const first = await activate(app, key, laptop);
    const createdAt = new Date(app.clock.now).toISOString();
    const { device: fingerprint, name, platform } = laptop;
    assert.deepEqual([first.valid, first.code, first.usage.sites, first.activation, first.device], [true, 'VALID', 1, null, { fingerprint, name, platform, created_at: createdAt }]);
    app.clock.now += hourMs;
    const again = await activate(app, key, { device: laptop.device, name: 'Desk' });
    assert.deepEqual([again.code, again.usage.sites, again.device], ['VALID', 1, { fingerprint, name: 'Desk', platform, created_at: createdAt }]);
    assert.deepEqual(await listed(app, key), { devices: [{ fingerprint, name: 'Desk', platform, version: '2.4', created_at: createdAt, last_seen_at: new Date(app.clock.now).toISOString() }], limits: { sites: 3 }, usage: { sites: 1 } });
    const other = await activate(app, key, { device: laptop.device.toUpperCase() });
    assert.deepEqual([other.usage.sites, other.device.name], [2, null], 'a fingerprint is compared as it is');
  });

  it('share the limit with the sites, but not with copies of them', async () => {
    const app = await getApp();
    const { key } = await issue(app);
    for (const device of ['one', 'two']) await activate(app, key, { device });
    assert.equal((await validate(app, key, { domain: 'shop.example.org' })).code, 'VALID');
    const full = await activate(app, key, { device: 'three' });
    assert.deepEqual([full.valid, full.code, full.message, full.usage.sites, full.device], [false, 'DEVICE_LIMIT_REACHED', 'All 3 places of this licence are in use. Release a site or a device, or upgrade the plan.', 3, null]);
    assert.equal((await validate(app, key, { domain: 'other.example.org' })).code, 'DOMAIN_LIMIT_REACHED');
    assert.equal((await validate(app, key, { domain: 'copy.test' })).code, 'VALID');
    assert.equal((await activate(app, key, { device: 'two' })).code, 'VALID', 'one that has its place keeps it');
    assert.deepEqual((await app.call('get', '/api/v1/licenses/sites', { key })).body.sites.map(({ site }: { site: string }) => site), ['shop.example.org', 'copy.test']);
    assert.deepEqual(await deactivate(app, key, 'one'), { deactivated: true, device: 'one' });
    assert.equal((await validate(app, key, { domain: 'other.example.org' })).code, 'VALID', 'a site takes the place that a device has left');
    assert.equal((await activate(app, key, { device: 'one' })).code, 'DEVICE_LIMIT_REACHED');
  });

  it('are judged when they ask, and take no place by that: a released one does not come back by itself', async () => {
    const app = await getApp();
    const { key } = await issue(app);
    const unknown = await validate(app, key, { device: laptop.device });
    assert.deepEqual([unknown.valid, unknown.code, unknown.usage.sites, unknown.device], [false, 'DEVICE_NOT_ACTIVATED', 0, null]);
    await activate(app, key, laptop);
    app.clock.now += 2 * hourMs;
    const known = await validate(app, key, { device: laptop.device, version: '2.5' });
    assert.deepEqual([known.valid, known.device.name, known.usage.sites], [true, laptop.name, 1]);
    const [seen] = (await listed(app, key)).devices;
    assert.deepEqual([seen.version, seen.last_seen_at], ['2.5', new Date(app.clock.now).toISOString()]);
    await deactivate(app, key, laptop.device);
    assert.deepEqual(await deactivate(app, key, laptop.device), { deactivated: false, device: laptop.device });
    assert.equal((await validate(app, key, { device: laptop.device })).code, 'DEVICE_NOT_ACTIVATED');
    assert.deepEqual((await listed(app, key)).devices, []);
  });

  it('may ask beside a site: the key must be good for both, and a site takes no place where the device has none', async () => {
    const app = await getApp();
    const { key } = await issue(app);
    const refused = await validate(app, key, { domain: 'shop.example.org', device: laptop.device });
    assert.deepEqual([refused.code, refused.usage.sites, refused.activation], ['DEVICE_NOT_ACTIVATED', 0, null]);
    await activate(app, key, laptop);
    const both = await validate(app, key, { domain: 'shop.example.org', device: laptop.device });
    assert.deepEqual([both.code, both.usage.sites, both.activation.site, both.device.fingerprint], ['VALID', 2, 'shop.example.org', laptop.device]);
  });

  it('are refused as sites are: by an expired licence, for another product or version, and by a licence that is locked to a site', async () => {
    const app = await getApp();
    const locked = await issue(app, { plan: 'starter', site: 'shop.example.org' });
    assert.equal((await activate(app, locked.key, laptop)).code, 'DOMAIN_MISMATCH');
    await app.call('post', '/api/v1/licenses/deactivate', { key: locked.key, body: { domain: 'shop.example.org' } });
    assert.equal((await activate(app, locked.key, laptop)).code, 'VALID', 'its site has let it go');
    const { key } = await issue(app);
    assert.equal((await activate(app, key, { ...laptop, product: 'another' })).code, 'PRODUCT_MISMATCH');
    await activate(app, key, laptop);
    app.clock.now += monthMs;
    assert.equal((await validate(app, key, { device: laptop.device })).code, 'EXPIRED');
    assert.equal((await activate(app, key, { device: 'late' })).code, 'EXPIRED');
    assert.deepEqual((await listed(app, key)).devices.map((one: { fingerprint: string }) => one.fingerprint), [laptop.device]);
    assert.equal((await deactivate(app, key, laptop.device)).deactivated, true);
    app.clock.now -= monthMs;
  });

  it('are nobody else\'s: another key neither sees nor releases them, and an unknown key is told nothing', async () => {
    const app = await getApp();
    const [mine, other] = [await issue(app), await issue(app)];
    await activate(app, mine.key, laptop);
    assert.deepEqual((await listed(app, other.key)).devices, []);
    assert.equal((await deactivate(app, other.key, laptop.device)).deactivated, false);
    assert.equal((await validate(app, other.key, { device: laptop.device })).code, 'DEVICE_NOT_ACTIVATED');
    const unknown = 'CHA-0000-0000-0000-0000';
    assert.deepEqual([(await activate(app, unknown, laptop)).code, (await listed(app, unknown)).error.code, (await deactivate(app, unknown, laptop.device)).error.code], ['NOT_FOUND', 'LICENSE_INVALID', 'LICENSE_INVALID']);
  });

  it('name themselves in printable characters, and are told which field is wrong', async () => {
    const app = await getApp();
    const { key } = await issue(app);
    const fieldOf = async (body: object) => (await activate(app, key, body)).error?.field;
    assert.deepEqual(
      [await fieldOf({}), await fieldOf({ device: '' }), await fieldOf({ device: 'a b' }), await fieldOf({ device: 'naïve' }), await fieldOf({ device: 'x'.repeat(256) }), await fieldOf({ device: 'ok', name: 'a\nb' }), await fieldOf({ device: 'ok', platform: 'x'.repeat(65) })],
      ['body.device', 'body.device', 'body.device', 'body.device', 'body.device', 'body.name', 'body.platform'],
    );
    assert.equal((await validate(app, key, { device: '\u0007' })).error.field, 'body.device');
  });
});

onBothDatabases('devices in the back office', (engine) => {
  const getApp = useTestApp(engine);

  it('stand beside the sites: in the API, its audit log and webhooks, and are released there', async () => {
    const app = await getApp();
    const { key, license } = await issue(app);
    const { adminToken: token, call } = app;
    const hook = await call('post', '/api/v1/webhook-endpoints', { token, body: { url: 'https://hooks.example.com/in', events: ['activation.created', 'activation.deleted'] } });
    assert.equal(hook.status, 201);
    await call('post', '/api/v1/licenses/devices/activate', { key, body: laptop });
    await call('post', '/api/validate', { key, body: { domain: 'shop.example.org' } });
    const record = (await call('get', `/api/v1/licenses/${license.id}`, { token })).body;
    const device = record.activations.find(({ kind }: { kind: string }) => kind === 'device');
    assert.deepEqual([record.sites, device.site, device.device], [2, null, { fingerprint: laptop.device, name: laptop.name, platform: laptop.platform }]);
    const released = await call('delete', `/api/v1/licenses/${license.id}/activations/${device.id}`, { token });
    assert.deepEqual([released.status, released.body.sites, released.body.activations.map(({ site }: { site: string }) => site)], [200, 1, ['shop.example.org']]);
    assert.equal((await call('delete', `/api/v1/licenses/${license.id}/activations/${device.id}`, { token })).status, 200, 'once more: it is free, as asked');
    const lines = await app.deps.db.selectFrom('audit_log').select(['actor', 'action', 'before_json', 'after_json']).where('entity_id', '=', license.id).where('action', 'like', 'activation.%').orderBy('id').execute();
    const facts = { device: laptop.device, name: laptop.name, platform: laptop.platform, kind: 'device' };
    assert.deepEqual([lines[0]?.actor, JSON.parse(lines[0]?.after_json ?? ''), lines[2]?.action, JSON.parse(lines[2]?.before_json ?? '')], [`device:${laptop.device}`, facts, 'activation.deleted', facts]);
    const messages = await app.deps.db.selectFrom('webhook_messages').select(['type', 'payload']).orderBy('id').execute();
    const told = messages.map(({ type, payload }) => ({ type, data: JSON.parse(payload).data }));
    assert.deepEqual(told.map(({ type, data }) => [type, data.kind, data.site, data.device?.fingerprint ?? null]), [
      ['activation.created', 'device', null, laptop.device],
      ['activation.created', 'production', 'shop.example.org', null],
      ['activation.deleted', 'device', null, laptop.device],
    ]);
  });

  it('are on the licence\'s page, found by name and fingerprint, in the file of licences, and released after a question', async () => {
    const app = await getApp();
    const { key, license } = await issue(app);
    await app.call('post', '/api/v1/licenses/devices/activate', { key, body: { ...laptop, device: 'fp-7781-abcdef', name: 'Dorà desk' } });
    const { visitor } = await signedInVisitor(app);
    const page = (await visitor.get(`/licenses/${license.id}`)).text;
    assert.match(page, /Sites and devices/);
    assert.match(page, /Dorà desk/);
    assert.match(page, /fp-7781-abcdef/);
    for (const text of ['fp-7781', 'dorà d', 'DORÀ']) {
      assert.equal((await visitor.get(`/search?q=${encodeURIComponent(text)}`)).headers['location'], `/licenses/${license.id}`, text);
      assert.match((await visitor.get(`/licenses?q=${encodeURIComponent(text)}`)).text, new RegExp(`/licenses/${license.id}`), text);
    }
    assert.match((await visitor.get(`/exports/licenses?q=${encodeURIComponent('fp-7781')}`)).text, /fp-7781-abcdef/);
    const release = /\/licenses\/[\w-]+\/sites\/[\w-]+\/release/.exec(page)?.[0] ?? '';
    const question = (await visitor.get(release)).text;
    assert.match(question, /It does not take a place again by itself/);
    assert.match(question, /Release device/);
    const done = await visitor.post(release, {});
    assert.equal(done.headers['location'], `/licenses/${license.id}?done=released`);
    assert.match((await visitor.get(`/licenses/${license.id}`)).text, /No site or device uses this licence yet/);
    const line = await app.deps.db.selectFrom('audit_log').select('actor').where('entity_id', '=', license.id).where('action', '=', 'activation.deleted').executeTakeFirstOrThrow();
    assert.match(line.actor, /^user:/);
  });

  it('stay with the licence when it goes to another customer or is cancelled', async () => {
    const app = await getApp();
    const { key, license } = await issue(app);
    const { adminToken: token, call } = app;
    await call('post', '/api/v1/licenses/devices/activate', { key, body: laptop });
    const heir = (await call('post', '/api/v1/customers', { token, body: { email: 'heir@example.com' } })).body;
    const moved = await call('post', `/api/v1/licenses/${license.id}/transfer`, { token, body: { customer_id: heir.id, reason: 'sold' } });
    assert.deepEqual(moved.body.activations.map(({ kind }: { kind: string }) => kind), ['device']);
    await call('post', `/api/v1/licenses/${license.id}/cancel`, { token, body: { reason: 'test' } });
    assert.equal((await call('post', '/api/validate', { key, body: { device: laptop.device } })).body.code, 'CANCELLED');
    await call('post', `/api/v1/licenses/${license.id}/reactivate`, { token, body: { reason: 'test' } });
    assert.equal((await call('post', '/api/validate', { key, body: { device: laptop.device } })).body.code, 'VALID');
  });
});
