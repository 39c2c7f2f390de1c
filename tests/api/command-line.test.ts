import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { SMTPServer } from 'smtp-server';
import { verifyPassword } from '../../server/users/password.ts';
import { closeDatabase, openDatabase, type Db } from '../../server/db/database.ts';
import { enqueueJob } from '../../server/jobs/enqueue.ts';
import { newId } from '../../server/ids.ts';
import { chatello, type Ended } from '../command-line.ts';
import { createTestDatabase, onBothDatabases, type TestDatabase } from '../harness.ts';

/** A refusal is exit code 1 with one sentence, and nothing that looks like a stack. */
async function refusedBy(run: (...args: string[]) => Promise<Ended>, args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args);
  assert.deepEqual([code, stdout], [1, '']);
  assert.doesNotMatch(stderr, /\n\s+at |node:|\.ts:/);
  return stderr;
}

onBothDatabases('the command line', (engine) => {
  let database: TestDatabase;
  let db: Db;
  before(async () => {
    database = await createTestDatabase(engine);
  });
  after(async () => {
    await closeDatabase(db);
    await database.drop();
  });
  const run = (...args: string[]) => chatello(database, args);
  const json = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(...args, '--json');
    assert.deepEqual([code, stderr], [0, '']);
    return JSON.parse(stdout);
  };
  const refused = (...args: string[]) => refusedBy(run, args);

  it('says how to set the database up before anything else', async () => {
    assert.equal(await refused('issue', '--email', 'a@example.com', '--plan', 'pro', '--months', '1'), 'The database is not set up for this version. Run: npm run chatello -- migrate\n');
    assert.match((await run('migrate')).stdout, /^Applied: 0001-/);
    assert.equal((await run('migrate')).stdout, 'The database is up to date.\n');
    db = openDatabase(database.url, database.dataDir);
  });

  it('issues a licence and shows it without its key', async () => {
    const issued = await json('issue', '--email', 'Anna@Example.com', '--plan', 'starter', '--months', '12', '--domain', 'https://www.anna.example.org/');
    assert.match(issued.license_key, /^CHA(-[0-9A-Z]{4}){4}$/);
    assert.deepEqual([issued.customer.name, issued.customer_created, issued.domain_lock], ['Anna', true, 'anna.example.org']);
    const again = await json('issue', '--email', 'anna@example.com', '--plan', 'agency', '--perpetual', '--max-sites', '7');
    assert.deepEqual([again.customer.id, again.customer_created, again.expires_at], [issued.customer.id, false, null]);

    const shown = await run('show', issued.license_key.toLowerCase());
    for (const expected of [/status +active/, /Anna <Anna@Example\.com>/, /Starter/, /1 of 1, locked to anna\.example\.org/, /12 months, manual/]) assert.match(shown.stdout, expected);
    const data = await json('show', issued.license_key.replaceAll('-', ''));
    assert.deepEqual([data.id, data.status, data.sites[0].site, data.terms.length, data.usage.sites], [issued.license_id, 'active', 'anna.example.org', 1, 1]);
    for (const text of [shown.stdout, JSON.stringify(data)]) assert.ok(!text.includes(issued.license_key) && !text.includes(issued.license_key.slice(4, 13)));
    const actors = await db.selectFrom('audit_log').select('actor').where('entity_id', '=', issued.license_id).execute();
    assert.ok(actors.length > 0 && actors.every(({ actor }) => actor === 'cli'));
  });

  it('says in a sentence what is wrong with what it was told', async () => {
    const issue = (...args: string[]) => refused('issue', '--email', 'a@example.com', ...args);
    const said: [Promise<string>, string | RegExp][] = [
      [issue('--plan', 'gold', '--months', '1'), '--plan: there is no plan "gold"; the plans are starter, pro, agency\n'],
      [issue('--plan', 'pro'), /^--months: is required/],
      [issue('--plan', 'pro', '--months', 'many'), /whole number/],
      [issue('--plan', 'pro', '--months', '1', '--domain', 'no site'), /^--domain: is not the address of a site/],
      [issue('--plan', 'pro', '--months', '1', '--max-sites', '0'), /^--max-sites:/],
      [refused('issue', '--plan', 'pro'), /--email <address>' not specified/],
      [refused('show', 'CHA-0000-0000-0000-0000'), 'No licence has this key. Check it for typing mistakes.\n'],
      [refused('show', 'hello', '--json'), '{"error":{"code":"NOT_FOUND","message":"No licence has this key. Check it for typing mistakes."}}\n'],
    ];
    for (const [text, expected] of said) {
      if (typeof expected === 'string') assert.equal(await text, expected);
      else assert.match(await text, expected);
    }
  });

  it('adds an administrator once, with a password that works and must be changed', async () => {
    const created = await json('create-admin', '--email', 'Root@Example.com', '--name', 'Root');
    const admin = await db.selectFrom('users').selectAll().executeTakeFirstOrThrow();
    assert.deepEqual([admin.email, admin.name, admin.must_change_password], ['Root@Example.com', 'Root', 1]);
    assert.match(admin.password_hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    assert.equal(await verifyPassword(admin.password_hash, created.one_time_password), true);
    assert.equal(await verifyPassword(admin.password_hash, `${created.one_time_password}x`), false);
    assert.match(await refused('create-admin', '--email', 'root@example.com'), /already/);
    assert.ok(!JSON.stringify(await db.selectFrom('audit_log').selectAll().execute()).includes(created.one_time_password));
  });

  it('maps a product, and maps it anew', async () => {
    const map = (...args: string[]) => json('map-product', '--provider', 'paddle', '--external-id', 'pri_1', ...args);
    const first = await map('--plan', 'pro', '--months', '12');
    const second = await map('--plan', 'none');
    assert.deepEqual([first.months, second.plan, second.months, second.id], [12, null, null, first.id]);
    assert.match(await refused('map-product', '--provider', 'paddle', '--external-id', 'pri_1', '--plan', 'gold', '--months', '1'), /^--plan: there is no plan "gold"/);
    assert.match(await refused('map-product', '--provider', 'paddle', '--external-id', 'pri_1', '--plan', 'pro'), /^--months: is required/);
    assert.match(await refused('map-product', '--provider', 'etsy', '--external-id', '1', '--plan', 'pro'), /Allowed choices are paddle, woocommerce/);
  });

  it('replays one delivery, those of a provider, or those that were given up on', async () => {
    const ids: string[] = [];
    for (const [index, provider] of ['paddle', 'paddle', 'woocommerce'].entries()) {
      const id = newId();
      ids.push(id);
      await db.insertInto('inbox').values({ id, provider, account: 'main', event_id: `evt_${index}`, topic: 'x', body: Buffer.from('{}'), status: 'dead', reason: 'unknown product', deliveries: 1, occurred_at: null, received_at: index, handled_at: null }).execute();
    }
    const [first = '', second = '', third = ''] = ids;
    for (const id of [second, third]) {
      await enqueueJob(db, { kind: 'apply-delivery', payload: { inboxId: id }, dedupeKey: `apply-delivery:${id}` }, 1);
    }
    await db.updateTable('jobs').set({ status: 'dead' }).execute();
    assert.deepEqual((await json('replay', '--id', first)).replayed, [first]);
    assert.deepEqual((await json('replay', '--dead', '--provider', 'woocommerce')).replayed, [third]);
    assert.deepEqual((await json('replay', '--dead')).replayed, [second]);
    assert.deepEqual((await json('replay', '--dead')).replayed, []);
    assert.deepEqual((await json('replay', '--provider', 'paddle')).replayed, [first, second]);
    assert.deepEqual((await json('replay', '--from', '1970-01-01', '--to', '1970-01-01T00:00:00.002Z')).replayed, [first, second], 'from the first moment on, before the second');
    assert.match(await refused('replay', '--from', 'yesterday'), /It must be a day like/);
    assert.deepEqual((await db.selectFrom('jobs').select('status').execute()).map(({ status }) => status), ['queued', 'queued', 'queued']);
    assert.match(await refused('replay'), /Say what to replay/);
    assert.match(await refused('replay', '--id', 'nothing'), /no delivery with this id/);
  });

  it('finds with doctor that all is well, and ends with 0', async () => {
    const smtp = new SMTPServer({ authOptional: true, disabledCommands: ['STARTTLS'] });
    const provider = createServer((_req, res) => res.writeHead(404).end());
    await new Promise<void>((resolve) => void smtp.listen(0, '127.0.0.1', resolve));
    await new Promise<void>((resolve) => void provider.listen(0, '127.0.0.1', resolve));
    const port = (server: { address(): unknown }) => (server.address() as AddressInfo).port;
    try {
      const { code, stdout } = await chatello(database, ['doctor', '--json'], {
        SMTP_URL: `smtp://127.0.0.1:${port(smtp.server)}`, OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: `http://127.0.0.1:${port(provider)}/v1`, PADDLE_WEBHOOK_SECRETS: 'secret',
      });
      const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: { check: string; status: string }[] };
      assert.deepEqual([code, ok, findings.filter(({ status }) => status !== 'ok')], [0, true, []]);
      for (const check of ['node', 'configuration', 'data directory', 'database', 'migrations', 'encryption', 'clock', 'queue', 'administrators', 'mail', 'AI providers', 'webhooks']) {
        assert.ok(findings.some((finding) => finding.check === check), check);
      }
      assert.ok(!stdout.includes('sk-test'));
    } finally {
      await new Promise<void>((resolve) => smtp.close(resolve));
      await new Promise((resolve) => provider.close(resolve));
    }
  });

  it('finds with doctor what fails, says what to do, and ends with 1', async () => {
    chmodSync(database.dataDir, 0o755);
    await db.updateTable('jobs').set({ status: 'dead' }).execute();
    const closed = 'http://127.0.0.1:1';
    const { code, stdout } = await chatello(database, ['doctor', '--json'], { SMTP_URL: 'smtp://127.0.0.1:1', ANTHROPIC_API_KEY: 'sk-test', ANTHROPIC_BASE_URL: closed });
    chmodSync(database.dataDir, 0o700);
    const { findings } = JSON.parse(stdout) as { findings: { check: string; status: string; advice?: string }[] };
    const bad = findings.filter(({ status }) => status !== 'ok');
    assert.equal(code, 1);
    assert.deepEqual(bad.map(({ check, status }) => `${status} ${check}`), ['fail data directory', 'warn queue', 'fail mail', 'fail AI providers', 'warn webhooks']);
    assert.ok(bad.every(({ advice }) => advice !== undefined && advice.length > 10));
  });

  it('finds with doctor a database that does not answer and keys that do not fit', async () => {
    const unreachable = await chatello(database, ['doctor'], { DATABASE_URL: 'mysql://root:secret@127.0.0.1:1/chatello' });
    assert.equal(unreachable.code, 1);
    assert.match(unreachable.stdout, /FAIL {2}database +The database does not answer \(ECONNREFUSED\)/);
    assert.ok(!unreachable.stdout.includes('secret@'));
    const wrongKeys = await chatello(database, ['doctor'], { ENCRYPTION_KEYS: `other:${Buffer.alloc(32).toString('base64')}` });
    assert.equal(wrongKeys.code, 1);
    assert.match(wrongKeys.stdout, /FAIL {2}encryption/);
    const misconfigured = await chatello(database, ['doctor'], { PORT: 'many' });
    assert.equal(misconfigured.code, 1);
    assert.match(misconfigured.stdout, /FAIL {2}configuration.+\n +- PORT/);
  });
});

describe('the command line before it comes to a database', () => {
  let database: TestDatabase;
  before(async () => {
    database = await createTestDatabase('sqlite');
  });
  after(() => database.drop());
  const run = (...args: string[]) => chatello(database, args);
  const refused = (...args: string[]) => refusedBy(run, args);

  it('explains every command', async () => {
    const commands = ['migrate', 'create-admin', 'issue', 'map-product', 'show', 'replay', 'reconcile', 'rotate-keys', 'verify-audit', 'doctor'];
    const { stdout } = await run('--help');
    const helps = await Promise.all(commands.map((command) => run(command, '--help')));
    for (const [index, help] of helps.entries()) {
      const command = commands[index] ?? '';
      assert.ok(stdout.includes(command));
      assert.ok(help.code === 0 && help.stdout.startsWith(`Usage: chatello ${command}`) && help.stdout.includes('--json'));
    }
    assert.match(await refused('nonsense'), /unknown command 'nonsense'/);
  });

  it('lists every mistake of the configuration, and stops', async () => {
    const { code, stderr } = await chatello(database, ['show', 'x'], { PORT: 'many', SMTP_URL: 'mail.example.com' });
    assert.equal(code, 1);
    assert.match(stderr, /2 mistakes:\n {2}- PORT: .+\n {2}- SMTP_URL: /);
  });
});
