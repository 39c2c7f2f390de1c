import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { it } from 'node:test';
import { loadCatalog } from '../../server/ai/catalog/load-catalog.ts';
import { onBothDatabases, useTestApp, type CallOptions } from '../harness.ts';
import { billingVariables, sendWoo, wooOrder, work } from '../deliveries.ts';

onBothDatabases('writes under /api/v1', (engine) => {
  const getApp = useTestApp(engine, billingVariables);
  const send = async (method: 'get' | 'post' | 'put' | 'patch' | 'delete', url: string, body?: unknown, options: CallOptions = {}) => {
    const { call, adminToken } = await getApp();
    return call(method, `/api/v1${url}`, { token: adminToken, ...(body === undefined ? {} : { body }), ...options });
  };
  const audited = async (action: string) => {
    const { deps: { db } } = await getApp();
    return db.selectFrom('audit_log').selectAll().where('action', '=', action).orderBy('id', 'desc').execute();
  };

  it('a token is shown once, does what its scopes say until it ends, and the log names it', async () => {
    const { call, clock, deps: { db } } = await getApp();
    const made = await send('post', '/api-tokens', { name: 'Shop', scopes: ['customers.read', 'licenses.issue'], expires_at: new Date(clock.now + 86_400_000).toISOString() });
    assert.equal(made.status, 201);
    const { token, id } = made.body;
    assert.match(token, /^chatello_[\w-]{43}$/);
    const { token: _shown, ...record } = made.body;
    assert.deepEqual((await send('get', `/api-tokens/${id}`)).body, record);
    assert.ok(!JSON.stringify(await db.selectFrom('api_tokens').selectAll().execute()).includes(token));
    assert.equal((await call('get', '/api/v1/customers', { token })).status, 200);
    assert.equal((await call('get', '/api/v1/licenses', { token })).body.error.code, 'FORBIDDEN');
    assert.equal((await call('post', '/api/create_license', { token, body: { email: 'shop@example.com', plan: 'pro', months: 1 } })).status, 201);
    assert.equal((await audited('license.issued'))[0]?.actor, 'token:Shop');
    assert.equal((await call('post', '/api/v1/api-tokens', { token, body: { name: 'More', scopes: ['admin'] } })).status, 403, 'a token makes no other');
    clock.now += 86_400_000;
    assert.equal((await call('get', '/api/v1/customers', { token })).status, 401, 'its time is over');
    clock.now -= 86_400_000;
    assert.equal((await send('delete', `/api-tokens/${id}`)).body.revoked_by, 'api-token');
    assert.equal((await call('get', '/api/v1/customers', { token })).status, 401);
    assert.equal((await send('delete', `/api-tokens/${id}`)).status, 200, 'revoking again changes nothing');
    assert.deepEqual([(await audited('api_token.created')).length, (await audited('api_token.revoked')).length], [1, 1]);
  });

  it('a token that cannot be is refused by the field', async () => {
    for (const [body, field] of [
      [{ name: 'Shop', scopes: ['customers.read'] }, 'body.name'],
      [{ name: ' ', scopes: ['customers.read'] }, 'body.name'],
      [{ name: 'A', scopes: [] }, 'body.scopes'],
      [{ name: 'A', scopes: ['everything'] }, 'body.scopes.0'],
      [{ name: 'A', scopes: ['customers.read'], expires_at: '2020-01-01T00:00:00Z' }, 'body.expires_at'],
      [{ name: 'A', scopes: ['customers.read'], organization_id: 'nobody' }, 'body.organization_id'],
    ] as const) assert.equal((await send('post', '/api-tokens', body)).body.error.field, field);
  });

  it('a key is shown to whom it may be, and each time is in the log', async () => {
    const { call, adminToken: token } = await getApp();
    const { body: { license_id: id, license_key: key } } = await call('post', '/api/create_license', { token, body: { email: 'reveal@example.com', plan: 'pro', months: 1 } });
    const before = (await audited('license.key_shown')).length;
    assert.deepEqual((await send('post', `/licenses/${id}/reveal-key`)).body, { id, license_key: key });
    assert.equal((await audited('license.key_shown')).length, before + 1);
    assert.equal((await send('post', '/licenses/nobody/reveal-key')).status, 404);
  });

  it('an e-mail is sent once more, and a template on trial once for one Idempotency-Key', async () => {
    const app = await getApp();
    const { deps: { db, config } } = app;
    await sendWoo(app, wooOrder());
    await work(app);
    const email = await db.selectFrom('emails').select(['id', 'recipient']).executeTakeFirstOrThrow();
    const resent = await send('post', `/emails/${email.id}/resend`, { recipient: 'other@example.com' });
    assert.deepEqual([resent.status, resent.body.recipient], [202, 'other@example.com']);
    assert.equal((await send('get', '/emails?status=queued')).body.data[0].recipient, 'other@example.com');
    const outbox = () => readdirSync(path.join(config.dataDir, 'outbox')).length;
    const before = outbox();
    const trial = () => send('post', '/email-tests', { template: 'purchase', recipient: 'me@example.com' }, { headers: { 'Idempotency-Key': 'trial' } });
    assert.deepEqual([(await trial()).status, (await trial()).headers['idempotent-replayed'], outbox()], [200, 'true', before + 1]);
    assert.equal((await audited('email.test_sent')).length, 1);
    await db.updateTable('emails').set({ status: 'failed' }).where('recipient', '=', 'other@example.com').execute();
    assert.deepEqual([(await send('post', '/email-retries')).body.count, (await audited('email.retried')).length], [1, 1]);
    assert.equal((await send('get', '/emails?status=queued')).body.data[0].recipient, 'other@example.com');
  });

  it('one text finds whatever it names, as far as the scopes of the token go, and a key is no part of an address', async () => {
    const { call, adminToken: token } = await getApp();
    const { body: { license_id: id, license_key: key } } = await call('post', '/api/create_license', { token, body: { email: 'needle@example.com', plan: 'pro', months: 1 } });
    const byKey = await send('post', '/search', { text: key.toLowerCase() });
    assert.deepEqual([byKey.status, byKey.body.licenses.map((found: { id: string }) => found.id), byKey.body.customers], [200, [id], []]);
    assert.equal((await send('post', '/search', { text: 'needle@example.com' })).body.customers[0].email, 'needle@example.com');
    const { body: made } = await send('post', '/api-tokens', { name: 'Searching', scopes: ['customers.read'] });
    assert.deepEqual((await call('post', '/api/v1/search', { token: made.token, body: { text: key } })).body.licenses, []);
    assert.equal((await send('post', '/search', { text: ' ' })).body.error.field, 'body.text');
  });

  it('deliveries are processed once more, one or as a filter says', async () => {
    const app = await getApp();
    const { body: { data: [delivery] } } = await send('get', '/deliveries');
    assert.equal((await send('post', `/deliveries/${delivery.id}/replay`)).body.status, 'received');
    await work(app);
    assert.equal((await send('get', `/deliveries/${delivery.id}`)).body.status, delivery.status);
    const many = await send('post', '/delivery-replays', { provider: 'woocommerce' });
    assert.deepEqual([many.status, many.body.replayed > 0, many.body.next_from], [202, true, null]);
    assert.equal((await send('post', '/delivery-replays', {})).status, 400);
    await work(app);
  });

  it('a webhook endpoint has its life: made, changed on what was read, tried, rotated, switched, deleted', async () => {
    const { deps: { db } } = await getApp();
    const made = await send('post', '/webhook-endpoints', { url: 'https://hooks.example.com/a', events: ['license.issued'] });
    assert.equal(made.status, 201);
    const { id, secret } = made.body;
    assert.match(secret, /^whsec_/);
    const { headers: { etag = '' } } = await send('get', `/webhook-endpoints/${id}`);
    const change = { url: 'https://hooks.example.com/b', description: 'Books', events: ['*', 'order.paid'] };
    const changed = await send('put', `/webhook-endpoints/${id}`, change, { headers: { 'If-Match': etag } });
    assert.deepEqual([changed.status, changed.body.url, changed.body.events], [200, 'https://hooks.example.com/b', ['*']]);
    assert.equal((await send('put', `/webhook-endpoints/${id}`, change, { headers: { 'If-Match': etag } })).status, 412);
    const tested = await send('post', `/webhook-endpoints/${id}/test`);
    assert.deepEqual([tested.status, tested.body.type, tested.body.endpoint_id], [202, 'webhook.test', id]);
    assert.equal((await send('post', `/webhook-deliveries/${tested.body.id}/redeliver`)).status, 202);
    assert.notEqual((await send('post', `/webhook-endpoints/${id}/rotate-secret`)).body.secret, secret);
    assert.equal((await send('post', `/webhook-endpoints/${id}/disable`)).body.is_enabled, false);
    assert.equal((await send('post', `/webhook-endpoints/${id}/test`)).body.error.code, 'CONFLICT');
    assert.equal((await send('post', `/webhook-endpoints/${id}/enable`)).body.is_enabled, true);
    assert.equal((await send('delete', `/webhook-endpoints/${id}`)).body.deleted, true);
    for (const [method, url] of [['get', ''], ['delete', ''], ['post', '/enable'], ['post', '/test'], ['post', '/rotate-secret']] as const) assert.equal((await send(method, `/webhook-endpoints/${id}${url}`)).status, 404, url);
    for (const url of ['http://hooks.example.com', 'https://127.0.0.1/x', 'nowhere', `https://example.com/${'ü'.repeat(400)}`]) assert.equal((await send('post', '/webhook-endpoints', { url, events: ['*'] })).body.error.field, 'body.url', url);
    assert.equal((await db.selectFrom('webhook_endpoints').select('id').execute()).length, 0);
  });

  it('a provider, a name for models and prices are in force with the next request', async () => {
    const { deps } = await getApp();
    const settings = { title: 'Mine', kind: 'openai-compatible', base_url: 'http://127.0.0.1:1/v1', api_key: 'sk-secret-of-mine-1234' };
    const made = await send('post', '/providers', { name: 'mine', ...settings });
    assert.deepEqual([made.status, made.body.has_key, made.body.key_ending, JSON.stringify(made.body).includes('sk-secret')], [201, true, '1234', false]);
    assert.equal((await send('post', '/providers', { name: 'mine', ...settings })).body.error.code, 'CONFLICT');
    assert.deepEqual((await loadCatalog(deps)).upstreams.map(({ name }) => name), ['mine']);
    const { api_key: _key, ...kept } = settings;
    assert.equal((await send('put', '/providers/mine', { ...kept, title: 'Ours' })).body.title, 'Ours');
    assert.equal((await send('put', '/providers/mine', { ...kept, base_url: 'http://127.0.0.1:2/v1' })).body.error.field, 'body.api_key');
    assert.equal((await send('post', '/providers/mine/test')).body.outcome, 'unreachable');
    assert.equal((await send('post', '/providers/mine/disable')).body.is_enabled, false);
    assert.deepEqual((await loadCatalog(deps)).upstreams, []);
    const alias = await send('put', '/model-aliases/fast', { targets: [{ provider: 'mine', model: 'm-1' }] });
    assert.deepEqual(alias.body, { alias: 'fast', targets: [{ provider: 'mine', model: 'm-1' }] });
    assert.ok((await loadCatalog(deps)).aliases.has('fast'));
    assert.equal((await send('delete', '/model-aliases/fast')).status, 200);
    assert.equal((await send('delete', '/model-aliases/fast')).status, 404);
    const prices = await send('post', '/price-versions', { note: 'Autumn', prices: [{ provider: 'mine', model: 'm-1', input: '0.25', output: 2 }] });
    assert.deepEqual([prices.status, prices.body.prices[0].input, prices.body.prices[0].output, prices.body.prices[0].cached_input], [201, '0.25', '2.00', null]);
    assert.deepEqual((await send('get', `/price-versions/${prices.body.version}`)).body, prices.body);
    assert.equal((await send('post', '/price-versions', { prices: [{ provider: 'mine', model: 'm-1', input: 'free' }] })).body.error.field, 'body.prices.0.input');
    assert.equal((await send('delete', '/providers/mine')).body.deleted, true);
    assert.equal((await send('get', '/providers/mine')).status, 404);
    for (const action of ['provider.added', 'provider.changed', 'provider.removed', 'alias.added', 'prices.added']) assert.equal((await audited(action))[0]?.actor, 'api-token', action);
  });
});
