import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { newId } from '../../server/ids.ts';
import { emitWebhook } from '../../server/webhooks/emit-webhook.ts';
import { signedInVisitor } from '../admin-client.ts';
import { billingVariables, deliveriesOf, sendWoo, wooOrder, work } from '../deliveries.ts';
import { onBothDatabases } from '../harness.ts';
import { createWebhookApp, type WebhookApp } from '../webhook-receiver.ts';

const italian = { 'accept-language': 'it' };

onBothDatabases('why a delivery went as it did', (engine) => {
  const apps: WebhookApp[] = [];
  after(async () => Promise.all(apps.map((app) => app.close())));
  const open = async () => {
    const app = await createWebhookApp(engine, billingVariables);
    apps.push(app);
    return { app, admin: (await signedInVisitor(app)).visitor };
  };

  it('is told in the language of the reader, of what came in: ignored, waiting for somebody, and from before there were codes', async () => {
    const { app, admin } = await open();
    const unpaid = wooOrder({ status: 'pending', date_paid_gmt: null });
    await sendWoo(app, unpaid);
    await sendWoo(app, wooOrder({ line_items: [{ id: 1, name: 'Mug <b>', product_id: 13, variation_id: 0, quantity: 1, total: '9.00', sku: 'MUG' }] }));
    await work(app);
    const found = await deliveriesOf(app);
    const [ignored, dead] = ['ignored', 'dead'].map((wanted) => found.find(({ status }) => status === wanted));
    assert.equal(ignored?.reason, `The order ${unpaid.id} is "pending" and not paid.`);
    const old = newId();
    await app.deps.db.insertInto('inbox').values({ id: old, provider: 'paddle', account: 'main', event_id: old, topic: 'old.topic', body: Buffer.from('{}'), status: 'ignored', reason: 'Written down long ago.', deliveries: 1, occurred_at: null, received_at: app.clock.now, handled_at: app.clock.now }).execute();
    const list = (await admin.get('/deliveries', italian)).text;
    for (const text of [`L’ordine ${unpaid.id} è «pending» e non è pagato.`, 'un prodotto non è associato a un piano: &quot;Mug &lt;b&gt;&quot; (MUG)', 'Written down long ago.']) assert.ok(list.includes(text), text);
    assert.ok((await admin.get(`/deliveries/${ignored?.id ?? ''}`, italian)).text.includes(`L’ordine ${unpaid.id} è «pending» e non è pagato.`));
    assert.match((await admin.get(`/deliveries/${dead?.id ?? ''}`, italian)).text, /Esegui npm run chatello -- map-product --provider woocommerce --external-id MUG/);
    assert.match((await admin.get(`/deliveries/${dead?.id ?? ''}`, { 'accept-language': 'en' })).text, /a product is not mapped to a plan/);
    await app.deps.db.updateTable('inbox').set({ reason_codes: '[{"code":"of_a_newer_version","facts":{}}]' }).where('id', '=', old).execute();
    assert.match((await admin.get(`/deliveries/${old}`, italian)).text, /Written down long ago\./);
  });

  it('is told in the language of the reader, of what went out', async () => {
    const { app, admin } = await open();
    await app.addEndpoint(['license.suspended']);
    app.receiver.answer((res) => void res.writeHead(503).end('busy <now>'));
    await emitWebhook(app.deps.db, { type: 'license.suspended', cause: newId(), data: { license_id: 'l', customer_id: 'c', status: 'suspended', expires_at: null, reason: null } }, app.clock.now);
    await work(app);
    const delivery = await app.deps.db.selectFrom('webhook_deliveries').selectAll().executeTakeFirstOrThrow();
    assert.equal(delivery.last_error, 'The receiver answered 503 and said “busy <now>”.');
    assert.match((await admin.get(`/webhooks/deliveries/${delivery.id}`, italian)).text, /Il destinatario ha risposto 503 e ha detto «busy &lt;now&gt;»\./);
    assert.match((await admin.get(`/webhooks/${delivery.endpoint_id}`, italian)).text, /Il destinatario ha risposto 503/);
    const record = await app.call('get', `/api/v1/webhook-deliveries/${delivery.id}`, { token: app.adminToken });
    assert.deepEqual([record.status, record.body.last_error, record.body.reason_codes], [200, delivery.last_error, undefined]);
  });
});
