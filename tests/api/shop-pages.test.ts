import assert from 'node:assert/strict';
import { it } from 'node:test';
import { changeLicenseModules } from '../../server/licenses/change-modules.ts';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { enqueueJob } from '../../server/jobs/enqueue.ts';
import { signedInVisitor, type Visitor } from '../admin-client.ts';
import { outbox } from '../buyer.ts';
import { billingVariables, deliveriesOf, licensesOf, paddleEvent, sendPaddle, sendWoo, wooOrder, work } from '../deliveries.ts';
import { onBothDatabases, useTestApp, type TestApp } from '../harness.ts';

const by = { actor: 'test' };
const day = 24 * 3600 * 1000;
const plain = (html: string) => html.replaceAll('&#x27;', "'").replaceAll('&quot;', '"').replaceAll('&#x3D;', '=').replaceAll('&amp;', '&');
/** A page is too long to be shown when it has not what it should. */
const has = (html: string, text: RegExp) => assert.ok(text.test(plain(html)), `there is no ${text} on the page`);
const hasNot = (html: string, text: RegExp) => assert.ok(!text.test(plain(html)), `there is ${text} on the page`);

onBothDatabases('the dashboard on what is sold', (engine) => {
  const open = useTestApp(engine, billingVariables);
  let dashboard: Promise<Visitor> | undefined;
  const start = async () => {
    const app = await open();
    return { app, admin: await (dashboard ??= signedInVisitor(app).then(({ visitor }) => visitor)) };
  };
  const post = async (admin: Visitor, path: string, fields: Record<string, string> = {}, from = path) => {
    await admin.get(from);
    return admin.post(path, fields);
  };
  const order = ({ deps }: TestApp, externalId: string | number) => deps.db.selectFrom('orders').selectAll().where('external_id', '=', String(externalId)).executeTakeFirstOrThrow();
  const audited = async ({ deps }: TestApp, action: string) => (await deps.db.selectFrom('audit_log').selectAll().where('action', '=', action).orderBy('at').orderBy('id').execute());

  it('an unmapped product stands first, is mapped with one form, and what waited for it is delivered', async () => {
    const { app, admin } = await start();
    const [first, second] = [wooOrder(), wooOrder()].map((bought) => ({ ...bought, line_items: [{ ...(bought['line_items'] as object[])[0], sku: 'NEW-SKU', name: 'A new one & more' }] }));
    for (const bought of [first, second]) await sendWoo(app, bought);
    await work(app);
    assert.deepEqual((await deliveriesOf(app)).map(({ status }) => status), ['dead', 'dead']);
    has((await admin.get(`/orders/${(await order(app, first?.id ?? 0)).id}`)).text, /stands for no plan[^]*A new one & more[^]*mappings\/edit\?provider=woocommerce&external_id=NEW-SKU/);
    has((await admin.get('/mappings')).text, /Purchases wait for these[^]*A new one & more[^]*NEW-SKU[^]*WooCommerce[^]*>2<[^]*Mapped products/);
    const form = '/mappings/edit?provider=woocommerce&external_id=NEW-SKU';
    has((await admin.get(form)).text, /waits in order lines: 2/);
    const fields = { provider: 'woocommerce', external_id: 'NEW-SKU', plan: 'pro', duration: 'months', months: '6' };
    for (const [wrong, text] of [[{ plan: 'gold' }, /Choose one of the plans/], [{ months: '0' }, /months from 1 to 120/], [{ provider: 'ebay' }, /Choose where it is sold/], [{ external_id: ' ' }, /Fill this in/]] as const) {
      const answer = await admin.post('/mappings/edit', { ...fields, ...wrong });
      assert.equal(answer.status, 422);
      has(answer.text, text);
    }
    assert.equal((await admin.post('/mappings/edit', fields)).headers['location'], '/mappings?done=mapped&replayed=2');
    await work(app);
    assert.deepEqual((await licensesOf(app)).map(({ plan, status }) => [plan, status]), [['pro', 'active'], ['pro', 'active']]);
    const { text } = await admin.get('/mappings');
    hasNot(text, /Purchases wait for these/);
    has(text, /NEW-SKU[^]*Pro[^]*6 months/);
    assert.equal((await audited(app, 'product_mapping.saved')).length, 1);
    assert.equal((await post(admin, '/mappings/edit', { provider: 'paddle', external_id: 'pri_shirt', plan: 'none' })).headers['location'], '/mappings?done=mapped&replayed=0');
    has((await admin.get('/mappings')).text, /pri_shirt[^]*No licence/);
    const { id } = await app.deps.db.selectFrom('product_mappings').select('id').where('external_id', '=', 'pri_shirt').executeTakeFirstOrThrow();
    has((await admin.get(`/mappings/${id}/remove`)).text, /waits until it is mapped again/);
    assert.equal((await admin.post(`/mappings/${id}/remove`)).headers['location'], '/mappings?done=removed');
    assert.equal((await admin.get(`/mappings/${id}/remove`)).status, 404);
  });

  it('an order is found by number, id, address and filters, and shows lines, licences, refunds and the deliveries that made it', async () => {
    const { app, admin } = await start();
    const bought = wooOrder();
    await sendWoo(app, bought);
    await work(app);
    const { id } = await order(app, bought.id);
    const email = (bought['billing'] as { email: string }).email;
    for (const query of [`q=${bought.id}`, `q=${String(bought.id).slice(0, 5)}`, `q=${encodeURIComponent(email)}`, `q=${bought.id}&provider=woocommerce&currency=EUR&status=processing&from=2026-11-21&to=2026-11-21`]) has((await admin.get(`/orders?${query}`)).text, new RegExp(`/orders/${id}"`));
    for (const query of [`q=${bought.id}&provider=paddle`, `q=${bought.id}&to=2026-11-20`, 'q=nothing-like-it']) hasNot((await admin.get(`/orders?${query}`)).text, new RegExp(`/orders/${id}"`));
    const { text } = await admin.get(`/orders/${id}`);
    has(text, /CHATELLO-PRO[^]*Pro[^]*12 months[^]*\/licenses\/[^]*Active/);
    has(text, /Deliveries[^]*order\.updated[^]*Handled/);
    has(text, new RegExp(`E-mails[^]*${email.replaceAll('.', '\\.')}[^]*Sent`));
    has(text, /Order paid/);
    assert.equal((await admin.get('/orders/00000000-0000-7000-8000-000000000000')).status, 404);
  });

  it('keys are sent again once for each wish, and an order that is processed again issues nothing twice', async () => {
    const { app, admin } = await start();
    const bought = wooOrder();
    await sendWoo(app, bought);
    await work(app);
    const { id } = await order(app, bought.id);
    const { email } = bought['billing'] as { email: string };
    const count = async () => (await licensesOf(app)).filter((row) => row.order === String(bought.id)).length;
    const attempt = /name="attempt" value="([^"]+)"/.exec((await admin.get(`/orders/${id}`)).text)?.[1] ?? '';
    for (let n = 0; n < 2; n += 1) assert.equal((await admin.post(`/orders/${id}/resend-keys`, { attempt })).headers['location'], `/orders/${id}?done=keys-sent`);
    assert.equal((await admin.post(`/orders/${id}/replay`)).headers['location'], `/orders/${id}?done=replayed`);
    await work(app);
    assert.deepEqual([await count(), outbox(app).filter(({ to }) => to === email).length], [1, 2]);
    assert.deepEqual([(await audited(app, 'order.keys_sent')).length, (await audited(app, 'order.replayed')).length], [1, 1]);
    const unknown = paddleEvent('adjustment.created');
    await sendPaddle(app, unknown);
    await work(app);
    const unseen = await app.deps.db.selectFrom('orders').select('id').where('status', '=', 'unseen').executeTakeFirst();
    if (unseen) {
      has((await admin.get(`/orders/${unseen.id}`)).text, /Only a refund or a dispute/);
      assert.equal((await post(admin, `/orders/${unseen.id}/resend-keys`, {}, `/orders/${unseen.id}`)).status, 409);
    }
  });

  it('a subscription shows how it stands, its licences, payments, reminders and what happened', async () => {
    const { app, admin } = await start();
    const { db } = app.deps;
    const at = app.clock.now;
    const license = await db.selectFrom('licenses').selectAll().limit(1).executeTakeFirstOrThrow();
    const row = (id: string, changes: object) => ({ id, provider: 'paddle', account: 'main', external_id: `sub_${id}`, status: 'active', order_external_id: null, snapshot_at: at, is_linked: 1, customer_external_id: null, items: '[{"productIds":["pri_x"],"quantity":1}]', period_ends_at: at + 20 * day, cancel_at: null, payment_failed_at: null, last_paid_at: at, created_at: at, updated_at: at, ...changes });
    await db.insertInto('subscriptions').values([row('s1', {}), row('s2', { status: 'past_due', payment_failed_at: at }), row('s3', { cancel_at: at + 5 * day }), row('s4', { cancel_at: at + 50 * day })]).execute();
    await db.updateTable('licenses').set({ subscription_id: 's1', subscription_status: 'active', expires_at: at + 20 * day, grace_ms: 7 * day }).where('id', '=', license.id).execute();
    await db.insertInto('subscription_changes').values({ id: 'c1', cause: 'x', kind: 'PaymentRecovered', subscription_id: 's1', license_ids: '[]', details: '{}', created_at: at }).execute();
    const listed = async (query: string) => [...(await admin.get(`/subscriptions?${query}`)).text.matchAll(/\/subscriptions\/(s\d)"/g)].map(([, id]) => id);
    assert.deepEqual(new Set(await listed('')), new Set(['s1', 's2', 's3', 's4']));
    assert.deepEqual([await listed('show=past_due'), await listed('show=ends_soon'), await listed('q=sub_s4'), await listed('provider=stripe')], [['s2'], ['s3'], ['s4'], []]);
    const { text } = await admin.get('/subscriptions/s1');
    has(text, new RegExp(`…${license.key_hint}[^]*The payment came after all[^]*7 days beyond what is paid[^]*pri_x[^]*7 days before the end of …${license.key_hint}`));
    has(text, /https:\/\/vendors\.paddle\.com\/subscriptions-v2\/sub_s1/);
  });

  it('a plan is added, and a change says what it means for its licences before it is made', async () => {
    const { app, admin } = await start();
    const fields = { name: 'Studio', code: 'studio', max_sites: '10', max_staging_sites: '5', monthly_requests: '5000', hourly_requests: '500', monthly_price: '49', yearly_price: '490,50', currency: 'eur', position: '9', ai_proxy: 'on', 'module.assistant': 'on', 'version.assistant': '2.4' };
    for (const [wrong, name] of [[{ code: 'pro' }, 'code'], [{ code: 'Über' }, 'code'], [{ code: 'new' }, 'code'], [{ max_sites: '0' }, 'max_sites'], [{ monthly_price: 'free' }, 'monthly_price'], [{ currency: 'euro' }, 'currency'], [{ 'version.assistant': 'two' }, 'version.assistant']] as const) {
      const answer = await post(admin, '/plans/new', { ...fields, ...wrong });
      assert.equal(answer.status, 422, name);
      has(answer.text, new RegExp(`id="error-${name.replace('.', '-')}"`));
    }
    assert.equal((await post(admin, '/plans/new', fields)).headers['location'], '/plans?done=plan-added');
    const plan = async (code: string) => app.deps.db.selectFrom('plans').selectAll().where('code', '=', code).executeTakeFirstOrThrow();
    const studio = await plan('studio');
    assert.deepEqual([studio.yearly_price_cents, studio.currency, studio.features, studio.feature_versions, studio.max_sites], [49_050, 'EUR', '["assistant"]', '{"assistant":"2.4"}', 10]);
    // Nobody has it, so it is changed at once.
    assert.equal((await post(admin, '/plans/studio/edit', { ...fields, max_sites: '8' })).headers['location'], '/plans?done=plan-saved');
    const pro = await plan('pro');
    const proFields = { name: 'Pro', max_sites: '2', max_staging_sites: '3', monthly_requests: '1000', hourly_requests: '100', monthly_price: '29', yearly_price: '290', currency: 'EUR', position: '1', ai_proxy: 'on', 'module.assistant': 'on', 'module.updates': 'on', seen: String(pro.updated_at) };
    const check = await post(admin, '/plans/pro/edit', proFields);
    assert.equal(check.status, 200);
    has(check.text, /Licences that have this plan: \d+[^]*Sites[^]*>3<[^]*>2<[^]*keep their places[^]*Modules[^]*ai_proxy[^]*with their next validation/);
    assert.equal((await plan('pro')).max_sites, 3, 'nothing has changed yet');
    app.clock.now += 1_000;
    assert.equal((await admin.post('/plans/pro/edit', { ...proFields, confirmed: 'yes' })).headers['location'], '/plans?done=plan-saved');
    assert.equal((await plan('pro')).max_sites, 2);
    const late = await post(admin, '/plans/pro/edit', { ...proFields, max_sites: '50', confirmed: 'yes' });
    assert.equal(late.status, 409);
    has(late.text, /changed meanwhile/);
    assert.equal((await plan('pro')).max_sites, 2);
    const verdict = (await app.call('post', '/api/validate', { key: developmentKey, body: {} })).body;
    assert.deepEqual([verdict.limits.sites, verdict.features], [2, ['assistant', 'updates']]);
    assert.equal((await audited(app, 'plan.changed')).length, 2);
  });

  it('an archived plan is offered nowhere, and whoever has it keeps it', async () => {
    const { app, admin } = await start();
    has((await admin.get('/plans/agency/archive')).text, /Licences that have it keep it/);
    assert.equal((await admin.post('/plans/agency/archive')).headers['location'], '/plans?done=plan-archived');
    hasNot((await app.call('get', '/pricing')).text, /Agency/);
    has((await admin.get('/plans')).text, /Agency[^]*Archived/);
    const refused = await app.call('post', '/api/create_license', { token: app.adminToken, body: { email: 'a@example.test', plan: 'agency', months: 1 } });
    assert.deepEqual([refused.status, refused.body.error.field], [400, 'body.plan']);
    assert.equal((await post(admin, '/plans/agency/archive', { restore: 'yes' })).headers['location'], '/plans?done=plan-restored');
    has((await app.call('get', '/pricing')).text, /Agency/);
  });

  it('a module of the plan or of the licence is in the verdict with its version, until it ends', async () => {
    const { app, admin } = await start();
    const { db } = app.deps;
    assert.equal((await post(admin, '/modules/new', { code: 'reports', name: 'Reports', description: 'PDF' })).headers['location'], '/products?done=module-added');
    assert.equal((await post(admin, '/modules/new', { code: 'reports', name: 'Again' })).status, 422);
    const { id } = await db.selectFrom('licenses').select('id').where('key_hint', '=', 'ABCD').executeTakeFirstOrThrow();
    const verdict = async () => (await app.call('post', '/api/validate', { key: developmentKey, body: {} })).body as { features: string[]; modules: { code: string; max_version: string | null; expires_at: string | null }[] };
    const end = app.clock.now + 60_000;
    await changeLicenseModules(db, id, [{ code: 'reports', maxVersion: '3', expiresAt: end }, { code: 'assistant', maxVersion: '9', expiresAt: null }], by, app.clock.now);
    const given = await verdict();
    assert.deepEqual(given.features.toSorted(), ['assistant', 'reports', 'updates']);
    assert.deepEqual(given.modules.find(({ code }) => code === 'reports'), { code: 'reports', max_version: '3', expires_at: new Date(end).toISOString() });
    assert.equal(given.modules.find(({ code }) => code === 'assistant')?.max_version, '9');
    app.clock.now = end;
    assert.deepEqual((await verdict()).features.toSorted(), ['assistant', 'updates']);
    await assert.rejects(changeLicenseModules(db, id, [{ code: 'nonsense', maxVersion: null, expiresAt: null }], by, app.clock.now), { code: 'INVALID_REQUEST', field: 'modules' });
    await changeLicenseModules(db, id, [], by, app.clock.now, 'Ended.');
    assert.equal((await verdict()).modules.find(({ code }) => code === 'assistant')?.max_version, null);
    assert.equal((await audited(app, 'license.modules_changed')).length, 2, 'by the use case');
    const form = `/licenses/${id}/modules`;
    has((await admin.get(form)).text, /Reports[^]*name="ends\.reports"/);
    for (const wrong of [{ 'version.reports': 'two' }, { 'ends.reports': '2020-01-01' }, { 'ends.reports': 'soon' }]) assert.equal((await admin.post(form, { 'module.reports': 'on', ...wrong })).status, 422);
    assert.equal((await admin.post(form, { 'module.reports': 'on', 'version.reports': '4', 'ends.reports': '2026-12-31', reason: 'A present' })).headers['location'], `/licenses/${id}?done=modules`);
    has((await admin.get(`/licenses/${id}`)).text, /Reports \(≤ 4\)[^]*A present/);
    assert.equal((await verdict()).modules.find(({ code }) => code === 'reports')?.expires_at, '2027-01-01T00:00:00.000Z');
    assert.equal((await post(admin, form, {})).status, 303);
    has((await admin.get('/modules/reports')).text, /Licences that have it beside their plan: 0/);
    assert.equal((await admin.post('/modules/reports/archive')).headers['location'], '/products?done=module-archived');
    await assert.rejects(changeLicenseModules(db, id, [{ code: 'reports', maxVersion: null, expiresAt: null }], by, app.clock.now), { code: 'INVALID_REQUEST' });
  });

  it('a product is added, renamed and archived; the default product stays', async () => {
    const { app, admin } = await start();
    assert.equal((await post(admin, '/products/new', { code: 'theme', name: 'Theme' })).headers['location'], '/products?done=product-added');
    assert.equal((await post(admin, '/products/new', { code: 'theme', name: 'Theme' })).status, 422);
    assert.equal((await post(admin, '/products/theme', { name: 'Theme & more' })).headers['location'], '/products?done=product-saved');
    has((await admin.get('/products')).text, /Theme & more[^]*theme/);
    assert.equal((await post(admin, '/products/theme/archive', {}, '/products/theme')).headers['location'], '/products?done=product-archived');
    assert.equal((await post(admin, '/products/chatello/archive', {}, '/products')).status, 409);
    assert.deepEqual((await audited(app, 'product.archived')).length, 1);
  });

  it('settings hold at once, are audited, come back to their default, and refuse what cannot be', async () => {
    const { app, admin } = await start();
    assert.equal((await post(admin, '/settings', { VENDOR_NAME: 'Rossi & Figli', SUPPORT_EMAIL: 'help@rossi.example', REMINDER_DAYS: '14, 3' })).headers['location'], '/settings?done=saved');
    const { text } = await admin.get('/settings');
    has(text, /value="Rossi & Figli"[^]*value="help@rossi\.example"[^]*value="14, 3"[^]*Settings changed/);
    const bought = wooOrder();
    await sendWoo(app, bought);
    await work(app);
    const mail = outbox(app).find(({ to }) => to === (bought['billing'] as { email: string }).email);
    assert.equal(mail?.replyTo, 'help@rossi.example');
    has((await admin.get('/emails/templates/purchase/en/html')).text, /Rossi & Figli/);
    const wrong = await post(admin, '/settings', { VENDOR_NAME: 'x'.repeat(81), SUBSCRIPTION_GRACE_DAYS: '61', SHOP_URL: 'javascript:alert(1)', OPERATOR_EMAIL: 'nobody' });
    assert.equal(wrong.status, 422);
    for (const name of ['VENDOR_NAME', 'SUBSCRIPTION_GRACE_DAYS', 'SHOP_URL', 'OPERATOR_EMAIL']) has(wrong.text, new RegExp(`id="error-${name}"`));
    assert.equal((await post(admin, '/settings', { VENDOR_NAME: '', SUPPORT_EMAIL: '', REMINDER_DAYS: '' })).status, 303);
    assert.deepEqual(await app.deps.db.selectFrom('settings').selectAll().execute(), []);
    const entries = await audited(app, 'settings.changed');
    assert.deepEqual([entries.length, entries[0]?.after_json], [2, '{"VENDOR_NAME":"Rossi & Figli","SUPPORT_EMAIL":"help@rossi.example","REMINDER_DAYS":"14, 3"}']);
  });

  it('the system page shows the queue; a job that was given up runs again or is deleted', async () => {
    const { app, admin } = await start();
    const { db } = app.deps;
    const dead = async (payload: string) => {
      await enqueueJob(db, { kind: 'send-email', payload: { emailId: payload } }, app.clock.now);
      await work(app);
      return (await db.selectFrom('jobs').selectAll().where('kind', '=', 'send-email').where('status', '=', 'dead').execute()).find((job) => job.payload.includes(payload))?.id ?? '';
    };
    const [again, gone] = [await dead('mail-gone-1'), await dead('mail-gone-2')];
    const { text } = await admin.get('/system');
    has(text, /Send an e-mail[^]*There is no e-mail mail-gone-2/);
    has(text, /0011-shop\.sql/);
    has(text, /Chatello diagnostics[^]*send-email: 0, 0, 0, 0, 2/);
    assert.equal((await admin.post(`/system/jobs/${again}/retry`)).headers['location'], '/system?done=job-retried');
    assert.equal((await admin.post(`/system/jobs/${again}/retry`)).status, 409);
    has((await admin.get(`/system/jobs/${gone}/delete`)).text, /what it should have done is not done/);
    assert.equal((await admin.post(`/system/jobs/${gone}/delete`)).headers['location'], '/system?done=job-deleted');
    assert.equal((await admin.get(`/system/jobs/${gone}/delete`)).status, 404);
    assert.deepEqual([(await audited(app, 'job.retried')).length, (await audited(app, 'job.deleted')).length], [1, 1]);
    await work(app);
    assert.equal((await post(admin, '/system/retry', { kind: 'send-email' }, '/system')).headers['location'], '/system?done=job-retried&count=1');
  });

  it('e-mails are listed by status, and all that failed are sent again at once, but no sign-in links', async () => {
    const { app, admin } = await start();
    const { db } = app.deps;
    const bought = wooOrder();
    await sendWoo(app, bought);
    await work(app);
    const { id } = await db.selectFrom('emails').select('id').where('recipient', '=', (bought['billing'] as { email: string }).email).executeTakeFirstOrThrow();
    await db.updateTable('emails').set({ status: 'failed', last_error: 'mailbox full' }).where('id', '=', id).execute();
    await db.insertInto('emails').values({ id: 'link-1', cause: 'link-1', template: 'sign-in', recipient: 'link@example.test', locale: 'en', data: '{}', license_id: null, order_id: null, message_id: '<l@l>', status: 'failed', attempts: 1, last_error: null, created_at: 1, sent_at: null }).execute();
    has((await admin.get('/emails?status=failed')).text, /mailbox full[^]*link@example\.test/);
    hasNot((await admin.get('/emails?status=sent')).text, /mailbox full/);
    const check = (await admin.get('/emails/retry')).text;
    has(check, /each to its own address: 1\./);
    hasNot(check, /link@example\.test/);
    assert.equal((await admin.post('/emails/retry')).headers['location'], '/emails?retried=1');
    await work(app);
    assert.equal((await db.selectFrom('emails').select('status').where('id', '=', id).executeTakeFirstOrThrow()).status, 'sent');
    assert.equal((await audited(app, 'email.retried')).length, 1);
  });

  it('every page speaks Italian and refuses a form of another site', async () => {
    const { app, admin } = await start();
    const { id } = await app.deps.db.selectFrom('orders').select('id').where('status', '!=', 'unseen').limit(1).executeTakeFirstOrThrow();
    const pages = ['/orders', `/orders/${id}`, '/orders?q=nothing', '/subscriptions', '/subscriptions/s1', '/mappings', '/mappings/edit', '/products', '/products/new', '/products/theme', '/modules/new', '/modules/reports', '/plans', '/plans/new', '/plans/pro/edit', '/plans/pro/archive', '/settings', '/system', '/emails/retry'];
    for (const path of pages) {
      const { status, text } = await admin.get(path, { 'accept-language': 'it' });
      assert.equal(status, 200, path);
      has(text, /<html lang="it"/);
    }
    for (const path of [`/orders/${id}/replay`, '/mappings/edit', '/plans/new', '/settings', '/system/retry', '/emails/retry']) assert.equal((await admin.post(path, { _csrf: 'forged' })).status, 403, path);
  });
});

onBothDatabases('settings of the environment', (engine) => {
  const open = useTestApp(engine, { VENDOR_NAME: 'By the environment' });

  it('win over stored ones, are shown as such, and cannot be changed', async () => {
    const app = await open();
    const admin = (await signedInVisitor(app)).visitor;
    await app.deps.db.insertInto('settings').values({ id: 'VENDOR_NAME', value: 'Stored', created_at: 1, updated_at: 1 }).execute();
    has((await admin.get('/settings')).text, /value="By the environment"[^>]*disabled[^]*Set by the environment:[^]*VENDOR_NAME/);
    has((await admin.get('/emails/templates/purchase/en/html')).text, /By the environment/);
    assert.equal((await post(admin, { VENDOR_NAME: 'Mine' })).status, 303, 'what is not offered is not read');
    has((await admin.get('/settings')).text, /value="By the environment"/);
  });
  const post = async (admin: Visitor, fields: Record<string, string>) => admin.post('/settings', fields);
});
