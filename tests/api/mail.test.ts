import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, it } from 'node:test';
import { SMTPServer } from 'smtp-server';
import { renderEmail } from '../../server/mail/render-email.ts';
import { greetingName } from '../../server/mail/mail-text.rules.ts';
import { createTestApp, occupyDatabase, onBothDatabases, type TestApp } from '../harness.ts';
import { billingVariables, sendWoo, wooOrder, work } from '../deliveries.ts';

type Received = { from: string; to: string[]; source: string };
const inbox: Received[] = [];
/** How the mail server answers the next messages: an SMTP code, or nothing for a yes. */
const refusals: { stage: 'recipient' | 'data'; code: number }[] = [];

/** Done before the mail server says yes. */
let onAccepted: (() => Promise<void>) | undefined;

const smtp = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  logger: false,
  onRcptTo: (_address, _session, callback) => callback(refusal('recipient')),
  onData(stream, session, callback) {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', async () => {
      const error = refusal('data');
      if (!error) inbox.push({ from: session.envelope.mailFrom ? session.envelope.mailFrom.address : '', to: session.envelope.rcptTo.map(({ address }) => address), source: Buffer.concat(chunks).toString('utf8') });
      if (!error) await onAccepted?.();
      callback(error);
    });
  },
});

function refusal(stage: 'recipient' | 'data'): Error | null {
  if (refusals[0]?.stage !== stage) return null;
  const { code = 451 } = refusals.shift() ?? {};
  return Object.assign(new Error('not now'), { responseCode: code });
}

/** The parts of a message, decoded. */
function partsOf(source: string): { headers: string; text: string; html: string } {
  const boundary = /boundary="([^"]+)"/.exec(source)?.[1] ?? '';
  const [headers = '', ...parts] = source.replaceAll('\r\n', '\n').split(`--${boundary}`);
  const part = (type: string) => {
    const [head = '', ...body] = (parts.find((candidate) => candidate.includes(`Content-Type: ${type}`)) ?? '').trim().split('\n\n');
    const content = body.join('\n\n');
    if (head.includes('quoted-printable')) return Buffer.from(content.replace(/=\n/g, '').replace(/=([0-9A-F]{2})/g, (_match, hex: string) => String.fromCharCode(parseInt(hex, 16))), 'latin1').toString('utf8');
    return head.includes('base64') ? Buffer.from(content, 'base64').toString('utf8') : content;
  };
  return { headers: headers.replace(/\n[ \t]+/g, ' '), text: part('text/plain'), html: part('text/html') };
}

const keyPattern = /CHA(-[0-9A-Z]{4}){4}/g;

before(() => new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve)));
after(() => smtp.close());

onBothDatabases('e-mails with keys', (engine) => {
  const apps: TestApp[] = [];
  const open = async (variables: Record<string, string> = {}) => {
    const app = await createTestApp(engine, { ...billingVariables, MAIL_FROM: 'Chatello <shop@example.test>', ...variables });
    apps.push(app);
    return app;
  };
  const smtpUrl = () => `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`;
  after(async () => {
    for (const app of apps) await app.close();
  });

  it('are sent once although the database is too busy to take note of it at once', async () => {
    const app = await open({ SMTP_URL: smtpUrl() });
    await sendWoo(app, wooOrder());
    inbox.length = 0;
    let giveBack: () => Promise<void> = async () => undefined;
    onAccepted = async () => {
      giveBack = await occupyDatabase(app);
      setTimeout(() => void giveBack(), 2_500);
    };
    await work(app).catch((error: unknown) => assert.equal((error as { code?: string }).code, 'BUSY'));
    onAccepted = undefined;
    for (let n = 0; n < 3; n += 1) {
      app.clock.now += 60_000;
      await work(app);
    }
    assert.equal(inbox.length, 1);
    assert.deepEqual((await app.deps.db.selectFrom('emails').select('status').execute()).map(({ status }) => status), ['sent']);
  });

  it('are files in the outbox without SMTP_URL: private, complete, with working keys, in English', async () => {
    const app = await open();
    await sendWoo(app, wooOrder({ line_items: [{ id: 1, name: 'Pro', product_id: 11, variation_id: 0, quantity: 2, total: '98.00', sku: 'CHATELLO-PRO' }] }));
    await work(app);
    const directory = path.join(app.deps.config.dataDir, 'outbox');
    const files = readdirSync(directory);
    assert.equal(files.length, 1);
    const file = path.join(directory, files[0] ?? '');
    assert.deepEqual([statSync(file).mode & 0o777, statSync(directory).mode & 0o777], [0o600, 0o700]);
    const { headers, text, html } = partsOf(readFileSync(file, 'utf8'));
    const row = await app.deps.db.selectFrom('emails').selectAll().executeTakeFirstOrThrow();
    assert.match(headers, /Subject: Your 2 Chatello licence keys \(order \d+\)/);
    assert.ok(headers.includes(`Message-ID: ${row.message_id}`));
    const keys = [...new Set(text.match(keyPattern))];
    assert.equal(keys.length, 2);
    for (const key of keys) {
      assert.ok(html.includes(key));
      assert.equal((await app.call('post', '/api/validate', { key, body: {} })).body.code, 'VALID');
    }
    for (const content of [text, html]) {
      assert.match(content, /Hello Ada Buyer,/);
      assert.match(content, /valid until 21 November 2027/);
      assert.match(content, /up to 3 sites/);
      assert.match(content, /Deactivate/);
    }
    const stored = JSON.stringify([row, await app.deps.db.selectFrom('jobs').selectAll().execute(), await app.deps.db.selectFrom('audit_log').selectAll().execute()]);
    for (const key of keys) assert.ok(!stored.includes(key), 'no key rests in the outbox table, the queue or the audit log');
  });

  it('are in Italian for a buyer in Italy, and in the language that the order names', async () => {
    const app = await open({ SMTP_URL: smtpUrl() });
    inbox.length = 0;
    const billing = (country: string, email: string) => ({ first_name: 'Zoë', last_name: 'Rossi', company: '', country, email });
    await sendWoo(app, wooOrder({ billing: billing('IT', 'rossi@example.test') }));
    await sendWoo(app, wooOrder({ billing: billing('IT', 'english@example.test'), meta_data: [{ id: 1, key: 'wpml_language', value: 'en' }] }));
    await sendWoo(app, wooOrder({ billing: billing('CH', 'ticino@example.test'), meta_data: [{ id: 1, key: 'wpml_language', value: 'it_IT' }] }));
    await work(app);
    const to = (address: string) => partsOf(inbox.find((mail) => mail.to.includes(address))?.source ?? '');
    const { headers, text, html } = to('rossi@example.test');
    assert.match(headers, /Subject: La tua chiave di licenza Chatello/);
    for (const content of [text, html]) {
      assert.match(content, /Ciao Zoë Rossi,/);
      assert.match(content, /valida fino al 21 novembre 2027/);
    }
    assert.match(html, /<html lang="it">/);
    assert.match(to('english@example.test').text, /Hello Zoë Rossi,/);
    assert.match(to('ticino@example.test').text, /Ciao Zoë Rossi,/);
    assert.ok(inbox.every(({ from }) => from === 'shop@example.test'));
  });

  it('are sent again later when the mail server is not ready, each with its one Message-ID, and once in the end', async () => {
    const app = await open({ SMTP_URL: smtpUrl() });
    inbox.length = 0;
    refusals.push({ stage: 'data', code: 451 }, { stage: 'data', code: 451 });
    await sendWoo(app, wooOrder());
    await work(app);
    const before = await app.deps.db.selectFrom('emails').selectAll().executeTakeFirstOrThrow();
    assert.deepEqual([before.status, before.attempts, before.last_error !== null, inbox.length], ['queued', 1, true, 0]);
    await work(app);
    assert.equal(inbox.length, 0, 'nothing is tried before its time');
    for (const minutes of [1, 2]) {
      app.clock.now += minutes * 60_000;
      await work(app);
    }
    const sent = await app.deps.db.selectFrom('emails').selectAll().executeTakeFirstOrThrow();
    assert.deepEqual([sent.status, sent.attempts, sent.last_error, sent.sent_at], ['sent', 3, null, app.clock.now]);
    assert.equal(inbox.length, 1);
    assert.ok(inbox[0]?.source.includes(`Message-ID: ${sent.message_id}`));

    // A crash after the mail server's yes and before our record: the repetition is the same message.
    await app.deps.db.updateTable('emails').set({ status: 'queued', sent_at: null }).execute();
    const { enqueueJob } = await import('../../server/jobs/enqueue.ts');
    await enqueueJob(app.deps.db, { kind: 'send-email', payload: { emailId: sent.id } }, app.clock.now);
    await work(app);
    assert.equal(inbox.length, 2);
    assert.ok(inbox[1]?.source.includes(`Message-ID: ${sent.message_id}`));
  });

  it('are given up at once when the mail server knows no such address, and shown as failed', async () => {
    const app = await open({ SMTP_URL: smtpUrl() });
    refusals.push({ stage: 'recipient', code: 550 });
    await sendWoo(app, wooOrder());
    await work(app);
    const row = await app.deps.db.selectFrom('emails').selectAll().executeTakeFirstOrThrow();
    assert.deepEqual([row.status, row.attempts, row.last_error?.includes('550')], ['failed', 1, true]);
  });

  it('carry what a stranger typed as a name neither into a header nor as markup nor as a link', async () => {
    const app = await open();
    const billing = { first_name: '<img src=x onerror=alert(1)>', last_name: 'A\r\nBcc: victim@example.test', company: '', country: 'DE', email: 'plain@example.test' };
    const order = wooOrder({ billing, number: '7\r\nX-Injected: <script>1</script>' });
    await sendWoo(app, order);
    await sendWoo(app, wooOrder({ billing: { ...billing, email: 'a@example.test\r\nBcc: victim@example.test' } }));
    await work(app);
    const directory = path.join(app.deps.config.dataDir, 'outbox');
    const sources = readdirSync(directory).map((file) => readFileSync(path.join(directory, file), 'utf8'));
    assert.equal(sources.length, 1, 'an address that is none gets no mail');
    const { headers, text, html } = partsOf(sources[0] ?? '');
    assert.doesNotMatch(headers, /^(Bcc|X-Injected):/im);
    assert.doesNotMatch(html, /<img|<script/);
    assert.match(html, /7 X-Injected: &lt;script&gt;/);
    assert.match(text, /^Hello,$/m);
  });
});

it('a name greets only when it is a name', () => {
  assert.deepEqual(['Ada', "Anne-Marie O'Neill", '李雷', 'Win at http://evil.example', 'www.evil.example', 'evil.com', '<b>', 'a@b'].map(greetingName), ['Ada', "Anne-Marie O'Neill", '李雷', '', '', '', '', '']);
});

it('a template names a value that is missing', () => {
  assert.throws(() => renderEmail('purchase', 'it', {}), /not defined/);
});
