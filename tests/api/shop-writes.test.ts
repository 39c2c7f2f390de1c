import assert from 'node:assert/strict';
import { it } from 'node:test';
import { enqueueJob } from '../../server/jobs/enqueue.ts';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { outbox } from '../buyer.ts';
import { billingVariables, licensesOf, sendWoo, wooOrder, work } from '../deliveries.ts';
import { onBothDatabases, useTestApp, type CallOptions } from '../harness.ts';

onBothDatabases('what is sold, under /api/v1', (engine) => {
  const open = useTestApp(engine, billingVariables);
  const send = async (method: 'get' | 'post' | 'put' | 'patch' | 'delete', url: string, body?: unknown, options: CallOptions = {}) => {
    const { call, adminToken } = await open();
    return call(method, `/api/v1${url}`, { token: adminToken, ...(body === undefined ? {} : { body }), ...options });
  };
  const audited = async (action: string) => (await open()).deps.db.selectFrom('audit_log').selectAll().where('action', '=', action).execute();
  const content = { name: 'Studio', ai_proxy: true, max_sites: 10, max_staging_sites: 5, monthly_requests: 5_000, hourly_requests: 500, monthly_price_cents: 4_900, yearly_price_cents: 49_000, currency: 'EUR', position: 5, modules: [{ code: 'assistant', max_version: '2.4' }] };

  it('a plan is added once under its key, changed only as it was seen, and archived', async () => {
    const headers = { 'Idempotency-Key': 'studio-1' };
    const made = await send('post', '/plans', { code: 'studio', ...content }, { headers });
    assert.deepEqual([made.status, made.body.modules, made.body.features], [201, [{ code: 'assistant', max_version: '2.4' }], ['assistant']]);
    assert.deepEqual((await send('post', '/plans', { code: 'studio', ...content }, { headers })).body, made.body);
    assert.equal((await send('post', '/plans', { code: 'studio', ...content })).status, 409);
    const path = `/plans/${made.body.id}`;
    const { headers: { etag = '' } } = await send('get', path);
    const changed = await send('patch', path, { max_sites: 12, modules: [{ code: 'updates' }] }, { headers: { 'If-Match': etag } });
    assert.deepEqual([changed.status, changed.body.max_sites, changed.body.name, changed.body.modules], [200, 12, 'Studio', [{ code: 'updates', max_version: null }]]);
    assert.equal((await send('patch', path, { max_sites: 13 }, { headers: { 'If-Match': etag } })).status, 412);
    for (const [body, field] of [[{ max_sites: 0 }, 'body.max_sites'], [{ currency: 'euro' }, 'body.currency'], [{ modules: [{ code: 'nothing-like-it' }] }, 'modules'], [{ modules: [{ code: 'updates' }, { code: 'updates' }] }, 'body.modules'], [{ monthly_requests: 1.5 }, 'body.monthly_requests']] as const) {
      const refused = await send('patch', path, body);
      assert.deepEqual([refused.status, refused.body.error.field], [400, field]);
    }
    assert.ok((await send('post', `${path}/archive`)).body.archived_at);
    assert.equal((await send('post', `${path}/archive`)).status, 200, 'archiving again changes nothing');
    assert.equal((await send('post', `${path}/restore`)).body.archived_at, null);
    assert.deepEqual([(await audited('plan.created')).length, (await audited('plan.changed')).length, (await audited('plan.archived')).length], [1, 1, 1]);
    assert.equal((await send('post', '/plans', { code: 'new', ...content })).body.error.field, 'body.code');
  });

  it('products and modules are added, renamed and archived', async () => {
    const product = await send('post', '/products', { code: 'theme', name: 'Theme' });
    assert.equal(product.status, 201);
    assert.equal((await send('patch', `/products/${product.body.id}`, { name: 'Themes' })).body.name, 'Themes');
    assert.ok((await send('post', `/products/${product.body.id}/archive`)).body.archived_at);
    const [standard] = (await send('get', '/products?sort=code')).body.data;
    assert.deepEqual([standard.code, (await send('post', `/products/${standard.id}/archive`)).status], ['chatello', 409]);
    const module = await send('post', '/modules', { code: 'reports', name: 'Reports' });
    assert.deepEqual([module.status, module.body.description], [201, null]);
    assert.equal((await send('patch', `/modules/${module.body.id}`, { description: 'As PDF' })).body.description, 'As PDF');
    assert.equal((await send('get', '/modules/nobody')).status, 404);
  });

  it('a licence gets modules beside its plan, and the verdict names them', async () => {
    const { deps: { db }, call } = await open();
    const { id } = await db.selectFrom('licenses').select('id').where('key_hint', '=', 'ABCD').executeTakeFirstOrThrow();
    const { headers: { etag = '' } } = await send('get', `/licenses/${id}/modules`);
    const given = await send('put', `/licenses/${id}/modules`, { modules: [{ code: 'reports', max_version: '3' }], reason: 'A present' }, { headers: { 'If-Match': etag } });
    assert.deepEqual(given.body, { data: [{ code: 'reports', max_version: '3', expires_at: null }] });
    assert.deepEqual((await send('get', `/licenses/${id}/modules`)).body, given.body);
    assert.ok((await call('post', '/api/validate', { key: developmentKey, body: {} })).body.features.includes('reports'));
    assert.equal((await send('put', `/licenses/${id}/modules`, { modules: [] }, { headers: { 'If-Match': etag } })).status, 412);
    assert.deepEqual((await send('put', `/licenses/${id}/modules`, { modules: [{ code: 'nothing-like-it' }] })).body.error.field, 'modules');
    assert.equal((await send('put', '/licenses/nobody/modules', { modules: [] })).status, 404);
    assert.equal((await audited('license.modules_changed'))[0]?.reason, 'A present');
  });

  it('a product of a shop is mapped and what waited is delivered; an order is processed and its keys are sent again', async () => {
    const app = await open();
    const bought = wooOrder();
    await sendWoo(app, { ...bought, line_items: [{ ...(bought['line_items'] as object[])[0], sku: 'API-SKU' }] });
    await work(app);
    const waiting = (await send('get', '/unmapped-products')).body.data;
    assert.deepEqual(waiting.map(({ provider, external_id, order_lines }: Record<string, unknown>) => [provider, external_id, order_lines]), [['woocommerce', 'API-SKU', 1]]);
    const saved = await send('post', '/product-mappings', { provider: 'woocommerce', external_id: 'API-SKU', plan: 'pro', months: 12 });
    assert.deepEqual([saved.status, saved.body.plan, saved.body.replayed], [200, 'pro', 1]);
    await work(app);
    const issued = (await licensesOf(app)).filter(({ product }) => product === 'API-SKU');
    assert.equal(issued.length, 1);
    assert.deepEqual((await send('get', '/unmapped-products')).body.data, []);
    const id = issued[0]?.order_id ?? '';
    assert.deepEqual([(await send('post', `/orders/${id}/replay`)).body, (await send('post', `/orders/${id}/resend-keys`)).body.licenses], [{ id, deliveries: 1 }, 1]);
    await work(app);
    assert.equal((await licensesOf(app)).filter(({ product }) => product === 'API-SKU').length, 1);
    assert.equal(outbox(app).filter(({ to }) => to === issued[0]?.email).length, 2);
    assert.equal((await send('post', '/orders/nobody/replay')).status, 404);
    assert.equal((await send('delete', `/product-mappings/${saved.body.id}`)).body.deleted, true);
    assert.equal((await send('delete', `/product-mappings/${saved.body.id}`)).status, 404);
    assert.equal((await send('post', '/product-mappings', { provider: 'woocommerce', external_id: 'X', plan: 'gold' })).status, 400);
  });

  it('a setting is changed as it was seen, holds at once, and comes back to its default', async () => {
    const { headers: { etag = '' }, body } = await send('get', '/settings/REMINDER_DAYS');
    assert.deepEqual(body, { name: 'REMINDER_DAYS', value: '30, 7, 1', default: '30, 7, 1', source: 'default' });
    assert.deepEqual((await send('put', '/settings/REMINDER_DAYS', { value: '14' }, { headers: { 'If-Match': etag } })).body, { name: 'REMINDER_DAYS', value: '14', default: '30, 7, 1', source: 'settings' });
    assert.equal((await send('put', '/settings/REMINDER_DAYS', { value: '3' }, { headers: { 'If-Match': etag } })).status, 412);
    assert.equal((await send('put', '/settings/REMINDER_DAYS', { value: '99' })).body.error.field, 'REMINDER_DAYS');
    assert.equal((await send('put', '/settings/REMINDER_DAYS', { value: '' })).body.source, 'default');
    assert.equal((await send('get', '/settings/ENCRYPTION_KEYS')).status, 404, 'not everything is a setting');
    assert.ok((await send('get', '/settings')).body.data.length > 5);
    assert.equal((await audited('settings.changed')).length, 2);
  });

  it('a job that was given up runs again or is forgotten', async () => {
    const app = await open();
    for (const emailId of ['gone-1', 'gone-2']) await enqueueJob(app.deps.db, { kind: 'send-email', payload: { emailId } }, app.clock.now);
    await work(app);
    const dead = (await send('get', '/dead-jobs')).body.data as { id: string; kind: string; last_error: string }[];
    assert.deepEqual(dead.map(({ kind }) => kind), ['send-email', 'send-email']);
    assert.equal((await send('post', `/dead-jobs/${dead[0]?.id}/retry`)).status, 202);
    assert.equal((await send('post', `/dead-jobs/${dead[0]?.id}/retry`)).status, 409);
    assert.equal((await send('delete', `/dead-jobs/${dead[1]?.id}`)).body.deleted, true);
    assert.equal((await send('delete', `/dead-jobs/${dead[1]?.id}`)).status, 404);
    await work(app);
    assert.deepEqual([(await send('post', '/job-retries', { kind: 'send-email' })).body, (await send('get', '/dead-jobs')).body.data], [{ count: 1 }, []]);
    assert.equal((await send('post', '/job-retries', {})).body.error.field, 'body.kind');
  });
});
