import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Secret, TOTP } from 'otpauth';
import supertest from 'supertest';
import { parseSetting } from '../../server/config.ts';
import { createAdmin as addAdmin } from '../../server/users/create-admin.ts';
import { visitor, type Visitor } from '../admin-client.ts';
import { linkSentTo, outbox, signIn } from '../buyer.ts';
import { chatello } from '../command-line.ts';
import { work } from '../deliveries.ts';
import { createTestApp, onBothDatabases, useTestApp, type TestApp } from '../harness.ts';
import { addNode, addUser, dashboardOf, signedInAs } from '../people.ts';
import { startApiProcess } from '../providers/api-process.ts';

const minute = 60_000;
const password = 'seven quiet herons';

/** Somebody of the operator's with a password, signed in at the dashboard. */
async function operator(app: TestApp, email: string): Promise<Visitor> {
  await addAdmin(app.deps.db, { email, password: 'one-time-password' }, { actor: 'test' }, app.deps.now());
  const person = visitor(dashboardOf(app));
  await person.login(email, 'one-time-password');
  await person.get('/password');
  assert.equal((await person.post('/password', { current: 'one-time-password', password, repeated: password })).status, 303);
  return person;
}

/** What an authenticator app shows that was given the secret of this page. */
function appOf(page: string): (at: number) => string {
  const secret = /qr-secret">([A-Z2-7 ]+)</.exec(page)?.[1]?.replaceAll(' ', '') ?? '';
  assert.equal(secret.length, 32);
  const totp = new TOTP({ secret: Secret.fromBase32(secret), digits: 6, period: 30 });
  return (at) => totp.generate({ timestamp: at });
}

async function withApp(app: TestApp, email: string): Promise<{ person: Visitor; code: (at: number) => string; recovery: string[] }> {
  const person = await operator(app, email);
  const code = appOf((await person.get('/two-factor')).text);
  const shown = await person.post('/two-factor/confirm', { code: code(app.clock.now) });
  assert.equal(shown.status, 200);
  const recovery = [...shown.text.matchAll(/<li>((?:[2-9a-z]{4}-){3}[2-9a-z]{4})<\/li>/g)].map(([, text = '']) => text);
  assert.equal(recovery.length, 10);
  return { person, code, recovery };
}

onBothDatabases('an account', (engine) => {
  const open = useTestApp(engine);

  it('with an authenticator app is opened by password and code, and no code works twice', async () => {
    const app = await open();
    const { code } = await withApp(app, 'totp@example.com');
    const signing = async () => {
      const person = visitor(dashboardOf(app));
      assert.equal((await person.login('totp@example.com', password)).headers['location'], '/login/code');
      for (const url of ['/', '/customers', '/password', '/two-factor', '/sessions', '/users']) assert.equal((await person.get(url)).headers['location'], '/login/code', url);
      await person.get('/login/code');
      return person;
    };
    const used = code(app.clock.now);
    const person = await signing();
    assert.equal((await person.post('/login/code', { code: used })).status, 422, 'taken at the set-up');
    app.clock.now += minute;
    const next = code(app.clock.now);
    const rivals = [person, await signing(), await signing()];
    const results = await Promise.all(rivals.map((rival) => rival.post('/login/code', { code: next })));
    assert.deepEqual(results.map(({ status }) => status).sort((a, b) => a - b), [303, 422, 422]);
    assert.equal((await rivals[results.findIndex(({ status }) => status === 303)]?.get('/customers'))?.status, 200);
    app.clock.now += minute;
    assert.equal((await (await signing()).post('/login/code', { code: code(app.clock.now - 5 * minute) })).status, 422, 'an old one');
    const stored = await app.deps.db.selectFrom('users').selectAll().where('email', '=', 'totp@example.com').executeTakeFirstOrThrow();
    assert.ok(stored.totp_cipher !== null && stored.totp_last_step !== null);
  });

  it('is opened by each recovery code once, and by none of the old ones when new ones are made', async () => {
    const app = await open();
    const { person, code, recovery } = await withApp(app, 'recovery@example.com');
    const enter = async (text: string) => {
      const self = visitor(dashboardOf(app));
      await self.login('recovery@example.com', password);
      await self.get('/login/code');
      return (await self.post('/login/code', { code: text })).status;
    };
    const [first = '', second = '', third = ''] = recovery;
    assert.deepEqual((await Promise.all([enter(first), enter(first)])).sort((a, b) => a - b), [303, 422]);
    assert.equal(await enter(second.toUpperCase().replaceAll('-', ' ')), 303, 'however it is typed');
    app.clock.now += minute;
    await person.get('/two-factor');
    assert.match((await person.get('/two-factor')).text, /8 of 10/);
    assert.equal((await person.post('/two-factor/recovery-codes', { code: code(app.clock.now) })).status, 200);
    assert.equal(await enter(third), 422);
    const texts = JSON.stringify([await app.deps.db.selectFrom('audit_log').selectAll().execute(), await app.deps.db.selectFrom('recovery_codes').selectAll().execute()]);
    assert.ok(recovery.every((text) => !texts.includes(text) && !texts.includes(text.replaceAll('-', ''))));
  });

  it('is closed for a while after five wrong codes, from wherever they come', async () => {
    const app = await open();
    const { code } = await withApp(app, 'guessed@example.com');
    const startedAt = app.clock.now;
    app.clock.now += minute;
    const guess = async (text: string) => {
      const self = visitor(dashboardOf(app));
      await self.login('guessed@example.com', password);
      await self.get('/login/code');
      return self.post('/login/code', { code: text });
    };
    for (let attempt = 1; attempt <= 5; attempt += 1) assert.equal((await guess('000000')).status, 422);
    const locked = await guess(code(app.clock.now));
    assert.deepEqual([locked.status, locked.headers['retry-after']], [429, '30']);
    app.clock.now += minute;
    assert.equal((await guess(code(app.clock.now))).status, 303);
    app.clock.now = startedAt;
  });

  it('takes a password by its length and not by its characters, and none that everybody would try', async () => {
    const app = await open();
    const person = await operator(app, 'herbert.meier@example.com');
    await person.get('/password');
    const set = async (text: string) => (await person.post('/password', { current: password, password: text, repeated: text })).status;
    for (const text of ['short', 'password1234', 'Sunshine2024!!', 'passwordpassword', '123456789012', 'aaaaaaaaaaaaa', 'qwerty123456', 'administrator', 'Herbert2026!!', 'herbert.meier@example.com']) assert.equal(await set(text), 422, text);
    assert.equal(await set('all lower case words are fine'), 303);
  });

  it('is reset by a link that works once for 30 minutes, says nothing of who has an account, and opens while it is locked', async () => {
    const app = await open();
    const old = await operator(app, 'forgetful@example.com');
    const stranger = visitor(dashboardOf(app));
    const ask = async (email: string) => {
      await stranger.get('/reset-password');
      return stranger.post('/reset-password', { email });
    };
    const [known, unknown] = [await ask('Forgetful@example.com'), await ask('nobody@example.com')];
    assert.deepEqual([known.status, known.headers['location']], [unknown.status, unknown.headers['location']]);
    await work(app);
    assert.deepEqual(outbox(app).filter(({ to }) => to === 'nobody@example.com'), []);
    const link = linkOf(app, 'forgetful@example.com');
    assert.match(link, /^\/reset-password\/[\w-]{43}$/);
    const locked = visitor(dashboardOf(app));
    for (let attempt = 1; attempt <= 6; attempt += 1) await locked.login('forgetful@example.com', 'wrong');
    assert.equal((await locked.login('forgetful@example.com', password)).status, 429);
    for (let n = 0; n < 3; n += 1) assert.equal((await supertest(dashboardOf(app)).get(link)).status, 200, 'opening it uses nothing up');
    await stranger.get(link);
    assert.equal((await stranger.post(link, { password: 'short', repeated: 'short' })).status, 422);
    const fresh = 'eleven loud herons';
    const results = await Promise.all([stranger.post(link, { password: fresh, repeated: fresh }), stranger.post(link, { password: fresh, repeated: fresh })]);
    assert.deepEqual(results.map(({ status }) => status).sort((a, b) => a - b), [303, 410]);
    assert.equal((await old.get('/customers')).headers['location'], '/login?next=%2Fcustomers', 'every session before has ended');
    assert.equal((await stranger.get(link)).status, 410);
    await ask('forgetful@example.com');
    await work(app);
    const late = linkOf(app, 'forgetful@example.com');
    app.clock.now += 30 * minute;
    assert.equal((await stranger.get(late)).status, 410);
    const traces = JSON.stringify([await app.deps.db.selectFrom('emails').selectAll().execute(), await app.deps.db.selectFrom('jobs').selectAll().execute(), await app.deps.db.selectFrom('audit_log').selectAll().execute()]);
    assert.ok(![link, late].some((address) => traces.includes(address.split('/').at(-1) ?? '?')));
  });

  it('lists its sessions, ends them one by one and all others at once; a superadmin ends those of others', async () => {
    const app = await open();
    const here = await operator(app, 'sessions@example.com');
    const there = visitor(dashboardOf(app));
    const elsewhere = visitor(dashboardOf(app));
    for (const each of [there, elsewhere]) await each.login('sessions@example.com', password);
    const isIn = async (each: Visitor) => (await each.get('/customers')).status === 200;
    const page = (await here.get('/sessions')).text;
    const handles = [...page.matchAll(/action="\/sessions\/([0-9a-f]{64})\/end"/g)].map(([, handle = '']) => handle);
    assert.equal(handles.length, 2);
    await here.post(`/sessions/${handles[0]}/end`);
    assert.equal([await isIn(there), await isIn(elsewhere)].filter(Boolean).length, 1);
    await here.get('/sessions');
    await here.post('/sessions/end-others');
    assert.deepEqual([await isIn(here), await isIn(there), await isIn(elsewhere)], [true, false, false]);
    const boss = await operator(app, 'boss@example.com');
    const { id } = await app.deps.db.selectFrom('users').select('id').where('email', '=', 'sessions@example.com').executeTakeFirstOrThrow();
    const other = (await boss.get(`/users/${id}`)).text;
    assert.ok(other.includes('sessions@example.com') && other.includes(`href="/users/${id}/disable"`) && other.includes(`action="/users/${id}/sessions/end"`));
    await boss.post(`/users/${id}/sessions/end`);
    assert.equal(await isIn(here), false);
    await here.login('sessions@example.com', password);
    await boss.post(`/users/${id}/disable`);
    assert.equal(await isIn(here), false, 'disabled');
    assert.equal((await here.login('sessions@example.com', password)).status, 422);
    const own = await app.deps.db.selectFrom('users').select('id').where('email', '=', 'boss@example.com').executeTakeFirstOrThrow();
    await boss.get(`/users/${own.id}`);
    assert.equal((await boss.post(`/users/${own.id}/disable`)).status, 409, 'not the own');
  });

  it('is asked in by an e-mail whose link works once within seven days, at the door of its role alone', async () => {
    const app = await open();
    const boss = await operator(app, 'inviter@example.com');
    const reseller = await addNode(app, 'reseller');
    await boss.get('/users/new');
    const invited = await boss.post('/users/new', { email: 'anna@reseller.example', name: 'Anna', place: reseller.id, language: 'it' });
    assert.match(String(invited.headers['location']), /^\/users\/[\w-]+\?done=invited$/);
    assert.equal((await boss.post('/users/new', { email: 'ANNA@reseller.example', name: 'Anna', place: reseller.id, language: 'it' })).status, 422, 'the address is taken');
    await work(app);
    assert.match(outbox(app).find(({ to }) => to === 'anna@reseller.example')?.subject ?? '', /invitato/);
    const link = linkOf(app, 'anna@reseller.example');
    assert.match(link, /^\/portal\/invitation\//);
    const anna = visitor(app.api);
    assert.equal((await anna.login('anna@reseller.example', '!')).status, 404, 'the login is at the portal');
    await anna.get('/portal/login');
    assert.equal((await anna.post('/portal/login', { email: 'anna@reseller.example', password: '!' })).status, 422, 'no password yet');
    assert.equal((await visitor(dashboardOf(app)).get(link.replace('/portal', ''))).status, 410, 'the other door');
    await anna.get(link);
    const entered = await anna.post(link, { password, repeated: password });
    assert.deepEqual([entered.status, entered.headers['location']], [303, '/portal/']);
    const cookie = (entered.headers['set-cookie'] as unknown as string[]).find((line) => line.startsWith('chatello_portal='));
    assert.match(cookie ?? '', /Path=\/portal; HttpOnly; SameSite=Strict/);
    assert.equal((await anna.get('/portal/customers')).status, 200);
    assert.equal((await anna.get(link)).status, 410);
    const atDashboard = visitor(dashboardOf(app));
    assert.equal((await atDashboard.login('anna@reseller.example', password)).status, 422, 'not at the dashboard');
    const operatorAtPortal = visitor(app.api);
    await operatorAtPortal.get('/portal/login');
    assert.equal((await operatorAtPortal.post('/portal/login', { email: 'inviter@example.com', password })).status, 422, 'operators not at the portal');
    operatorAtPortal.cookies.set('chatello_portal', boss.cookies.get('chatello_session') ?? '');
    assert.equal((await operatorAtPortal.get('/portal/customers')).status, 303, 'nor with the session of the dashboard');
    await boss.get(`/organizations/${reseller.id}`);
    await boss.post(`/organizations/${reseller.id}/disable`);
    assert.equal((await anna.get('/portal/customers')).status, 303, 'the organisation is closed');
    await anna.get('/portal/login');
    assert.equal((await anna.post('/portal/login', { email: 'anna@reseller.example', password })).status, 422);
  });

  it('of a buyer who came by a link opens the portal as customer, without another sign-in', async () => {
    const app = await open();
    const { body } = await app.call('post', '/api/create_license', { token: app.adminToken, body: { email: 'buyer@example.test', plan: 'pro', months: 12 } });
    const buyer = await signIn(app, 'buyer@example.test');
    assert.equal((await buyer.get('/portal/')).headers['location'], '/portal/licenses');
    const list = await buyer.get('/portal/licenses');
    assert.ok(list.text.includes(`href="/portal/licenses/${body.license_id}"`) && list.text.includes('src="/assets/'));
    assert.equal((await buyer.get('/portal/customers')).status, 403);
    assert.equal((await buyer.get('/portal/password')).status, 404);
    assert.ok(!list.text.includes('href="/portal/users"') && !list.text.includes('href="/portal/audit"'));
    await buyer.post('/portal/logout');
    assert.equal((await buyer.get('/portal/licenses')).status, 303);
  });
});

onBothDatabases('where an authenticator app is required', (engine) => {
  const open = useTestApp(engine, { REQUIRE_TOTP: 'true' });

  it('a superadmin comes to its set-up after choosing a password and to nothing else before it; others may go without', async () => {
    const app = await open();
    const person = await operator(app, 'root@example.com');
    for (const url of ['/', '/customers', '/users', '/settings']) assert.equal((await person.get(url)).headers['location'], '/two-factor', url);
    const code = appOf((await person.get('/two-factor')).text);
    assert.equal((await person.post('/two-factor/confirm', { code: '000000' })).status, 422);
    assert.equal((await person.post('/two-factor/confirm', { code: code(app.clock.now) })).status, 200);
    assert.equal((await person.get('/customers')).status, 200);
    await person.get('/two-factor');
    assert.equal((await person.post('/two-factor/remove', { password })).status, 303);
    assert.equal((await person.get('/customers')).headers['location'], '/two-factor');
    const support = await signedInAs(app, await addUser(app, 'support'), 'support');
    assert.equal((await support.get('/customers')).status, 200);
  });

  it('the command line lets in whoever has lost password and app', async () => {
    const app = await open();
    const { recovery } = await withApp(app, 'lost@example.com');
    assert.equal(recovery.length, 10);
    const { config } = app.deps;
    const database = { url: config.DATABASE_URL, dataDir: config.dataDir, drop: async () => undefined };
    const reset = await chatello(database, ['reset-password', '--email', 'LOST@example.com', '--json']);
    assert.equal(reset.code, 0, reset.stderr);
    assert.equal((await chatello(database, ['reset-totp', '--email', 'lost@example.com'])).code, 0);
    assert.equal((await chatello(database, ['reset-totp', '--email', 'nobody@example.com'])).code, 1);
    const person = visitor(dashboardOf(app));
    const { one_time_password: oneTime } = JSON.parse(reset.stdout) as { one_time_password: string };
    assert.equal((await person.login('lost@example.com', oneTime)).headers['location'], '/password');
  });
});

onBothDatabases('the setting that requires an authenticator app', (engine) => {
  const open = useTestApp(engine);

  it('holds at the next page of whoever is signed in, for the roles that it names, is audited, and is explained where it is switched', async () => {
    const app = await open();
    const root = await operator(app, 'root@example.com');
    const support = await signedInAs(app, await addUser(app, 'support'), 'support');
    const reseller = await signedInAs(app, await addUser(app, 'reseller', { organizationId: (await addNode(app, 'reseller')).id }), 'reseller');
    const stops = async () => [(await root.get('/customers')).headers['location'], (await support.get('/customers')).headers['location'], (await reseller.get('/portal/customers')).headers['location']];
    const put = (value: string) => app.call('put', '/api/v1/settings/REQUIRE_TOTP', { token: app.adminToken, body: { value } });
    const page = await root.get('/settings');
    assert.match(page.text, /name="REQUIRE_TOTP"[^]*<option value="false" selected>Nobody has to<\/option>[^]*led to setting it up at the next page[^]*Without an app at present: Reseller 1, Superadmin 1, Support 1/);
    assert.deepEqual(await stops(), [undefined, undefined, undefined]);
    await root.get('/settings');
    assert.equal((await root.post('/settings', { REQUIRE_TOTP: 'superadmin' })).headers['location'], '/settings?done=saved');
    assert.deepEqual(await stops(), ['/two-factor', undefined, undefined]);
    const setUp = await root.get('/two-factor');
    assert.equal((await root.post('/two-factor/confirm', { code: appOf(setUp.text)(app.clock.now) })).status, 200);
    assert.equal((await root.get('/settings')).status, 200);
    assert.equal((await root.post('/settings', { REQUIRE_TOTP: 'superadmin, support' })).status, 303);
    assert.deepEqual(await stops(), [undefined, '/two-factor', undefined]);
    assert.equal((await put('reseller')).status, 200);
    assert.deepEqual(await stops(), [undefined, undefined, '/portal/two-factor']);
    assert.match((await root.get('/settings')).text, /<option value="reseller" selected>Reseller<\/option>/, 'a list that only the API makes');
    assert.equal((await put('customer')).status, 400);
    assert.equal((await put('false')).body.source, 'default');
    assert.deepEqual(await stops(), [undefined, undefined, undefined]);
    const lines = await app.deps.db.selectFrom('audit_log').select(['actor', 'before_json', 'after_json']).where('action', '=', 'settings.changed').orderBy('id').execute();
    assert.deepEqual(lines.map(({ before_json, after_json }) => [before_json, after_json].map((json) => (JSON.parse(json ?? '{}') as { REQUIRE_TOTP: string }).REQUIRE_TOTP)), [['false', 'superadmin'], ['superadmin', 'superadmin, support'], ['superadmin, support', 'reseller'], ['reseller', 'false']]);
    assert.equal(lines[0]?.actor, 'user:root@example.com');
  });

  it('is locked where the environment decides, and its default follows the environment', async () => {
    const at = (NODE_ENV: 'production' | 'test', text: string) => parseSetting({ NODE_ENV }, 'REQUIRE_TOTP', text);
    assert.deepEqual([at('production', ''), at('test', ''), at('test', 'true'), at('production', 'false')], [{ value: ['superadmin'] }, { value: [] }, { value: ['superadmin'] }, { value: [] }]);
    const app = await createTestApp(engine, { REQUIRE_TOTP: 'false' });
    assert.equal((await app.call('put', '/api/v1/settings/REQUIRE_TOTP', { token: app.adminToken, body: { value: 'true' } })).status, 409);
    await app.close();
  });
});

onBothDatabases('the last superadmin', (engine) => {
  const open = useTestApp(engine);

  it('stays when two superadmins disable or demote each other at the same moment from two processes: exactly one succeeds', async () => {
    const app = await open();
    const { db } = app.deps;
    const pair = [await addUser(app, 'superadmin'), await addUser(app, 'superadmin')];
    const servers = await Promise.all(pair.map(() => startApiProcess(app, { ADMIN_API_TOKEN: app.adminToken })));
    try {
      const take = async (index: number, way: string): Promise<string> => {
        const answer = await fetch(`${servers[index]?.url}/api/v1/users/${pair[index]}/${way}`, { method: 'POST', headers: { authorization: `Bearer ${app.adminToken}`, 'content-type': 'application/json' }, body: way === 'move' ? '{"place":"support"}' : '{}' });
        const { error } = (await answer.json()) as { error?: { code: string } };
        return error?.code === 'BUSY' ? take(index, way) : (error?.code ?? String(answer.status));
      };
      for (let round = 0; round < 6; round += 1) {
        const answers = await Promise.all([take(0, round % 2 === 0 ? 'disable' : 'move'), take(1, round % 3 === 0 ? 'move' : 'disable')]);
        assert.deepEqual(answers.sort(), ['200', 'CONFLICT'], `round ${round}`);
        const left = await db.selectFrom('users').select('id').where('role', '=', 'superadmin').where('disabled_at', 'is', null).execute();
        assert.equal(left.length, 1, `round ${round}`);
        await db.updateTable('users').set({ role: 'superadmin', disabled_at: null }).where('id', 'in', pair).execute();
      }
    } finally {
      for (const server of servers) await server.stop();
    }
  });
});

/** The way that the newest link to an address leads on this server. */
function linkOf(app: TestApp, email: string): string {
  const sent = outbox(app).filter(({ to }) => to === email).at(-1);
  return new URL(/https?:\/\/\S+/.exec(sent?.text ?? '')?.[0] ?? linkSentTo(app, email)).pathname;
}
