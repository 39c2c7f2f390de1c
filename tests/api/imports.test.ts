import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import supertest from 'supertest';
import { closeDatabase, openDatabase } from '../../server/db/database.ts';
import { emptyReport, type ImportReport } from '../../server/imports/report.rules.ts';
import { workOnImport } from '../../server/imports/work-on-import.ts';
import { jobList } from '../../server/jobs/job-list.ts';
import { runDueJobs } from '../../server/jobs/worker.ts';
import { seedPlans } from '../../server/plans/seed-plans.ts';
import { signedInVisitor, type Visitor } from '../admin-client.ts';
import { chatello } from '../command-line.ts';
import { createTestDatabase, onBothDatabases, useTestApp, type TestApp } from '../harness.ts';

type Opened = TestApp & { admin: Visitor; express: Parameters<typeof supertest>[0] };
/** Fields of the second form: everything that is not said is left open. */
type Words = Record<string, string>;

const edd = (lines: string[]) => `License Key,Status,Customer Email,Customer Name,Download,Activation Limit,Active URLs,Date Created,Expiration\n${lines.join('\n')}\n`;
const eddWords = { default_plan: 'pro', default_product: 'chatello', existing: 'keep', new_keys: 'no', dates: 'day-first' };

onBothDatabases('an import', (engine) => {
  const app = useTestApp(engine);
  let ready: Promise<Opened> | undefined;
  const open = () => (ready ??= app().then(async (test) => {
    const { visitor, express } = await signedInVisitor(test);
    return { ...test, admin: visitor, express };
  }));

  /** Sends a file as a browser does: the token of the form, then the file. */
  async function upload({ admin, express }: Opened, contents: string | Buffer, name = 'export.csv', token?: string): Promise<supertest.Response> {
    const csrf = token ?? /name="_csrf" value="([^"]+)"/.exec((await admin.get('/imports/new')).text)?.[1] ?? '';
    return supertest(express).post('/imports').set('cookie', [...admin.cookies].map(([key, value]) => `${key}=${value}`).join('; ')).field('_csrf', csrf).attach('file', Buffer.from(contents), name);
  }

  /** From the file to its dry run; columns that are not said are those that the page has guessed. */
  async function check(opened: Opened, contents: string | Buffer, words: Words, columns: Record<string, string> = {}): Promise<string> {
    const { admin, deps } = opened;
    const uploaded = await upload(opened, contents);
    assert.equal(uploaded.status, 303, uploaded.text);
    const id = /^\/imports\/([^/]+)\/mapping$/.exec(String(uploaded.headers['location']))?.[1] ?? '';
    const page = await admin.get(`/imports/${id}/mapping`);
    const guessed = Object.fromEntries([...page.text.matchAll(/name="(column_\w+)".*?<\/select>/gs)].map(([html, name = '']) => [name, /value="(\d+)" selected/.exec(html)?.[1] ?? '']));
    const kind = /name="kind" value="(\w+)" checked/.exec(page.text)?.[1] ?? '';
    const mapped = await admin.post(`/imports/${id}/mapping`, { kind, ...guessed, ...columns });
    assert.equal(mapped.headers['location'], `/imports/${id}/values`, mapped.text);
    const form = await admin.get(`/imports/${id}/values`);
    const selected = Object.fromEntries([...form.text.matchAll(/<select[^>]* name="((?:plan|product|status)_\d+)".*?<\/select>/gs)].map(([html, name = '']) => [name, /value="([^"]+)" selected/.exec(html)?.[1] ?? '']));
    const posted = await admin.post(`/imports/${id}/values`, { ...selected, ...words });
    assert.equal(posted.headers['location'], `/imports/${id}`, posted.text);
    await runDueJobs(deps, jobList);
    return id;
  }

  async function run({ admin, deps }: Opened, id: string): Promise<ImportReport> {
    await admin.get(`/imports/${id}`);
    assert.equal((await admin.post(`/imports/${id}/start`)).status, 303);
    await runDueJobs(deps, jobList);
    return report({ deps }, id);
  }

  async function report({ deps }: Pick<TestApp, 'deps'>, id: string): Promise<ImportReport> {
    return { ...emptyReport(), ...(JSON.parse((await deps.db.selectFrom('imports').select('report').where('id', '=', id).executeTakeFirstOrThrow()).report) as ImportReport) };
  }

  const counts = async ({ deps }: Pick<TestApp, 'deps'>) => {
    const count = async (table: 'customers' | 'licenses' | 'activations' | 'license_terms' | 'emails' | 'webhook_messages') => (await deps.db.selectFrom(table).select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow()).count;
    return { customers: await count('customers'), licenses: await count('licenses'), activations: await count('activations'), terms: await count('license_terms'), emails: await count('emails'), webhooks: await count('webhook_messages') };
  };

  it('of an export of Easy Digital Downloads keeps keys, ends, sites and states, tells nobody, and says before what will happen', async () => {
    const opened = await open();
    const { call, deps } = opened;
    const before = await counts(opened);
    const file = edd([
      '5d41402abc4b2a76b9719d911017c592,active,anna@example.org,Anna Rossi,Chatello Pro,3,"https://shop.example.org, www.second.example.org",2024-05-01 10:00:00,2027-05-01 10:00:00',
      '7d793037a0760186574b0282f2f435e7,disabled,anna@example.org,Anna Rossi,Chatello Pro,0,,2023-01-15,Lifetime',
      '9e107d9d372bb6826bd81d3542a419d6,expired,béa@example.org,Béa,Chatello Pro,,,2022-01-15,2023-01-15',
      ',active,nobody@example.org,,Chatello Pro,,,,',
      'e4d909c290d0fb1ca068ffaddf22cbd0,active,not an address,,Chatello Pro,,,,',
      '45c48cce2e2d7fbdea1afc51c7c6ad26,active,carl@example.org,Carl,Chatello Pro,1,a.example.com b.example.com,,',
    ]);
    const id = await check(opened, file, { ...eddWords, product_0: 'chatello' });
    const { check: checked } = await report(opened, id);
    assert.deepEqual(checked, { new: 3, existing: 0, changed: 0, refused: 3, customers: 2, licenses: 3, sites: 2 });
    assert.deepEqual(await counts(opened), before, 'a dry run changes nothing');
    const page = await opened.admin.get(`/imports/${id}`);
    for (const text of ['<td class="tabular">5</td><td>Licence key: there is none', '<td class="tabular">6</td><td>E-mail: this is no e-mail address', 'Sites in use: more sites than the licence allows']) assert.ok(page.text.includes(text), text);

    const done = await run(opened, id);
    assert.deepEqual(done.run, checked, 'the import does what the dry run has said');
    const verdict = await call('post', '/api/validate', { key: '5D41402ABC4B2A76B9719D911017C592', body: { domain: 'shop.example.org' } });
    assert.deepEqual([verdict.body.code, verdict.body.expires_at, verdict.body.usage.sites], ['VALID', '2027-05-01T10:00:00.000Z', 2]);
    assert.equal((await call('post', '/api/validate', { key: '7d793037a0760186574b0282f2f435e7', body: {} })).body.code, 'SUSPENDED');
    const expired = (await call('post', '/api/validate', { key: '9e107d9d372bb6826bd81d3542a419d6', body: {} })).body;
    assert.deepEqual([expired.code, expired.expires_at], ['EXPIRED', '2023-01-16T00:00:00.000Z'], 'a day counts to its end');
    const after = await counts(opened);
    assert.deepEqual([after.emails, after.webhooks], [before.emails, before.webhooks]);
    const license = await deps.db.selectFrom('licenses').select(['created_at', 'max_sites']).where('key_digest', '=', deps.vault.digest('~5D41402ABC4B2A76B9719D911017C592')).executeTakeFirstOrThrow();
    assert.deepEqual({ ...license }, { created_at: Date.UTC(2024, 4, 1, 10), max_sites: 3 });
    const stored = JSON.stringify([await deps.db.selectFrom('import_batches').select('cipher').execute().then((rows) => rows.map(({ cipher }) => Buffer.from(cipher).toString('latin1'))), await deps.db.selectFrom('import_problems').selectAll().execute(), await deps.db.selectFrom('audit_log').selectAll().execute()]);
    assert.ok(!stored.includes('5d41402abc4b2a76b9719d911017c592'), 'no key in plain text');

    const refused = await opened.admin.get(`/imports/${id}/refused.csv`);
    const [header = '', ...lines] = refused.text.trim().split('\r\n');
    assert.ok(header.startsWith('Line,Reason,License Key,Status,'), header);
    assert.equal(lines.length, 3);
    assert.ok(lines[0]?.startsWith('5,Licence key: there is none,,active,nobody@example.org'), lines[0]);
  });

  it('of the same file again makes nothing double, also for lines without a key', async () => {
    const opened = await open();
    const file = 'email,plan,expires_at\nkeyless@example.org,pro,2027-01-01\nkeyless@example.org,pro,2027-02-01\nkeyless@example.org,pro,2027-01-01\n';
    const words = { default_plan: '', new_keys: 'yes', existing: 'keep' };
    const first = await check(opened, file, words);
    assert.deepEqual((await report(opened, first)).check, { new: 2, existing: 1, changed: 0, refused: 0, customers: 1, licenses: 2, sites: 0 });
    assert.equal((await run(opened, first)).run.new, 2);
    const before = await counts(opened);
    const second = await check(opened, file, words);
    assert.equal((await report(opened, second)).check.existing, 3);
    assert.match((await opened.admin.get(`/imports/${second}`)).text, /This very file has been imported before/);
    assert.deepEqual((await run(opened, second)).run, { new: 0, existing: 3, changed: 0, refused: 0, customers: 0, licenses: 0, sites: 0 });
    assert.deepEqual(await counts(opened), before);
  });

  it('that stops half-way goes on where it stopped, and two processes at once do each line once', async () => {
    const opened = await open();
    const { deps, admin } = opened;
    const lines = Array.from({ length: 120 }, (_, index) => `many${index % 100}@example.org,KEY-${String(index).padStart(8, '0')}-X,pro`);
    const id = await check(opened, `email,license_key,plan\n${lines.join('\n')}\n`, { new_keys: 'no', existing: 'keep' });
    assert.deepEqual((await report(opened, id)).check, { new: 120, existing: 0, changed: 0, refused: 0, customers: 100, licenses: 120, sites: 0 });
    await admin.get(`/imports/${id}`);
    await admin.post(`/imports/${id}/start`);
    let clock = 0;
    // The fifth look at the clock ends the process in the middle of the second slice.
    const failing = { ...deps, now: () => { clock += 1; if (clock === 5) throw new Error('the process ended'); return deps.now(); } };
    await assert.rejects(workOnImport(failing, { importId: id }), /the process ended/);
    const { next_line: place } = await deps.db.selectFrom('imports').select('next_line').where('id', '=', id).executeTakeFirstOrThrow();
    assert.ok(place > 0 && place < 120, `stopped at ${place}`);
    await Promise.all([workOnImport(deps, { importId: id }), workOnImport(deps, { importId: id })]);
    await runDueJobs(deps, jobList);
    const done = await report(opened, id);
    assert.deepEqual(done.run, done.check);
    assert.equal((await deps.db.selectFrom('licenses').select((eb) => eb.fn.countAll<number>().as('count')).where('key_hint', '=', '119X').executeTakeFirstOrThrow()).count, 1);
  });

  it('can be undone: what it made goes, what somebody works with stays and is named', async () => {
    const opened = await open();
    const { call, admin, deps } = opened;
    const before = await counts(opened);
    const file = edd(['UNDO-AAAA-1111,active,undo1@example.org,U,Chatello,3,one.example.org,,2030-01-01', 'UNDO-BBBB-2222,active,undo2@example.org,U,Chatello,3,,,2030-01-01', 'UNDO-CCCC-3333,active,undo3@example.org,U,Chatello,3,,,2030-01-01']);
    const id = await check(opened, file, eddWords);
    await run(opened, id);
    assert.equal((await call('post', '/api/validate', { key: 'undo-bbbb-2222', body: { domain: 'used.example.org' } })).body.code, 'VALID');
    const customer = await deps.db.selectFrom('customers').select('id').where('email_key', '=', 'undo3@example.org').executeTakeFirstOrThrow();
    assert.equal((await call('put', `/api/customer/${customer.id}`, { token: opened.adminToken, body: { name: 'Changed' } })).status, 200);
    assert.match((await admin.get(`/imports/${id}/undo`)).text, /The 3 licences and 3 customers/);
    assert.equal((await admin.post(`/imports/${id}/undo`, { reason: 'a wrong file' })).status, 303);
    await runDueJobs(deps, jobList);
    assert.deepEqual((await report(opened, id)).undo, { removed: 3, restored: 0, left: 3 });
    const { text } = await admin.get(`/imports/${id}`);
    for (const reason of ['Licence: it has been changed since', 'Customer: has licences or orders', 'Customer: has been changed since']) assert.ok(text.includes(reason), reason);
    const after = await counts(opened);
    assert.deepEqual([after.licenses, after.customers], [before.licenses + 1, before.customers + 2]);
    assert.equal((await call('post', '/api/validate', { key: 'UNDO-AAAA-1111', body: {} })).body.code, 'NOT_FOUND');
    const again = await check(opened, file, eddWords);
    assert.equal((await report(opened, again)).check.new, 2, 'what was removed can be imported again');
    const actions = (await deps.db.selectFrom('audit_log').select('action').where('entity_id', '=', id).execute()).map(({ action }) => action);
    for (const action of ['import.received', 'import.started', 'import.finished', 'import.undo_started', 'import.undone']) assert.ok(actions.includes(action), action);
  });

  it('changes what is here only when it is told to, takes nothing away, and puts it back when it is undone', async () => {
    const opened = await open();
    const { deps, admin } = opened;
    await run(opened, await check(opened, edd(['CHNG-AAAA-0001,active,change@example.org,Old Name,Chatello,3,first.example.org,2025-01-01,2027-01-01']), eddWords));
    const license = () => deps.db.selectFrom('licenses').innerJoin('plans', 'plans.id', 'licenses.plan_id').innerJoin('customers', 'customers.id', 'licenses.customer_id').select(['licenses.id', 'licenses.expires_at', 'plans.code', 'customers.name']).where('licenses.key_hint', '=', '0001').where('customers.email_key', '=', 'change@example.org').executeTakeFirstOrThrow().then((row) => ({ ...row }));
    const before = await license();
    const richer = edd(['CHNG-AAAA-0001,active,change@example.org,New Name,Chatello,3,"first.example.org, second.example.org",2025-01-01,2028-01-01']);
    await run(opened, await check(opened, richer, { ...eddWords, default_plan: 'agency' }));
    assert.deepEqual(await license(), before, 'kept');
    const id = await check(opened, richer, { ...eddWords, default_plan: 'agency', existing: 'update' });
    assert.equal((await report(opened, id)).check.changed, 1);
    assert.deepEqual((await run(opened, id)).run, { new: 0, existing: 0, changed: 1, refused: 0, customers: 0, licenses: 0, sites: 1 });
    assert.deepEqual(await license(), { id: before.id, code: 'agency', name: 'New Name', expires_at: Date.UTC(2028, 0, 2) });
    await admin.get(`/imports/${id}/undo`);
    await admin.post(`/imports/${id}/undo`);
    await runDueJobs(deps, jobList);
    assert.deepEqual(await license(), before);
    const sites = (await deps.db.selectFrom('activations').select('site').where('license_id', '=', before.id).execute()).map(({ site }) => site);
    assert.deepEqual(sites, ['first.example.org']);
  });

  it('leaves a licence with the key of another customer alone', async () => {
    const opened = await open();
    await run(opened, await check(opened, edd(['SAME-KEY-00001,active,owner@example.org,O,Chatello,3,,,2030-01-01']), eddWords));
    const id = await check(opened, edd(['same-key-00001,active,thief@example.org,T,Chatello,3,,,2030-01-01']), { ...eddWords, existing: 'update' });
    assert.equal((await report(opened, id)).check.refused, 1);
    assert.equal((await run(opened, id)).run.refused, 1);
    assert.match((await opened.admin.get(`/imports/${id}`)).text, /belongs to another customer/);
  });

  it('remembers what was decided for a file with the same columns', async () => {
    const opened = await open();
    const file = (line: string) => `Weird mail;Weird key;Sort\n${line}\n`;
    await check(opened, file('w1@example.org;WEIRD-0001;Gold'), { plan_0: 'agency', new_keys: 'no', existing: 'keep' }, { column_email: '0', column_key: '1', column_plan: '2', kind: 'licenses' });
    const id = await check(opened, file('w2@example.org;WEIRD-0002;Gold'), { new_keys: 'no', existing: 'keep' });
    assert.deepEqual((await report(opened, id)).check, { new: 1, existing: 0, changed: 0, refused: 0, customers: 1, licenses: 1, sites: 0 });
    await run(opened, id);
    const found = await opened.deps.db.selectFrom('licenses').innerJoin('plans', 'plans.id', 'licenses.plan_id').select('plans.code').where('licenses.key_digest', '=', opened.deps.vault.digest('~WEIRD-0002')).executeTakeFirstOrThrow();
    assert.equal(found.code, 'agency');
  });

  it('reads what Windows and spreadsheets write: other delimiters, byte order marks, UTF-16, Windows-1252', async () => {
    const opened = await open();
    const text = (name: string, end: string) => `Email\tFull name${end}${name}@example.net\tJosé Müller${end}`;
    const files = [Buffer.from(`\uFEFF${text('bom', '\r\n')}`), Buffer.from(text('w1252', '\r\n'), 'latin1'), Buffer.from(`\uFEFF${text('wide', '\n')}`, 'utf16le')];
    for (const file of files) await run(opened, await check(opened, file, { existing: 'keep' }));
    const names = await opened.deps.db.selectFrom('customers').select('name').where('email_key', 'in', ['bom@example.net', 'w1252@example.net', 'wide@example.net']).execute();
    assert.deepEqual(names.map(({ name }) => name), ['José Müller', 'José Müller', 'José Müller']);
  });

  it('refuses what is no table, and what was sent without the token of its form', async () => {
    const opened = await open();
    const before = (await opened.deps.db.selectFrom('imports').select('id').execute()).length;
    for (const [contents, message] of [['', 'Choose a file'], ['email\n', 'Choose a file'], ['a,b\n"unclosed,1\n2,3\n', 'cannot be read'], ['PNG\0\0\0,1\n1,2\n', 'no CSV file'], [`a,b\n${'x'.repeat(300_000)},1\n`, '256 KB']] as const) {
      const { status, text } = await upload(opened, contents);
      assert.deepEqual([status, text.includes(message)], [422, true], `${contents.slice(0, 20)} -> ${/id="error-file"[^>]*>([^<]*)/.exec(text)?.[1]}`);
    }
    assert.equal((await upload(opened, 'email\na@example.com\n', 'x.csv', 'wrong')).status, 403);
    const stranger = await supertest(opened.express).post('/imports').field('_csrf', 'x').attach('file', Buffer.from('email\na@example.com\n'), 'x.csv');
    assert.equal(stranger.status, 303);
    assert.equal((await opened.deps.db.selectFrom('imports').select('id').execute()).length, before, 'nothing of it is kept');
  });

  it('lets other requests through while it runs: between any two slices there is a turn for them', async () => {
    const opened = await open();
    const { deps, admin, call } = opened;
    const lines = Array.from({ length: 160 }, (_, index) => `turn${index}@example.org,TURN-${String(index).padStart(8, '0')},pro`);
    const id = await check(opened, `email,license_key,plan\n${lines.join('\n')}\n`, { new_keys: 'no', existing: 'keep' });
    await admin.get(`/imports/${id}`);
    await admin.post(`/imports/${id}/start`);
    const places = new Set<number>();
    const codes: string[] = [];
    const done = Symbol('done');
    let turns = 0;
    const work = runDueJobs(deps, jobList).then(() => done);
    const answered = (async () => {
      while ((await Promise.race([work, nextTurn()])) !== done) {
        turns += 1;
      }
    })();
    while ((await Promise.race([work, nextTurn()])) !== done) {
      const { next_line: place } = await deps.db.selectFrom('imports').select('next_line').where('id', '=', id).executeTakeFirstOrThrow();
      if (places.has(place)) continue;
      places.add(place);
      codes.push((await call('post', '/api/validate', { key: 'CHA-TEST-1234-5678-ABCD', body: {} })).body.code);
    }
    await answered;
    assert.deepEqual(new Set(codes), new Set(['VALID']));
    assert.ok(turns >= lines.length / 10, `${turns} turns of the event loop for ${lines.length / 10} slices`);
    assert.ok([...places].some((place) => place > 0 && place < lines.length), `answered at ${[...places].join(', ')}`);
  });

  it('can be thrown away before it is run, and not after', async () => {
    const opened = await open();
    const { admin, deps } = opened;
    const id = await check(opened, 'email\ngone@example.org\n', { existing: 'keep' });
    await admin.get(`/imports/${id}/discard`);
    assert.equal((await admin.post(`/imports/${id}/discard`)).headers['location'], '/imports?done=discarded');
    for (const table of ['imports', 'import_batches', 'import_marks', 'import_problems'] as const) assert.equal((await deps.db.selectFrom(table).selectAll().where(table === 'imports' ? 'id' as never : 'import_id' as never, '=', id as never).execute()).length, 0, table);
    const kept = await check(opened, 'email\nkept@example.org\n', { existing: 'keep' });
    await run(opened, kept);
    await admin.get(`/imports/${kept}`);
    assert.equal((await admin.post(`/imports/${kept}/discard`)).status, 409);
    assert.equal((await admin.post(`/imports/${kept}/start`)).status, 409);
  });
});

onBothDatabases('imports by program', (engine) => {
  const app = useTestApp(engine);
  const file = 'Mail,Serial,Sort\nprogram1@example.org,PROG-0000-0001,Gold\nprogram2@example.org,,Gold\n';

  it('go from upload over the dry run to the import and its undoing', async () => {
    const { call, adminToken: token, deps } = await app();
    const sent = { raw: file, headers: { 'content-type': 'text/csv' }, token };
    const made = await call('post', '/api/v1/imports?file_name=mine.csv', sent);
    assert.deepEqual([made.status, made.body.status, made.body.lines, made.body.columns, made.body.mapping.columns], [201, 'mapping', 2, ['Mail', 'Serial', 'Sort'], { email: 'Mail', key: 'Serial' }]);
    const url = `/api/v1/imports/${made.body.id}`;
    assert.equal((await call('post', `${url}/start`, { token })).status, 409, 'not before the dry run');
    assert.equal((await call('post', `${url}/check`, { token, body: { columns: { email: 'Mail', key: 'Nothing' } } })).body.error.field, 'body.columns.key');
    assert.equal((await call('post', `${url}/check`, { token, body: { default_plan: 'gold' } })).body.error.code, 'INVALID_REQUEST');
    assert.equal((await call('post', `${url}/check`, { token, body: { columns: { email: 'mail', key: 'serial', plan: 'sort' }, plans: { GOLD: 'agency' } } })).body.status, 'checking');
    await runDueJobs(deps, jobList);
    const { body } = await call('get', url, { token });
    assert.deepEqual([body.status, body.progress, body.dry_run.new, body.dry_run.refused], ['checked', { done: 2, total: 2 }, 1, 1]);
    assert.deepEqual((await call('get', `${url}/problems`, { token })).body, { data: [{ line: 3, field: 'key', code: 'key_missing', entity_id: null }], next: null });
    const key = { 'idempotency-key': 'start-1' };
    const [first, again] = [await call('post', `${url}/start`, { token, headers: key }), await call('post', `${url}/start`, { token, headers: key })];
    assert.deepEqual([first.status, again.status, again.headers['idempotent-replayed']], [200, 200, 'true']);
    await runDueJobs(deps, jobList);
    assert.equal((await call('post', '/api/validate', { key: 'prog-0000-0001', body: {} })).body.plan.code, 'agency');
    assert.equal((await call('delete', url, { token })).status, 409);
    assert.equal((await call('post', `${url}/undo`, { token, body: { reason: 'a trial' } })).body.status, 'undoing');
    await runDueJobs(deps, jobList);
    const undone = (await call('get', url, { token })).body;
    assert.deepEqual([undone.status, undone.undone], ['undone', { removed: 2, restored: 0, left: 0 }]);
    assert.equal((await call('get', '/api/v1/imports?status=undone', { token })).body.data.length, 1);
  });

  it('are refused without the scope, and a file that is none is named as that', async () => {
    const { call, adminToken: token } = await app();
    const other = await call('post', '/api/v1/api-tokens', { token, body: { name: 'Reader', scopes: ['customers.read'] } });
    assert.equal((await call('post', '/api/v1/imports', { raw: file, headers: { 'content-type': 'text/csv' }, token: other.body.token })).body.error.code, 'FORBIDDEN');
    const refused = await call('post', '/api/v1/imports', { raw: 'a,b\n"x', headers: { 'content-type': 'text/csv' }, token });
    assert.deepEqual([refused.status, refused.body.error.field], [400, 'body']);
  });

  it('and by command, from the same use cases', async () => {
    const database = await createTestDatabase(engine);
    try {
      writeFileSync(path.join(database.dataDir, 'mine.csv'), file);
      assert.equal((await chatello(database, ['migrate'])).code, 0);
      const server = openDatabase(database.url, database.dataDir);
      await seedPlans(server, Date.now());
      await closeDatabase(server);
      const args = ['import', 'mine.csv', '--column', 'plan=Sort', '--plan-of', 'Gold=agency', '--new-keys'];
      const tried = await chatello(database, [...args, '--json']);
      assert.deepEqual([tried.code, (JSON.parse(tried.stdout) as { dry_run: object }).dry_run], [0, { new: 2, existing: 0, changed: 0, refused: 0, customers: 2, licenses: 2, sites: 0 }], tried.stderr);
      const done = await chatello(database, [...args, '--yes']);
      assert.match(done.stdout, /2 new \(2 customers, 2 licences/);
      const id = /--undo (\S+)/.exec(done.stdout)?.[1] ?? '';
      assert.match((await chatello(database, ['import', '--undo', id])).stdout, /Undone: 4 removed, 0 restored, 0 left/);
      assert.notEqual((await chatello(database, ['import'])).code, 0);
    } finally {
      await database.drop();
    }
  });
});
