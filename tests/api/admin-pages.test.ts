import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import { createAdmin } from '../../server/admin.ts';
import { formatLicenseKey } from '../../server/licenses/license-key.rules.ts';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { rebuildFigures } from '../../server/figures/count-figures.ts';
import { newId } from '../../server/ids.ts';
import { signedInVisitor, visitor, type Visitor } from '../admin-client.ts';
import { onBothDatabases, useTestApp, type TestApp } from '../harness.ts';

type Created = { id: string; key: string };

async function createLicense(admin: Visitor, fields: Record<string, string>): Promise<Created> {
  const form = await admin.get('/new-license');
  const formId = /name="form_id" value="([^"]+)"/.exec(form.text)?.[1] ?? '';
  const posted = await admin.post('/new-license', { form_id: formId, plan: 'pro', duration: 'months', months: '12', ...fields });
  assert.equal(posted.status, 303, posted.text);
  const { text } = await admin.get(String(posted.headers['location']));
  return { id: /href="\/licenses\/([0-9a-f-]{36})"/.exec(text)?.[1] ?? '', key: /id="license-key">(CHA-[^<]+)</.exec(text)?.[1] ?? '' };
}

const linksToLicenses = (html: string) => [...html.matchAll(/class="key-ending" href="\/licenses\/([0-9a-f-]{36})"/g)].map((match) => match[1]);

onBothDatabases('the dashboard finds and changes licences', (engine) => {
  const app = useTestApp(engine);
  let ready: Promise<{ admin: Visitor } & TestApp> | undefined;
  const open = () => (ready ??= app().then(async (test) => ({ ...test, admin: (await signedInVisitor(test)).visitor })));

  it('creates a licence whose key validates, shows the key once, and makes no second one when the form is sent twice', async () => {
    const { admin, call, deps } = await open();
    const form = await admin.get('/new-license');
    const formId = /name="form_id" value="([^"]+)"/.exec(form.text)?.[1] ?? '';
    const fields = { form_id: formId, email: 'Anna@Example.com', name: 'Anna', plan: 'pro', duration: 'months', months: '12', domain: 'https://www.shop.example.com/' };
    const [first, second] = await Promise.all([admin.post('/new-license', fields), admin.post('/new-license', fields)]);
    assert.deepEqual([first.status, second.status, first.headers['location']], [303, 303, second.headers['location']]);
    const page = await admin.get(String(first.headers['location']));
    const key = /id="license-key">(CHA-[^<]+)</.exec(page.text)?.[1] ?? '';
    const verdict = await call('post', '/api/validate', { key, body: { domain: 'shop.example.com' } });
    assert.deepEqual([verdict.body.code, verdict.body.usage.sites], ['VALID', 1]);
    assert.ok(!(await admin.get(String(first.headers['location']))).text.includes(key), 'shown once');
    const customer = await deps.db.selectFrom('customers').select('id').where('email_key', '=', 'anna@example.com').executeTakeFirstOrThrow();
    assert.equal((await deps.db.selectFrom('licenses').select('id').where('customer_id', '=', customer.id).execute()).length, 1);
  });

  it('shows bad input again with what was typed and the message at the field', async () => {
    const { admin } = await open();
    await admin.get('/new-license');
    const bad: [Record<string, string>, string][] = [
      [{ email: 'nobody' }, 'error-email'],
      [{ email: '' }, 'error-email'],
      [{ email: 'a@example.com', months: '0' }, 'error-months'],
      [{ email: 'a@example.com', months: '1e3' }, 'error-months'],
      [{ email: 'a@example.com', domain: 'not a site' }, 'error-domain'],
      [{ email: 'a@example.com', name: 'x'.repeat(201) }, 'error-name'],
    ];
    for (const [fields, message] of bad) {
      const { status, text } = await admin.post('/new-license', { plan: 'pro', duration: 'months', months: '12', ...fields });
      assert.deepEqual([status, text.includes(`id="${message}"`), text.includes(`value="${Object.values(fields).at(-1)}"`)], [422, true, true], message);
    }
    assert.equal((await admin.post('/new-license', { email: 'a@example.com', plan: 'gold', duration: 'perpetual' })).status, 422);
  });

  it('finds a licence by its key in any spelling, its ending, the e-mail address and the domain', async () => {
    const { admin } = await open();
    const { id, key } = await createLicense(admin, { email: 'finder@example.com', domain: 'finder-shop.example.com' });
    const bare = key.replaceAll('-', '');
    for (const spelling of [key, key.toLowerCase(), bare, ` ${bare.match(/.{1,5}/g)?.join(' ')} `, formatLicenseKey(bare)]) {
      assert.equal((await admin.get(`/licenses?q=${encodeURIComponent(spelling)}`)).headers['location'], `/licenses/${id}`, spelling);
    }
    for (const text of [key.slice(-4), `…${key.slice(-4).toLowerCase()}`, 'finder@example.com', 'FINDER@', 'finder-shop.example.com', 'https://www.finder-shop.example.com/', 'finder-sh']) {
      assert.deepEqual(linksToLicenses((await admin.get(`/licenses?q=${encodeURIComponent(text)}`)).text), [id], text);
    }
    for (const text of ['unknown@example.com', 'CHA-0000-0000-0000-0000', '%', '_', "' or 1=1 --", '\u{10FFFF}', 'x y']) {
      assert.deepEqual(linksToLicenses((await admin.get(`/licenses?q=${encodeURIComponent(text)}`)).text), [], text);
    }
  });

  it('suspends, reactivates and cancels with a reason, says what will happen first, and the API agrees', async () => {
    const { admin, call } = await open();
    const { id, key } = await createLicense(admin, { email: 'states@example.com' });
    const code = async () => (await call('post', '/api/validate', { key })).body.code;
    for (const [action, expected] of [['suspend', 'SUSPENDED'], ['reactivate', 'VALID'], ['cancel', 'CANCELLED']] as const) {
      const page = await admin.get(`/licenses/${id}/${action}`);
      assert.match(page.text, /What will happen:/);
      if (action !== 'reactivate') assert.equal((await admin.post(`/licenses/${id}/${action}`, { reason: ' ' })).status, 422);
      assert.equal((await admin.post(`/licenses/${id}/${action}`, { reason: `because of <${action}>` })).headers['location'], `/licenses/${id}?done=${action}`);
      assert.equal(await code(), expected);
    }
    const { text } = await admin.get(`/licenses/${id}`);
    assert.ok(text.includes('because of &lt;suspend&gt;') && !text.includes('<suspend>'));
    await admin.get('/');
    assert.equal((await admin.post(`/licenses/${id}/suspend`, { reason: 'too late' })).status, 409);
    assert.equal(await code(), 'CANCELLED');
  });

  it('shows the key on request only, and writes that down without the key', async () => {
    const { admin, deps } = await open();
    const { id, key } = await createLicense(admin, { email: 'secret@example.com' });
    assert.ok(!(await admin.get(`/licenses/${id}`)).text.includes(key));
    const shown = await admin.post(`/licenses/${id}/reveal`);
    assert.deepEqual([shown.text.includes(key), shown.headers['cache-control']], [true, 'no-store']);
    const audit = await deps.db.selectFrom('audit_log').selectAll().where('entity_id', '=', id).execute();
    assert.deepEqual(audit.filter(({ action }) => action === 'license.key_shown').map(({ actor }) => actor), ['user:admin@localhost']);
    assert.ok(!JSON.stringify(await deps.db.selectFrom('audit_log').selectAll().execute()).includes(key));
  });

  it('releases a site so that another can take its place, the lock of a single-site licence included', async () => {
    const { admin, call, deps } = await open();
    const { id, key } = await createLicense(admin, { email: 'mover@example.com', plan: 'starter', domain: 'old.example.com' });
    const verdict = async (domain: string) => (await call('post', '/api/validate', { key, body: { domain } })).body.code;
    assert.equal(await verdict('new.example.com'), 'DOMAIN_MISMATCH');
    const site = await deps.db.selectFrom('activations').select('id').where('license_id', '=', id).executeTakeFirstOrThrow();
    assert.match((await admin.get(`/licenses/${id}/sites/${site.id}/release`)).text, /old\.example\.com/);
    assert.equal((await admin.post(`/licenses/${id}/sites/${site.id}/release`)).headers['location'], `/licenses/${id}?done=released`);
    assert.equal((await admin.post(`/licenses/${id}/sites/${site.id}/release`)).status, 303, 'twice');
    assert.equal(await verdict('new.example.com'), 'VALID');
    const actions = (await deps.db.selectFrom('audit_log').select('action').where('entity_id', '=', id).execute()).map(({ action }) => action);
    assert.ok(actions.includes('activation.deleted'));
  });

  it('pages through a filtered list without losing or repeating a licence, in both directions', async () => {
    const { admin, deps, clock } = await open();
    const plan = await deps.db.selectFrom('plans').select('id').where('code', '=', 'agency').executeTakeFirstOrThrow();
    const model = await deps.db.selectFrom('licenses').selectAll().executeTakeFirstOrThrow();
    const all: string[] = [];
    for (let index = 0; index < 60; index += 1) {
      const id = newId();
      // Ties in time on purpose: the id decides.
      await deps.db.insertInto('licenses').values({ ...model, id, key_digest: deps.vault.digest(id), plan_id: plan.id, status: 'active', expires_at: clock.now + (index % 2 === 0 ? -1 : 1) * (1_000 + index), created_at: 1_000 + Math.floor(index / 7), updated_at: 0 }).execute();
      all.push(id);
    }
    for (const status of ['', 'active', 'expired']) {
      const pages: (string | undefined)[][] = [];
      let url: string | undefined = `/licenses?plan=agency&status=${status}`;
      let last = '';
      while (url !== undefined) {
        last = (await admin.get(url)).text;
        pages.push(linksToLicenses(last));
        url = /rel="next" href="([^"]+)"/.exec(last)?.[1]?.replaceAll('&amp;', '&').replaceAll('&#x3D;', '=');
      }
      const seen = pages.flat();
      assert.equal(seen.length, new Set(seen).size, 'none twice');
      assert.equal(seen.length, status === '' ? 60 : 30, status);
      assert.ok(seen.every((id) => id !== undefined && all.includes(id)));
      for (let page = pages.length - 2; page >= 0; page -= 1) {
        const back: string = /rel="prev" href="([^"]+)"/.exec(last)?.[1]?.replaceAll('&amp;', '&').replaceAll('&#x3D;', '=') ?? '';
        assert.match(back, /plan=agency/);
        last = (await admin.get(back)).text;
        assert.deepEqual(linksToLicenses(last), pages[page], `back on page ${page}`);
      }
      assert.ok(!last.includes('rel="prev"'), 'the first page has nothing newer');
    }
  });

  it('counts revenue by currency from the latest paid term of active licences alone', async () => {
    const { admin, deps } = await open();
    const own = await deps.db.selectFrom('licenses').select(['id', 'status']).where('status', 'in', ['active', 'cancelled']).where('expires_at', '>', deps.now()).orderBy('id').limit(50).execute();
    const active = own.filter(({ status }) => status === 'active').map(({ id }) => id);
    const cancelled = own.find(({ status }) => status === 'cancelled')?.id ?? '';
    const term = (licenseId: string, months: number | null, amount: number, currency: string, paidAt: number, voidedAt: number | null = null) =>
      deps.db.insertInto('license_terms').values({ id: newId(), license_id: licenseId, provider: 'paddle', account: 'main', transaction_id: newId(), order_line_id: null, subscription_id: null, months, period_ends_at: null, paid_at: paidAt, amount_minor: amount, currency, voided_at: voidedAt, void_reason: null, created_at: 1 }).execute();
    const [a = '', b = '', c = ''] = active;
    await term(a, 12, 29_000, 'EUR', 1);
    await term(a, 1, 2_900, 'EUR', 2);
    await term(b, 12, 120_000, 'USD', 1);
    await term(b, 1, 999_999, 'USD', 2, 5);
    await term(c, null, 50_000, 'EUR', 1);
    await term(c, 12, 12_000, 'JPY', 2);
    await term(cancelled, 1, 7_700, 'EUR', 1);
    await rebuildFigures(deps);
    const { text } = await admin.get('/');
    for (const money of ['€29.00', 'US$100.00', 'JP¥1,000']) assert.ok(text.includes(`<span>${money}</span>`), `${money} in ${/figure-value figure-value-small.*?<\/a>/s.exec(text)?.[0]}`);
  });

  it('replays a dead delivery, shows its body escaped, and tells the audit log', async () => {
    const { admin, deps } = await open();
    const id = newId();
    await deps.db.insertInto('inbox').values({ id, provider: 'woocommerce', account: 'main', event_id: id, topic: 'order.created', body: Buffer.from('{"note":"<script>alert(1)</script>"}'), status: 'dead', reason: 'no mapping for <b>', deliveries: 3, occurred_at: null, received_at: deps.now(), handled_at: null }).execute();
    assert.match((await admin.get('/')).text, /Purchases need you: 1\./);
    assert.match((await admin.get('/deliveries?status=dead')).text, new RegExp(`/deliveries/${id}`));
    const { text } = await admin.get(`/deliveries/${id}`);
    assert.ok(!text.includes('<script>alert') && text.includes('&lt;script&gt;alert(1)') && text.includes('no mapping for &lt;b&gt;'));
    assert.equal((await admin.post(`/deliveries/${id}/replay`)).status, 303);
    assert.equal((await deps.db.selectFrom('inbox').select('status').where('id', '=', id).executeTakeFirstOrThrow()).status, 'received');
    assert.equal((await deps.db.selectFrom('jobs').selectAll().where('kind', '=', 'apply-delivery').execute()).length, 1);
    assert.match((await admin.get('/audit?entity=delivery&actor=user%3Aadmin%40localhost')).text, /Delivery processed again/);
    assert.ok(!(await admin.get('/audit?entity=delivery&actor=nobody')).text.includes('Delivery processed again'));
  });

  it('speaks the language of the browser or the chosen one, on every page', async () => {
    const { admin, deps } = await open();
    const customer = await deps.db.selectFrom('customers').select('id').executeTakeFirstOrThrow();
    const license = await deps.db.selectFrom('licenses').select('id').where('key_digest', '=', deps.vault.digest(developmentKey.replaceAll('-', ''))).executeTakeFirst();
    for (const url of ['/', '/customers', `/customers/${customer.id}`, '/licenses', `/licenses/${license?.id ?? ''}`, '/new-license', '/deliveries', '/emails', '/audit', '/password', '/nothing']) {
      const { text } = await admin.get(url, { 'accept-language': 'it-IT,it;q=0.9,en;q=0.5' });
      assert.match(text, /<html lang="it"/, url);
      assert.match(text, url === '/nothing' ? /Qui non c&#x27;è nulla/ : /Panoramica/, url);
    }
    await admin.get('/');
    await admin.post('/preferences', { language: 'it' });
    assert.match((await admin.get('/', { 'accept-language': 'en' })).text, /Panoramica/);
    await admin.post('/preferences', { language: 'en' });
  });

  it('answers anything that is sent to it without an error of its own', async () => {
    const { admin, deps } = await open();
    const { id } = await createLicense(admin, { email: 'fuzz@example.com', domain: 'fuzz.example.com' });
    const delivery = await deps.db.selectFrom('inbox').select('id').executeTakeFirstOrThrow();
    const posts = ['/login', '/preferences', '/password', '/new-license', `/licenses/${id}/suspend`, `/licenses/${id}/reactivate`, `/licenses/${id}/cancel`, `/licenses/${id}/reveal`, `/licenses/${id}/unlock`, `/licenses/${id}/sites/x/release`, `/deliveries/${delivery.id}/replay`, '/licenses/%00/suspend', '/deliveries/%F0%9F%92%A9/replay'];
    const lists = ['/licenses', '/customers', '/audit', '/deliveries', '/emails', '/new-license', '/licenses/x', '/customers/x', '/deliveries/x', '/new-license/x'];
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.constantFrom('', '0', '-1', '99999999999999999999', '__proto__', '\0', "'; drop table licenses; --", '{{constructor}}', '<script>', 'x'.repeat(5_000), '1.1', '9999999999999999.x', '\uD800'));
    const fields = fc.dictionary(fc.constantFrom('email', 'password', 'current', 'repeated', 'plan', 'duration', 'months', 'domain', 'name', 'reason', 'form_id', 'next', 'theme', 'language', 'q', 'status', 'after', 'before', 'entity', 'actor', 'id', '__proto__', 'constructor'), text, { maxKeys: 8 });
    await admin.get('/');
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...posts), fields, fc.constantFrom(...lists), async (path, form, list) => {
        const posted = await admin.post(path, Object.fromEntries(Object.entries(form).map(([name, value]) => [name, value.toWellFormed()])));
        assert.ok(posted.status < 500, `POST ${path} ${JSON.stringify(form)} -> ${posted.status}`);
        const query = new URLSearchParams(Object.entries(form).map(([name, value]): [string, string] => [name, value.slice(0, 400)]));
        const got = await admin.get(`${list}?${query.toString()}`);
        assert.ok(got.status < 500, `GET ${list}?${query.toString()} -> ${got.status}`);
        assert.ok(!/\bat .+\.ts:\d+/.test(got.text), 'no stack trace');
      }),
      { numRuns: 250 },
    );
    assert.equal((await admin.get('/')).status, 200, 'still signed in');
    const stranger = visitor(createAdmin(deps));
    await stranger.get('/login');
    for (const path of ['/login', '/preferences']) assert.equal((await stranger.post(path, { email: 'x'.repeat(60_000) })).status, 413);
  });
});
