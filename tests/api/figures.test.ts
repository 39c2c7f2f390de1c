import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, it } from 'node:test';
import { listTopUsers } from '../../server/admin/usage-lists.store.ts';
import type { Scope } from '../../server/access/scope.ts';
import { countFigures, rebuildFigures } from '../../server/figures/count-figures.ts';
import { readStatistics } from '../../server/figures/read-statistics.ts';
import { newId } from '../../server/ids.ts';
import { generateLicenseKey } from '../../server/licenses/license-key.rules.ts';
import { findAnything } from '../../server/search/find-anything.ts';
import { signedInVisitor, type Visitor } from '../admin-client.ts';
import { createTestApp, onBothDatabases, type TestApp } from '../harness.ts';
import { writeLedgerRow } from '../ledger-rows.ts';

const dayMs = 86_400_000;

onBothDatabases('the figures of the dashboard', (engine) => {
  let app: TestApp;
  let admin: Visitor;
  let customers: { anna: string; zoe: string };
  let licenses: { anna: string; zoe: string; trial: string };
  let key: string;
  let reseller: Scope & { kind: 'organization' };

  before(async () => {
    app = await createTestApp(engine);
    ({ visitor: admin } = await signedInVisitor(app));
    const { db } = app.deps;
    const id = newId();
    reseller = { kind: 'organization', id, path: `/${id}/` };
    await db.insertInto('organizations').values({ id, parent_id: null, kind: 'reseller', name: 'Reseller', path: reseller.path, license_quota: null, licenses_used: 0, disabled_at: null, created_at: 1, updated_at: 1 }).execute();
    const issue = async (email: string, name: string, plan: string, months: number, domain: string) => {
      const { body, status } = await app.call('post', '/api/create_license', { token: app.adminToken, body: { email, name, company: `${name} & Söhne`, plan, months, domain } });
      assert.equal(status, 201);
      return body as { license_key: string; license_id: string; customer: { id: string } };
    };
    const [first, second, third] = [await issue('anna@example.com', 'Anna Bianchi', 'pro', 1, 'anna-shop.example.com'), await issue('zoe@example.org', 'Zoë Çelik', 'agency', 12, 'zoe-shop.example.org'), await issue('anna@example.com', 'Anna Bianchi', 'starter', 2, 'trial.example.com')];
    customers = { anna: first.customer.id, zoe: second.customer.id };
    licenses = { anna: first.license_id, zoe: second.license_id, trial: third.license_id };
    key = first.license_key;
    const pay = (license: string, months: number, amount: number, currency: string, paidAt: number) =>
      db.insertInto('license_terms').values({ id: newId(), license_id: license, provider: 'paddle', account: 'main', transaction_id: newId(), order_line_id: null, subscription_id: null, months, period_ends_at: null, paid_at: paidAt, amount_minor: amount, currency, voided_at: null, void_reason: null, created_at: 1 }).execute();
    await pay(licenses.anna, 1, 2_900, 'USD', app.clock.now);
    await pay(licenses.zoe, 12, 120_000, 'JPY', app.clock.now);
    await pay(licenses.trial, 1, 0, 'USD', app.clock.now - dayMs);
    const order = (number: string, customer: string, currency: string, total: number, refunded: number, paidAt: number) =>
      db.insertInto('orders').values({ id: newId(), provider: 'paddle', account: 'main', external_id: number, number, customer_id: customer, status: 'completed', currency, total_minor: total, refunded_minor: refunded, subscription_id: null, is_renewal: 0, paid_at: paidAt, snapshot_at: 1, revision: 1, created_at: app.clock.now, updated_at: app.clock.now }).execute();
    await order('2026-1042', customers.anna, 'USD', 2_900, 900, app.clock.now);
    await order('2026-1043', customers.zoe, 'JPY', 120_000, 0, app.clock.now - 40 * dayMs);
    await db.updateTable('customers').set({ organization_id: id }).where('id', '=', customers.zoe).execute();
    await db.updateTable('licenses').set({ organization_id: id }).where('id', '=', licenses.zoe).execute();
    await writeLedgerRow(db, licenses.anna, app.clock.now - 120_000, { provider: 'openai', model: 'gpt-5.4-mini', input_tokens: 1_200, output_tokens: 34, cost_microcents: 145_000_000 });
    for (let index = 0; index < 25; index += 1) await writeLedgerRow(db, licenses.zoe, app.clock.now - 120_000 - index, { provider: 'anthropic', model: 'claude-haiku-4-5', status: index < 5 ? 'failed' : 'completed', cost_microcents: 10, key_source: 'own' });
    await countFigures(app.deps);
  });
  after(() => app.close());
  const textOf = async (path: string) => {
    const { status, text } = await admin.get(path);
    assert.equal(status, 200, `${path} answers ${status}`);
    return text;
  };

  it('show how the business stands, each currency by itself, and lead to what is behind them', async () => {
    const text = await textOf('/');
    for (const shown of ['US$29.00', 'JP¥10,000', '0 of 0 paid licences lost', '0 of 1 trials paid', 'Revenue by month, USD', 'Revenue by month, JPY', 'What the figures mean']) assert.ok(text.includes(shown), shown);
    for (const href of ['/customers', '/licenses?status=active', '/usage', '/expiring', '/licenses?status=expired', '/providers']) assert.ok(text.includes(`href="${href}"`), href);
    assert.match(text, /5 of 25 requests of the last 24 hours failed/, 'a provider that fails is named');
    assert.match(text, /<svg class="chart-bars"[^>]*role="img" aria-label="New and lost licences/);
    assert.match(text, /<details class="chart-numbers">.*<th scope="row">21 Nov 2026<\/th>/s, 'the numbers stand there as a table');
    assert.ok(!text.includes('style='), 'the policy of the page allows no inline style');
    for (const period of ['7d', '90d', '12m', 'nonsense']) await textOf(`/?period=${period}`);
    assert.match((await textOf('/?period=12m')), /<th scope="row">November 2026<\/th>/);
  });

  it('subtract refunds in the month of their order', async () => {
    const { body } = await app.call('get', '/api/v1/statistics?period=12m&currency=USD', { token: app.adminToken });
    assert.deepEqual(body.revenue.map(({ currency }: { currency: string }) => currency), ['USD']);
    assert.deepEqual(body.revenue[0].months.at(-1), { month: '2026-11', gross_minor: 2_900, refunded_minor: 900, net_minor: 2_000, orders: 1 });
    assert.deepEqual(body.recurring, [{ currency: 'USD', mrr_minor: 2_900, paying_customers: 1, paying_licenses: 1, arpu_minor: 2_900 }]);
  });

  it('are those of the statistics API, which refuses what it does not know', async () => {
    const { body } = await app.call('get', '/api/v1/statistics?group=day', { token: app.adminToken });
    assert.deepEqual([body.customers.total, body.licenses.active, body.licenses.new, body.licenses.expiring_30_days, body.requests_24h], [3, 4, 4, 0, 26]);
    assert.deepEqual(body.usage.map(({ name, calls, cost_usd }: Record<string, unknown>) => [name, calls, cost_usd]), [['2026-11-21', 26, '1.45000250']]);
    assert.deepEqual(body.trials, { started: 1, converted: 0, running: 1, share: null });
    for (const query of ['period=1d', 'group=colour', 'currency=euro']) assert.equal((await app.call('get', `/api/v1/statistics?${query}`, { token: app.adminToken })).status, 400, query);
    assert.equal((await app.call('get', '/api/v1/statistics')).status, 401);
  });

  it('of an organisation are those of its own subtree', async () => {
    const own = await readStatistics(app.deps.db, reseller, '30d', app.clock.now);
    assert.deepEqual([own.customers.total, own.licenses.active, own.requestsOfDay], [1, 1, 25]);
    assert.deepEqual(own.recurring, [{ currency: 'JPY', minor: 10_000, payingCustomers: 1, payingLicenses: 1, perCustomerMinor: 10_000 }]);
    assert.deepEqual(own.revenue.currencies.map(({ currency }) => currency), ['JPY']);
    const found = async (text: string) => {
      const { licenses: ofKeys, customers: people, orders, sites } = await findAnything(app.deps, reseller, text);
      return [ofKeys, people, orders, sites].map(({ length }) => length);
    };
    for (const foreign of [key, 'anna@example.com', 'anna', 'bianchi', '2026-1042', 'anna-shop.example.com', key.slice(-4)]) assert.deepEqual(await found(foreign), [0, 0, 0, 0], foreign);
    assert.deepEqual(await found('zoe'), [0, 1, 0, 1]);
    assert.deepEqual(await found('2026-'), [0, 0, 1, 0]);
    await assert.rejects(readStatistics(app.deps.db, { kind: 'customer', customerId: customers.anna }, '30d', 0), { code: 'NOT_FOUND' });
  });

  it('one search box finds a key in any form, an address, a domain, an order, a name and a company', async () => {
    const leadsTo = async (text: string) => (await admin.get(`/search?q=${encodeURIComponent(text)}`)).headers['location'];
    for (const form of [key, key.toLowerCase(), key.replaceAll('-', ' '), key.replaceAll('-', '')]) assert.equal(await leadsTo(form), `/licenses/${licenses.anna}`, form);
    assert.equal(await leadsTo('ANNA@example.com'), `/customers/${customers.anna}`);
    assert.equal(await leadsTo('zoe@ex'), `/customers/${customers.zoe}`);
    assert.equal(await leadsTo('celik'), `/customers/${customers.zoe}`, 'without its accents');
    assert.equal(await leadsTo('bian anna'), `/customers/${customers.anna}`, 'words in any order');
    assert.equal(await leadsTo('https://www.zoe-shop.example.org/shop'), `/licenses/${licenses.zoe}`);
    const order = await app.deps.db.selectFrom('orders').select('id').where('number', '=', '2026-1042').executeTakeFirstOrThrow();
    assert.equal(await leadsTo('#2026-1042'), `/orders/${order.id}`);
    const several = await textOf('/search?q=2026-');
    assert.ok(several.includes('2026-1042') && several.includes('2026-1043'));
    const bySohne = await textOf('/search?q=sohne');
    assert.ok(bySohne.includes('Anna Bianchi') && bySohne.includes('Zoë Çelik'), 'the company of both');
    assert.match(await textOf('/search?q=nobody-at-all'), /Nothing was found|nothing/i);
    const unknownKey = generateLicenseKey(randomBytes);
    assert.equal(await leadsTo(unknownKey), '/search?key=unknown', 'a whole key is neither shown again nor left in the address');
    assert.match(await textOf('/search?key=unknown'), /no licence/i);
    for (const odd of ['', ' ', '%', '_', "'; drop table licenses; --", '{{constructor}}', '\u{1F4A9}', 'x'.repeat(5_000), '\0']) assert.ok((await admin.get(`/search?q=${encodeURIComponent(odd)}`)).status < 500, odd);
  });

  it('name who used most in a month, what it cost and what is left of their price', async () => {
    const byCalls = await textOf('/usage/customers?month=2026-11');
    assert.ok(byCalls.indexOf('Zoë Çelik') < byCalls.indexOf('Anna Bianchi'));
    const byCost = await textOf('/usage/customers?month=2026-11&order=cost');
    assert.ok(byCost.indexOf('Anna Bianchi') < byCost.indexOf('Zoë Çelik'));
    assert.match(byCost, /US\$1\.45.*US\$29\.00.*95%/s, 'a margin where price and cost are in the same currency');
    assert.match(await textOf('/usage/licenses'), new RegExp(`/licenses/${licenses.zoe}`));
    assert.match(await textOf('/usage/licenses?month=2025-01'), /Nobody asked an AI in this month/);
    for (const by of ['provider', 'model', 'plan_id', 'key_source', 'day']) assert.match(await textOf(`/usage?by=${by}&period=7d`), /US\$1\.45/, by);
    assert.ok(!(await textOf('/usage?provider=anthropic&by=model')).includes('gpt-5.4-mini'));
  });

  it('show no name of another organisation to one that a customer has left', async () => {
    const { db } = app.deps;
    const top = async () => (await listTopUsers(db, reseller, 'customer', Date.UTC(2026, 10, 1), 'calls', {})).rows.map(({ name, calls }) => [name, calls]);
    assert.deepEqual(await top(), [['Zoë Çelik', 25]]);
    await db.updateTable('customers').set({ organization_id: null }).where('id', '=', customers.zoe).execute();
    assert.deepEqual(await top(), [['', 25]]);
    await db.updateTable('customers').set({ organization_id: reseller.id }).where('id', '=', customers.zoe).execute();
    const own = await listTopUsers(db, { kind: 'customer', customerId: customers.anna }, 'license', Date.UTC(2026, 10, 1), 'calls', {});
    assert.deepEqual(own.rows.map(({ id }) => id), [licenses.anna]);
  });

  it('list what expires, the next first', async () => {
    const text = await textOf('/expiring?days=90');
    assert.ok(text.indexOf(licenses.anna) < text.indexOf(licenses.trial) && text.includes(licenses.trial) && !text.includes(licenses.zoe));
    assert.ok(!(await textOf('/expiring?days=7')).includes(licenses.anna));
  });

  it('the ledger can be read through the API page by page, filtered', async () => {
    const read = async (query: string) => (await app.call('get', `/api/v1/usage-records?${query}`, { token: app.adminToken })).body as { data: { id: string; status: string }[]; next_cursor: string | null };
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: { data: { id: string }[]; next_cursor: string | null } = await read(`limit=10${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    assert.deepEqual([seen.length, new Set(seen).size], [26, 26]);
    assert.equal((await read('status=failed')).data.length, 5);
    assert.equal((await read(`license_id=${licenses.anna}`)).data.length, 1);
    assert.equal((await read('created_to=2026-01-01T00:00:00Z')).data.length, 0);
    for (const query of ['cursor=x', 'limit=0', 'limit=999', 'status=odd', 'created_from=yesterday']) assert.equal((await app.call('get', `/api/v1/usage-records?${query}`, { token: app.adminToken })).status, 400, query);
  });

  it('of usage can be read through the API, grouped, filtered and page by page', async () => {
    const read = async (query: string) => (await app.call('get', `/api/v1/usage?${query}`, { token: app.adminToken })).body as { data: { name: string; calls: number; cost_usd: string }[]; next_cursor: string | null };
    const lines = async (query: string) => (await read(query)).data.map(({ name, calls }) => [name, calls]);
    assert.deepEqual(await lines(''), [['openai', 1], ['anthropic', 25]]);
    assert.deepEqual(await lines('group=key_source&provider=anthropic'), [['own', 25]]);
    assert.deepEqual(await lines('group=day&period=7d'), [['2026-11-21', 26]]);
    assert.deepEqual(await lines('group=customer'), [[customers.zoe, 25], [customers.anna, 1]]);
    assert.deepEqual(await lines('group=license&order=cost&month=2026-11'), [[licenses.anna, 1], [licenses.zoe, 25]]);
    const first = await read('group=license&limit=1');
    assert.deepEqual(await lines(`group=license&limit=1&cursor=${first.next_cursor ?? ''}`), [[licenses.anna, 1]]);
    assert.deepEqual(await lines('group=customer&month=2025-01'), []);
    for (const query of ['group=license&cursor=x', 'limit=0', 'limit=999', 'group=odd', 'group=license&month=november']) assert.equal((await app.call('get', `/api/v1/usage?${query}`, { token: app.adminToken })).status, 400, query);
  });

  it('speak Italian as well', async () => {
    for (const [path, text] of [['/', 'Che cosa significano i dati'], ['/usage', 'Utilizzo'], ['/usage/customers', 'Clienti principali'], ['/expiring', 'Licenze in scadenza'], ['/search?q=', 'Che cosa cerchi?']] as const) {
      assert.ok((await admin.get(path, { 'accept-language': 'it' })).text.includes(text), path);
    }
  });

  it('say how far their first count has come, and look again by themselves until it is done', async () => {
    const { db } = app.deps;
    await db.deleteFrom('figure_cursors').where('name', 'in', ['counted', 'changed:license']).execute();
    const counting = await admin.get('/');
    assert.match(counting.text, /The figures are being counted/);
    assert.match(counting.text, /Customers<\/span> <span class="tabular">100%.*Licences<\/span> <span class="tabular">0%/s);
    assert.equal(counting.headers['refresh'], '15');
    await rebuildFigures(app.deps);
    const counted = await admin.get('/');
    assert.doesNotMatch(counted.text, /The figures are being counted/);
    assert.equal(counted.headers['refresh'], undefined);
  });

  it('count a licence as lost once it has run out, and no longer when it comes back', async () => {
    const churn = async () => (await readStatistics(app.deps.db, { kind: 'all' }, '90d', app.clock.now)).churn;
    app.clock.now += 35 * dayMs;
    await rebuildFigures(app.deps);
    assert.deepEqual(await churn(), { lost: 1, base: 0, share: undefined }, 'both were issued within the period');
    app.clock.now += 90 * dayMs;
    await app.deps.db.updateTable('licenses').set({ expires_at: app.clock.now - 1 }).where('id', '=', licenses.zoe).execute();
    await rebuildFigures(app.deps);
    assert.deepEqual(await churn(), { lost: 1, base: 1, share: 1_000 });
    await app.deps.db.updateTable('licenses').set({ expires_at: app.clock.now + dayMs }).where('id', '=', licenses.zoe).execute();
    await rebuildFigures(app.deps);
    assert.deepEqual(await churn(), { lost: 0, base: 1, share: 0 });
  });
});
