import assert from 'node:assert/strict';
import { once } from 'node:events';
import { it } from 'node:test';
import supertest from 'supertest';
import { createAdmin } from '../../server/admin.ts';
import { createAdmin as addAdmin, createFirstAdmin } from '../../server/users/create-admin.ts';
import { adminEmail, adminPassword, signedInVisitor, visitor } from '../admin-client.ts';
import { onBothDatabases, useTestApp } from '../harness.ts';

type Layer = { route?: { path: string; methods: Record<string, boolean> } };

onBothDatabases('the dashboard lets in only who belongs there', (engine) => {
  const app = useTestApp(engine);
  let ready: ReturnType<typeof signedInVisitor> | undefined;
  const signedIn = async () => (ready ??= signedInVisitor(await app()));

  it('answers under a loopback name with its own port and under no other', async () => {
    const { express } = await signedIn();
    const server = express.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as { port: number };
      for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) assert.equal((await supertest(server).get('/login').set('host', host)).status, 200, host);
      for (const host of ['localhost', `localhost:${port + 1}`, `evil.example:${port}`, `localhost.evil.example:${port}`, `127.0.0.1.evil.example:${port}`, '']) {
        const { status, text } = await supertest(server).get('/login').set('host', host);
        assert.equal(status, 421, host);
        assert.ok(!text.includes('name="password"'), host);
      }
    } finally {
      server.close();
    }
  });

  it('opens no route without a login, whatever is added to the router', async () => {
    const { express } = await signedIn();
    const open = new Set(['/login', '/preferences', '/reset-password', '/reset-password/:token', '/invitation/:token']);
    const layers = (express.router as unknown as { stack: Layer[] }).stack;
    const routes = layers.flatMap(({ route }) => (route ? Object.keys(route.methods).map((method) => ({ method: method.toUpperCase(), path: route.path })) : []));
    assert.ok(routes.length > 25, 'the router could not be read');
    for (const { method, path } of routes) {
      if (open.has(path)) continue;
      const url = path.replace(/:\w+/g, 'x');
      const stranger = visitor(express);
      await stranger.get('/login');
      const response = method === 'GET' ? await stranger.get(url) : await stranger.post(url);
      assert.equal(response.status, 303, `${method} ${path}`);
      assert.match(String(response.headers['location']), /^\/login(\?|$)/, `${method} ${path}`);
    }
  });

  it('takes no form without the token of the session, from another session, or from another site', async () => {
    const { visitor: admin, express } = await signedIn();
    const layers = (express.router as unknown as { stack: Layer[] }).stack;
    const posts = layers.flatMap(({ route }) => (route?.methods['post'] === true ? [route.path] : []));
    const stranger = visitor(express);
    const strangersToken = /name="_csrf" value="([^"]+)"/.exec((await stranger.get('/login')).text)?.[1] ?? '';
    for (const path of new Set(posts)) {
      const url = path.replace(/:\w+/g, 'x');
      for (const token of ['', 'x', strangersToken]) assert.equal((await admin.post(url, { _csrf: token })).status, 403, `${path} with "${token}"`);
    }
    await admin.get('/');
    assert.equal((await admin.post('/preferences', { theme: 'dark' }, { 'sec-fetch-site': 'cross-site' })).status, 403);
    assert.equal((await admin.post('/preferences', { theme: 'dark' }, { 'sec-fetch-site': 'same-origin' })).status, 303);
    const visitWithoutCookie = await supertest(express).post('/login').type('form').send({ _csrf: strangersToken, email: adminEmail, password: adminPassword });
    assert.equal(visitWithoutCookie.status, 403);
  });

  it('shows nothing but the password page until the one-time password is replaced', async () => {
    const { deps } = await app();
    const { express } = await signedIn();
    const { oneTimePassword } = await addAdmin(deps.db, { email: 'new@example.com' }, { actor: 'test' }, deps.now());
    const person = visitor(express);
    assert.equal((await person.login('new@example.com', oneTimePassword)).headers['location'], '/password');
    for (const url of ['/', '/licenses', '/new-license', '/audit', '/nothing']) assert.equal((await person.get(url)).headers['location'], '/password', url);
    await person.get('/password');
    const tries: [Record<string, string>, string][] = [
      [{ current: oneTimePassword, password: 'short', repeated: 'short' }, 'error-password'],
      [{ current: oneTimePassword, password: 'a long enough one', repeated: 'another' }, 'error-repeated'],
      [{ current: 'not it at all', password: 'a long enough one', repeated: 'a long enough one' }, 'error-current'],
      [{ current: oneTimePassword, password: oneTimePassword, repeated: oneTimePassword }, 'error-password'],
    ];
    for (const [fields, field] of tries) {
      const { status, text } = await person.post('/password', fields);
      assert.deepEqual([status, text.includes(`id="${field}"`), text.includes(oneTimePassword)], [422, true, false], field);
    }
    assert.equal((await person.post('/password', { current: oneTimePassword, password: 'a long enough one', repeated: 'a long enough one' })).status, 303);
    assert.equal((await person.get('/')).status, 200);
  });

  it('gives a new session at each login and with a new password, and ends the ones before', async () => {
    const { express } = await signedIn();
    const { deps } = await app();
    await addAdmin(deps.db, { email: 'rotating@example.com', password: 'first password' }, { actor: 'test' }, deps.now());
    const person = visitor(express);
    await person.login('rotating@example.com', 'first password');
    const first = person.cookies.get('chatello_session') ?? '';
    assert.match(first, /^[\w-]{43}$/);
    await person.get('/password');
    await person.post('/password', { current: 'first password', password: 'second password', repeated: 'second password' });
    const second = person.cookies.get('chatello_session') ?? '';
    assert.notEqual(second, first);
    await person.get('/');
    await person.post('/logout');
    const isOpen = async (token: string) => (await supertest(express).get('/').set('cookie', `chatello_session=${token}`)).status === 200;
    assert.deepEqual([await isOpen(first), await isOpen(second)], [false, false]);
    const stored = await deps.db.selectFrom('sessions').selectAll().execute();
    assert.ok(stored.every(({ id }) => Buffer.from(id).length === 32 && !Buffer.from(id).toString('base64url').includes(second)), 'only digests are stored');
  });

  it('ends a session when its account is disabled, when it idles, and after twelve hours', async () => {
    const { deps, clock } = await app();
    const { express } = await signedIn();
    await addAdmin(deps.db, { email: 'leaver@example.com', password: 'leaver password' }, { actor: 'test' }, deps.now());
    await deps.db.updateTable('users').set({ must_change_password: 0 }).where('email', '=', 'leaver@example.com').execute();
    const startedAt = clock.now;
    const hour = 3_600_000;
    const person = visitor(express);
    const isIn = async () => (await person.get('/customers')).status === 200;
    await person.login('leaver@example.com', 'leaver password');
    assert.equal(await isIn(), true);
    clock.now += 2 * hour + 1;
    assert.equal(await isIn(), false, 'idle');
    await person.login('leaver@example.com', 'leaver password');
    for (let hours = 1; hours <= 11; hours += 1) {
      clock.now += hour;
      assert.equal(await isIn(), true, `after ${hours} h of work`);
    }
    clock.now += hour;
    assert.equal(await isIn(), false, 'twelve hours');
    await person.login('leaver@example.com', 'leaver password');
    await deps.db.updateTable('users').set({ disabled_at: clock.now }).where('email', '=', 'leaver@example.com').execute();
    assert.equal(await isIn(), false, 'disabled');
    assert.equal((await person.login('leaver@example.com', 'leaver password')).status, 422);
    clock.now = startedAt;
  });

  it('closes an account to an address from the fifth failure on, twice as long each time, known account or not', async () => {
    const { deps, clock } = await app();
    const express = createAdmin(deps);
    const startedAt = clock.now;
    await addAdmin(deps.db, { email: 'target@example.com', password: 'right password' }, { actor: 'test' }, deps.now());
    for (const email of ['target@example.com', 'nobody@example.com']) {
      const person = visitor(express);
      for (let attempt = 1; attempt <= 5; attempt += 1) assert.equal((await person.login(email, 'wrong')).status, 422, `${email} ${attempt}`);
      for (const seconds of [30, 60, 120]) {
        const locked = await person.login(email.toUpperCase(), 'right password');
        assert.deepEqual([locked.status, locked.headers['retry-after']], [429, String(seconds)], email);
        clock.now += seconds * 1_000 - 1;
        assert.equal((await person.login(email, 'right password')).status, 429, `${email} a moment early`);
        clock.now += 1;
        assert.equal((await person.login(email, 'wrong')).status, 422);
      }
    }
    clock.now += 3_600_000;
    const owner = visitor(express);
    assert.equal((await owner.login('target@example.com', 'right password')).status, 303);
    clock.now = startedAt;
  });

  it('counts thirty guesses at once as thirty', async () => {
    const person = visitor(createAdmin((await app()).deps));
    await person.get('/login');
    const answers = await Promise.all(Array.from({ length: 30 }, () => person.post('/login', { email: 'parallel@example.com', password: 'guess' })));
    assert.equal(answers.filter(({ status }) => status === 422).length, 5);
    assert.equal(answers.filter(({ status }) => status === 429).length, 25);
  });

  it('goes back after the login only to its own pages', async () => {
    await signedIn();
    const express = createAdmin((await app()).deps);
    for (const [next, expected] of [['/licenses?status=active', '/licenses?status=active'], ['//evil.example', '/'], ['https://evil.example/', '/'], ['/\\evil.example', '/'], ['/\t/evil.example', '/'], ['javascript:alert(1)', '/'], ['', '/']] as const) {
      const person = visitor(express);
      await person.get('/login');
      const { headers } = await person.post('/login', { email: adminEmail, password: adminPassword, next });
      assert.equal(headers['location'], expected, next);
    }
  });

  it('makes the first administrator once, however many processes start', async () => {
    const empty = await app();
    await empty.deps.db.deleteFrom('sessions').execute();
    await empty.deps.db.deleteFrom('users').execute();
    const made = await Promise.all(Array.from({ length: 4 }, () => createFirstAdmin(empty.deps.db, empty.deps.now())));
    const [only, ...others] = made.filter((admin) => admin !== undefined);
    assert.deepEqual([only?.email, others.length], ['admin@localhost', 0]);
    const person = visitor(createAdmin(empty.deps));
    assert.equal((await person.login('admin@localhost', only?.oneTimePassword ?? '')).headers['location'], '/password');
    assert.equal(await createFirstAdmin(empty.deps.db, empty.deps.now()), undefined);
    const audit = await empty.deps.db.selectFrom('audit_log').selectAll().where('entity', '=', 'user').execute();
    assert.ok(audit.length > 0 && !JSON.stringify(audit).includes(only?.oneTimePassword ?? '?'));
  });
});

