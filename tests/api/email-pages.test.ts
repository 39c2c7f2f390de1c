import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { it } from 'node:test';
import { SMTPServer } from 'smtp-server';
import { newId } from '../../server/ids.ts';
import { previewTemplates } from '../../server/mail/preview-email.ts';
import { signedInVisitor } from '../admin-client.ts';
import { outbox } from '../buyer.ts';
import { billingVariables, sendWoo, wooOrder, work } from '../deliveries.ts';
import { createTestApp, onBothDatabases, useTestApp } from '../harness.ts';

onBothDatabases('the dashboard on e-mails', (engine) => {
  const open = useTestApp(engine, billingVariables);
  let dashboard: Promise<Awaited<ReturnType<typeof signedInVisitor>>> | undefined;
  const operator = async () => (await (dashboard ??= open().then(signedInVisitor))).visitor;

  it('sends a purchase again to a corrected address, once for each wish, with the keys, and writes it down', async () => {
    const app = await open();
    const admin = await operator();
    await sendWoo(app, wooOrder({ billing: { first_name: 'Ada', last_name: 'Buyer', company: '', country: 'DE', email: 'ada@exmaple.test' } }));
    await work(app);
    const { id } = await app.deps.db.selectFrom('emails').select('id').where('recipient', '=', 'ada@exmaple.test').executeTakeFirstOrThrow();
    const page = await admin.get(`/emails/${id}`);
    const attempt = /name="attempt" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    assert.match((await admin.post(`/emails/${id}/resend`, { email: 'nonsense', attempt })).text, /Enter an e-mail address/);
    for (let n = 0; n < 2; n += 1) assert.equal((await admin.post(`/emails/${id}/resend`, { email: 'ada@example.test', attempt })).headers['location'], `/emails/${id}?done=resent`);
    await work(app);
    const sent = outbox(app).filter(({ to }) => to === 'ada@example.test');
    assert.equal(sent.length, 1);
    assert.match(sent[0]?.text ?? '', /CHA(-[0-9A-Z]{4}){4}/);
    const [entry, ...more] = await app.deps.db.selectFrom('audit_log').selectAll().where('action', '=', 'email.resent').execute();
    assert.deepEqual([more.length, entry?.before_json, entry?.after_json], [0, '{"recipient":"ada@exmaple.test"}', '{"recipient":"ada@example.test"}']);
    assert.match((await admin.get('/audit')).text, /E-mail sent again/);
  });

  it('sends the key of a licence made by hand: on the dashboard unless it is said not to, through the API when it is asked for, once', async () => {
    const app = await open();
    const admin = await operator();
    const keysSentTo = (address: string) => outbox(app).filter(({ to }) => to === address).map(({ subject, text }) => [subject, /CHA(-[0-9A-Z]{4}){4}/.exec(text)?.[0]]);
    const form = await admin.get('/new-license');
    assert.match(form.text, /name="send_key" value="1" checked/);
    const formId = /name="form_id" value="([^"]+)"/.exec(form.text)?.[1] ?? '';
    const fields = { form_id: formId, plan: 'pro', duration: 'months', months: '12', email: 'by-hand@example.test', send_key: '1' };
    for (let n = 0; n < 2; n += 1) assert.equal((await admin.post('/new-license', fields)).headers['location'], `/new-license/${formId}`);
    const created = await admin.get(`/new-license/${formId}`);
    const { send_key: _, ...silent } = fields;
    await admin.get('/new-license');
    await admin.post('/new-license', { ...silent, form_id: newId(), email: 'silent@example.test' });
    const issue = (body: object) => app.call('post', '/api/create_license', { token: app.adminToken, headers: { 'idempotency-key': 'once' }, body: { plan: 'pro', months: 12, locale: 'it', ...body } });
    const answers = [await issue({ email: 'api@example.test', send_email: true }), await issue({ email: 'api@example.test', send_email: true })];
    await app.call('post', '/api/create_license', { token: app.adminToken, body: { plan: 'pro', months: 12, email: 'silent-api@example.test' } });
    await work(app);
    assert.deepEqual(keysSentTo('by-hand@example.test'), [['Your Chatello licence key', />(CHA(-[0-9A-Z]{4}){4})</.exec(created.text)?.[1]]]);
    assert.deepEqual(keysSentTo('api@example.test'), [['La tua chiave di licenza Chatello', answers[1]?.body.license_key]]);
    assert.deepEqual([keysSentTo('silent@example.test'), keysSentTo('silent-api@example.test')], [[], []]);
  });

  it('never sends a sign-in link to another address', async () => {
    const app = await open();
    const admin = await operator();
    const row = { cause: 'sign-in:x', template: 'sign-in', recipient: 'ada@example.test', locale: 'en', data: '{}', license_id: null, order_id: null, message_id: '<x@x>', status: 'sent', attempts: 1, last_error: null, created_at: 1, sent_at: 1 };
    await app.deps.db.insertInto('emails').values({ id: 'mail-1', ...row }).execute();
    assert.doesNotMatch((await admin.get('/emails/mail-1')).text, /name="attempt"/);
    assert.equal((await admin.post('/emails/mail-1/resend', { email: 'thief@example.test' })).status, 409);
  });

  it('shows every template in both languages, as text and in a frame that can do nothing', async () => {
    const admin = await operator();
    const list = await admin.get('/emails/templates');
    for (const template of previewTemplates) {
      for (const language of ['en', 'it']) {
        const path = `/emails/templates/${template}/${language}`;
        assert.ok(list.text.includes(`href="${path}"`), path);
        const page = await admin.get(path);
        assert.equal(page.status, 200, path);
        assert.match(page.text, /<iframe class="mail-frame" sandbox src=/);
        assert.match(page.headers['content-security-policy'] ?? '', /;frame-src 'self'$/);
        const frame = await admin.get(`${path}/html`);
        assert.match(frame.text, new RegExp(`<html lang="${language}">`));
        assert.match(frame.headers['content-security-policy'] ?? '', /default-src 'none'.*sandbox$/);
        assert.doesNotMatch(page.text + frame.text, /undefined|NaN|\[object/, path);
      }
    }
    assert.equal((await admin.get('/emails/templates/nothing/en')).status, 404);
    assert.equal((await admin.get('/emails/templates/purchase/xx')).status, 404);
  });

  it('sends a test at once, and says what is wrong when the mail server does not take it', async () => {
    const app = await open();
    const admin = await operator();
    await admin.get('/emails/templates/refund/it');
    assert.equal((await admin.post('/emails/templates/refund/it', { email: 'me@example.test' })).headers['location'], '/emails/templates/refund/it?done=test');
    assert.match(outbox(app).find(({ to }) => to === 'me@example.test')?.subject ?? '', /^\[Test\] Il rimborso/);
    const smtp = new SMTPServer({ authOptional: true, disabledCommands: ['STARTTLS'], logger: false, onRcptTo: (_address, _session, done) => done(Object.assign(new Error('no'), { responseCode: 550 })) });
    smtp.listen(0, '127.0.0.1');
    await once(smtp.server, 'listening');
    const refusing = await createTestApp(engine, { SMTP_URL: `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}` });
    try {
      const { visitor: other } = await signedInVisitor(refusing);
      await other.get('/emails/templates/refund/it');
      const answer = await other.post('/emails/templates/refund/it', { email: 'me@example.test' });
      assert.equal(answer.status, 502);
      assert.match(answer.text, /could not be sent[\s\S]*SMTP_URL/);
    } finally {
      await refusing.close();
      await new Promise<void>((resolve) => smtp.close(resolve));
    }
  });
});
