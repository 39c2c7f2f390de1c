import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { transact } from '../../server/db/database.ts';
import { newId } from '../../server/ids.ts';
import { emitWebhook } from '../../server/webhooks/emit-webhook.ts';
import { signedInVisitor, type Visitor } from '../admin-client.ts';
import { work } from '../deliveries.ts';
import { onBothDatabases } from '../harness.ts';
import { createWebhookApp, signaturesBy, type WebhookApp } from '../webhook-receiver.ts';

const secretIn = (html: string) => /id="license-key">(whsec_[^<]+)</.exec(html)?.[1]?.replaceAll('&#x3D;', '=') ?? '';

onBothDatabases('the webhooks of the dashboard', (engine) => {
  let ready: Promise<{ app: WebhookApp; admin: Visitor }> | undefined;
  const open = () => (ready ??= createWebhookApp(engine).then(async (app) => ({ app, admin: (await signedInVisitor(app)).visitor })));
  after(async () => (await ready)?.app.close());

  /** Fills the form in and sends it; the id of the endpoint and its secret. */
  async function add(admin: Visitor, fields: Record<string, string>): Promise<{ id: string; secret: string; status: number; text: string }> {
    const form = await admin.get('/webhooks/new');
    const id = /name="form_id" value="([^"]+)"/.exec(form.text)?.[1] ?? '';
    const { status, text } = await admin.post('/webhooks/new', { form_id: id, ...fields });
    return { id, secret: secretIn(text), status, text };
  }

  it('say what to do first, add an endpoint, and show its secret once', async () => {
    const { app, admin } = await open();
    assert.match((await admin.get('/webhooks')).text, /No endpoints yet.*href="\/webhooks\/new"/s);
    const fields = { url: `${app.receiver.url}/hook`, description: 'The <CRM>', 'type.license.issued': 'on', 'type.usage.threshold': 'on' };
    const { id, secret, status } = await add(admin, fields);
    assert.equal(status, 200);
    assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
    const again = await admin.post('/webhooks/new', { form_id: id, ...fields });
    assert.equal(again.headers['location'], `/webhooks/${id}?done=exists`);
    for (const path of ['/webhooks', `/webhooks/${id}`, `/webhooks/${id}?done=exists`, `/webhooks/${id}/edit`, '/audit']) {
      const { status, text } = await admin.get(path);
      assert.equal(status, 200, path);
      assert.ok(!text.includes(secret) && !text.includes('<CRM>'), path);
    }
    assert.match((await admin.get('/webhooks')).text, /license\.issued.*usage\.threshold/s);
    assert.match((await admin.get('/audit')).text, /Webhook endpoint added/);
    const stored = await app.deps.db.selectFrom('webhook_endpoints').selectAll().execute();
    assert.deepEqual(stored.map(({ events }) => events), ['["license.issued","usage.threshold"]']);
  });

  it('refuse an address that is private or no address, and an endpoint without events, and keep what was typed', async () => {
    const { app, admin } = await open();
    const events = { 'type.*': 'on' };
    for (const url of ['', 'nothing', 'ftp://example.com/', 'http://example.com/', 'https://user:pass@example.com/', 'https://10.0.0.1/', 'https://localhost/', `http://127.0.0.1:1/`, `https://example.com/${'x'.repeat(490)}`]) {
      const { status, text } = await add(admin, { url, ...events });
      assert.deepEqual([status, text.includes('id="error-url"'), text.includes('name="type.*" value="on" checked')], [422, true, true], url);
    }
    const { status, text } = await add(admin, { url: 'https://example.com/hook' });
    assert.deepEqual([status, text.includes('id="error-events"'), text.includes('value="https://example.com/hook"')], [422, true, true]);
    assert.equal((await app.deps.db.selectFrom('webhook_endpoints').selectAll().execute()).length, 1);
  });

  it('send a test event that verifies, show what became of it, and deliver it again', async () => {
    const { app, admin } = await open();
    const { id, secret } = await add(admin, { url: `${app.receiver.url}/test`, 'type.license.revoked': 'on' });
    await admin.get(`/webhooks/${id}`);
    app.receiver.answer((res) => void res.writeHead(503).end('<b>not now</b>'));
    const sent = await admin.post(`/webhooks/${id}/test`);
    const delivery = String(sent.headers['location']).replace('?done=tested', '');
    await work(app);
    const message = app.receiver.received.at(-1);
    assert.ok(message && (await signaturesBy(secret, message)).length === 1);
    assert.deepEqual([message.path, message.body['type']], ['/test', 'webhook.test']);
    const { text } = await admin.get(delivery);
    assert.match(text, /Queued.*503.*&lt;b&gt;not now&lt;\/b&gt;.*Next attempt/s);
    app.receiver.answer((res) => void res.writeHead(204).end());
    assert.equal((await admin.post(`${delivery}/redeliver`)).headers['location'], `${delivery}?done=redelivered`);
    await work(app);
    assert.match((await admin.get(delivery)).text, /Delivered.*204/s);
    assert.match((await admin.get(`/webhooks/${id}`)).text, /webhook\.test/);
    assert.match((await admin.get('/audit?entity=webhook')).text, /Webhook event delivered again.*Webhook test event sent/s);
  });

  it('change, disable, enable and delete an endpoint, and replace its secret, all of it audited', async () => {
    const { app, admin } = await open();
    const { id, secret } = await add(admin, { url: `${app.receiver.url}/life`, 'type.*': 'on' });
    assert.match((await admin.get(`/webhooks/${id}/edit`)).text, /name="type\.\*" value="on" checked/);
    assert.equal((await admin.post(`/webhooks/${id}/edit`, { url: `${app.receiver.url}/moved`, 'type.license.issued': 'on' })).headers['location'], `/webhooks/${id}?done=saved`);
    assert.equal((await admin.post(`/webhooks/${id}/edit`, { url: 'https://192.168.0.1/', 'type.*': 'on' })).status, 422);
    await admin.get(`/webhooks/${id}`);
    const rotated = secretIn((await admin.post(`/webhooks/${id}/rotate`)).text);
    assert.ok(rotated !== '' && rotated !== secret);
    assert.equal((await admin.post(`/webhooks/${id}/disable`)).status, 303);
    assert.match((await admin.get(`/webhooks/${id}`)).text, /Disabled: no event is sent here/);
    assert.equal((await admin.post(`/webhooks/${id}/test`)).status, 409);
    await admin.get(`/webhooks/${id}`);
    assert.equal((await admin.post(`/webhooks/${id}/enable`)).status, 303);
    await app.deps.db.updateTable('webhook_endpoints').set({ disabled_at: 1, disabled_reason: 'gone' }).where('id', '=', id).execute();
    assert.match((await admin.get(`/webhooks/${id}`)).text, /answered 410 Gone/);
    assert.match((await admin.get(`/webhooks/${id}/delete`)).text, /What will happen:.*\/moved|\/moved.*What will happen:/s);
    assert.equal((await admin.post(`/webhooks/${id}/delete`)).headers['location'], '/webhooks?done=deleted');
    assert.equal((await admin.get(`/webhooks/${id}`)).status, 404);
    const actions = await app.deps.db.selectFrom('audit_log').select(['action', 'before_json', 'after_json', 'actor']).where('entity_id', '=', id).orderBy('id').execute();
    assert.deepEqual(actions.map(({ action }) => action), ['webhook.created', 'webhook.changed', 'webhook.secret_rotated', 'webhook.disabled', 'webhook.enabled', 'webhook.deleted']);
    assert.ok(actions.every(({ actor }) => actor === 'user:admin@localhost'));
    assert.ok(!JSON.stringify(actions).includes('whsec_') && !JSON.stringify(actions).includes('/moved'), 'neither the secret nor the path, which is one at many receivers');
  });

  it('page through the log without losing or repeating a delivery', async () => {
    const { app, admin } = await open();
    const { id } = await add(admin, { url: `${app.receiver.url}/log`, 'type.license.suspended': 'on' });
    for (let count = 0; count < 60; count += 1) {
      await transact(app.deps.db, (trx) => emitWebhook(trx, { type: 'license.suspended', cause: newId(), data: { license_id: 'l', customer_id: 'c', status: 'suspended', expires_at: null, reason: null } }, app.clock.now + Math.floor(count / 7)));
    }
    const seen: string[] = [];
    for (let url: string | undefined = `/webhooks/${id}`; url !== undefined; ) {
      const { text }: { text: string } = await admin.get(url);
      seen.push(...[...text.matchAll(/cell-title[^>]*href="\/webhooks\/deliveries\/([0-9a-f-]{36})"/g)].map((match) => match[1] ?? ''));
      url = /rel="next" href="([^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&').replaceAll('&#x3D;', '=');
    }
    assert.deepEqual([seen.length, new Set(seen).size], [60, 60]);
  });

  it('take nothing without the token of the form, and find nothing under ids that are none', async () => {
    const { app, admin } = await open();
    const endpoint = await app.deps.db.selectFrom('webhook_endpoints').select('id').executeTakeFirstOrThrow();
    for (const path of ['/webhooks/new', ...['edit', 'rotate', 'enable', 'disable', 'test', 'delete'].map((name) => `/webhooks/${endpoint.id}/${name}`), '/webhooks/deliveries/x/redeliver']) {
      assert.equal((await admin.post(path, { _csrf: 'forged', url: 'https://example.com/', 'type.*': 'on' })).status, 403, path);
    }
    await admin.get('/webhooks');
    for (const name of ['edit', 'rotate', 'enable']) assert.equal((await admin.post(`/webhooks/x/${name}`)).status, 404, name);
    assert.equal((await admin.post('/webhooks/deliveries/x/redeliver')).status, 404);
    for (const path of ['/webhooks/x', '/webhooks/x/edit', '/webhooks/x/delete', '/webhooks/deliveries/x']) assert.equal((await admin.get(path)).status, 404, path);
  });

  it('speak Italian', async () => {
    const { app, admin } = await open();
    const endpoint = await app.deps.db.selectFrom('webhook_endpoints').select('id').executeTakeFirstOrThrow();
    const delivery = await app.deps.db.selectFrom('webhook_deliveries').select('id').executeTakeFirstOrThrow();
    for (const path of ['/webhooks', '/webhooks/new', `/webhooks/${endpoint.id}`, `/webhooks/${endpoint.id}/edit`, `/webhooks/${endpoint.id}/delete`, `/webhooks/deliveries/${delivery.id}`]) {
      const { status, text } = await admin.get(path, { 'accept-language': 'it' });
      assert.equal(status, 200);
      assert.match(text, /<html lang="it"/);
    }
  });
});
