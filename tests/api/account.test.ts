import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, it } from 'node:test';
import supertest from 'supertest';
import { visitor } from '../admin-client.ts';
import { linkSentTo, outbox, signIn } from '../buyer.ts';
import { licensesOf, paddleEvent, payload, sendPaddle, sendWoo, wooOrder, work, billingVariables, map } from '../deliveries.ts';
import { onBothDatabases, useTestApp, type TestApp } from '../harness.ts';

const keyPattern = /CHA(-[0-9A-Z]{4}){4}/;
const minute = 60_000;

/** Somebody who has bought one Pro licence in the shop. */
async function bought(app: TestApp, email: string): Promise<string> {
  await sendWoo(app, wooOrder({ billing: { first_name: 'Ada', last_name: 'Buyer', company: '', country: 'IT', email } }));
  await work(app);
  const license = (await licensesOf(app)).find((row) => row.email === email);
  assert.ok(license);
  return license.id;
}

const audited = async ({ deps }: TestApp, action: string) => (await deps.db.selectFrom('audit_log').selectAll().where('action', '=', action).execute()).map(({ actor, entity_id: id }) => `${actor} ${id}`);

onBothDatabases("the buyer's sign-in", (engine) => {
  const open = useTestApp(engine, billingVariables);

  it('sends a link that signs in once; opening it, as mail scanners do, uses nothing up', async () => {
    const app = await open();
    await bought(app, 'ada@example.test');
    const buyer = visitor(app.api);
    await buyer.get('/account/sign-in');
    await buyer.post('/account/sign-in', { email: ' ADA@example.test ' });
    await work(app);
    const link = linkSentTo(app, 'ada@example.test');
    for (let n = 0; n < 3; n += 1) assert.equal((await supertest(app.api).get(link)).status, 200);
    await buyer.get(link);
    const results = await Promise.all([buyer.post(link), buyer.post(link), buyer.post(link)]);
    assert.deepEqual(results.map(({ status }) => status).sort((a, b) => a - b), [303, 410, 410]);
    assert.equal((await buyer.get('/account')).status, 200);
    assert.equal((await visitor(app.api).get(link)).status, 410);
    const stored = JSON.stringify([await app.deps.db.selectFrom('emails').selectAll().execute(), await app.deps.db.selectFrom('jobs').selectAll().execute(), await app.deps.db.selectFrom('audit_log').selectAll().execute()]);
    assert.ok(!stored.includes(link.split('/').at(-1) ?? ''), 'no token rests in the outbox table, the queue or the audit log');
  });

  it('lets a link die after 15 minutes, and when the customer gets another address', async () => {
    const app = await open();
    const buyer = visitor(app.api);
    await bought(app, 'late@example.test');
    const ask = async (email: string) => {
      await buyer.get('/account/sign-in');
      await buyer.post('/account/sign-in', { email });
      await work(app);
      return linkSentTo(app, email);
    };
    const late = await ask('late@example.test');
    await buyer.get(late);
    app.clock.now += 15 * minute;
    assert.equal((await buyer.post(late)).status, 410);
    const moved = await ask('late@example.test');
    const signedIn = await signIn(app, 'late@example.test');
    const { id } = await app.deps.db.selectFrom('customers').select('id').where('email', '=', 'late@example.test').executeTakeFirstOrThrow();
    await app.call('put', `/api/customer/${id}`, { token: app.adminToken, body: { email: 'corrected@example.test' } });
    assert.equal((await buyer.get(moved)).status, 410);
    assert.equal((await signedIn.get('/account')).headers['location'], '/account/sign-in');
  });

  it('answers for an address that nobody has as for one that somebody has, and works alike on it', async () => {
    const app = await open();
    await bought(app, 'known@example.test');
    const traces = [];
    for (const email of ['known@example.test', 'nobody@example.test']) {
      const buyer = visitor(app.api);
      await buyer.get('/account/sign-in');
      const before = await app.deps.db.selectFrom('jobs').select('kind').where('kind', '=', 'send-sign-in-link').execute();
      const answer = await buyer.post('/account/sign-in', { email });
      const jobs = await app.deps.db.selectFrom('jobs').select('kind').where('kind', '=', 'send-sign-in-link').execute();
      const page = await buyer.get('/account/sign-in?sent=1');
      traces.push({ status: answer.status, location: answer.headers['location'], text: answer.text, jobs: jobs.length - before.length, page: page.text.replace(/nonce="[^"]+"|name="_csrf" value="[^"]+"/g, '') });
      await work(app);
    }
    assert.deepEqual(traces[0], traces[1]);
    assert.equal(outbox(app).filter(({ to }) => to === 'nobody@example.test').length, 0);
  });

  it('sends four e-mails to one address in 15 minutes at most, without saying so, and refuses an address of the net that asks on and on', async () => {
    const app = await open();
    app.clock.now += 60 * minute;
    await bought(app, 'flooded@example.test');
    const buyer = visitor(app.api);
    await buyer.get('/account/sign-in');
    for (let n = 0; n < 10; n += 1) assert.equal((await buyer.post('/account/sign-in', { email: 'flooded@example.test' })).headers['location'], '/account/sign-in?sent=1');
    await work(app);
    assert.equal(outbox(app).filter(({ to, text }) => to === 'flooded@example.test' && text.includes('/account/link/')).length, 4);
    const statuses = [];
    for (let n = 0; n < 12; n += 1) statuses.push((await buyer.post('/account/sign-in', { email: `guess${n}@example.test` })).status);
    assert.deepEqual([...new Set(statuses)], [303, 429]);
    assert.equal(statuses.filter((status) => status === 303).length, 10);
    app.clock.now += 15 * minute;
    assert.equal((await buyer.post('/account/sign-in', { email: 'flooded@example.test' })).status, 303);
  });

  it('takes no form without its token, or from another site, and says what is wrong with an address', async () => {
    const app = await open();
    const buyer = visitor(app.api);
    await buyer.get('/account/sign-in');
    assert.equal((await buyer.post('/account/sign-in', { email: 'a@example.test', _csrf: 'x' })).status, 403);
    assert.equal((await buyer.post('/account/sign-in', { email: 'a@example.test' }, { 'sec-fetch-site': 'cross-site' })).status, 403);
    const wrong = await buyer.post('/account/sign-in', { email: 'not an address' });
    assert.equal(wrong.status, 422);
    assert.match(wrong.text, /Enter an e-mail address such as/);
  });

  it('keeps its cookie from scripts and other sites, and behind https from plain connections; signing out ends the session', async () => {
    const app = await open();
    await bought(app, 'cookie@example.test');
    const buyer = await signIn(app, 'cookie@example.test');
    const token = buyer.cookies.get('chatello_account');
    assert.ok(token);
    const headers = (await buyer.get('/account')).headers;
    assert.match(headers['content-security-policy'] ?? '', /default-src 'none'.*frame-ancestors 'none'/);
    assert.equal(headers['cache-control'], 'no-store');
    await buyer.post('/account/sign-out');
    buyer.cookies.set('chatello_account', token);
    assert.equal((await buyer.get('/account')).headers['location'], '/account/sign-in');
    for (const path of ['/account', '/account/licenses/x', '/account/licenses/x/statement', '/account/orders/x/invoice']) assert.equal((await visitor(app.api).get(path)).headers['location'], '/account/sign-in');
  });

  it('shows a page where there is none, and lets browsers keep its styles', async () => {
    const app = await open();
    for (const path of ['/account/nothing', '/pricing/nothing', '/thanks/nothing']) {
      const answer = await visitor(app.api).get(path);
      assert.equal(answer.status, 404, path);
      assert.match(answer.text, /<h1[^>]*>There is nothing here/);
    }
    assert.match((await visitor(app.api).get('/assets/site.css')).headers['cache-control'] ?? '', /max-age=3600/);
    assert.equal((await visitor(app.api).get('/accounts')).body.error.code, 'NOT_FOUND');
  });

  it('stands in nobody\'s way when a customer is deleted: links and sessions go along', async () => {
    const app = await open();
    const { body } = await app.call('post', '/api/customer', { token: app.adminToken, body: { email: 'leaving@example.test', name: 'Leaving' } });
    const buyer = await signIn(app, 'leaving@example.test');
    await buyer.post('/account/sign-in', { email: 'leaving@example.test' });
    await work(app);
    const id = JSON.stringify(body).match(/[0-9a-f-]{36}/)?.[0] ?? '';
    assert.equal((await app.call('delete', `/api/customer/${id}`, { token: app.adminToken })).status, 200);
    assert.equal((await buyer.get('/account')).headers['location'], '/account/sign-in');
  });

  it('speaks Italian to a browser that does, and to whoever chooses it', async () => {
    const app = await open();
    assert.match((await visitor(app.api).get('/account/sign-in', { 'accept-language': 'it-IT,it;q=0.9' })).text, /<html lang="it"[\s\S]*Inviami un link/);
    const buyer = visitor(app.api);
    const switched = await buyer.get('/account/sign-in?sent=1&lang=it');
    assert.equal(switched.headers['location'], '/account/sign-in?sent=1');
    assert.match((await buyer.get('/account/sign-in')).text, /Inviami un link/);
  });
});

onBothDatabases("the buyer's account behind https", (engine) => {
  const open = useTestApp(engine, { ...billingVariables, PUBLIC_URL: 'https://licences.example.test' });

  it('sets cookies with the __Host- prefix, Secure, HttpOnly and SameSite=Lax', async () => {
    const app = await open();
    await bought(app, 'tls@example.test');
    const buyer = visitor(app.api);
    await buyer.get('/account/sign-in');
    await buyer.post('/account/sign-in', { email: 'tls@example.test' });
    await work(app);
    const link = linkSentTo(app, 'tls@example.test');
    await buyer.get(link);
    const cookie = ((await buyer.post(link)).headers['set-cookie'] as unknown as string[]).find((line) => line.includes('chatello_account=')) ?? '';
    for (const part of ['__Host-chatello_account=', 'Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax']) assert.ok(cookie.includes(part), cookie);
    assert.ok(!cookie.includes('Domain'));
  });
});

onBothDatabases("the buyer's account", (engine) => {
  let paddle: Server;
  const asked: { method: string; url: string; auth: string | undefined }[] = [];
  const portal = { url: 'https://customer-portal.paddle.com/cpl_01?token=pga_1' };
  before(async () => {
    paddle = createServer((req: IncomingMessage, res) => {
      asked.push({ method: req.method ?? '', url: req.url ?? '', auth: req.headers.authorization });
      const body = req.url?.endsWith('/invoice') ? { data: { url: `https://invoices.example.test/${asked.length}.pdf` } } : { data: { id: 'cpls_1', urls: { general: { overview: portal.url }, subscriptions: [] } } };
      res.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    }).listen(0, '127.0.0.1');
    await once(paddle, 'listening');
  });
  after(() => paddle.close());
  const variables: Record<string, string> = { ...billingVariables, PADDLE_API_KEY: 'pdl_key', get PADDLE_BASE_URL() {
    return `http://127.0.0.1:${(paddle.address() as AddressInfo).port}`;
  } };
  const open = useTestApp(engine, variables);

  it('shows the licences with status, expiry, plan and sites, and the key when it is asked for, which is audited', async () => {
    const app = await open();
    const id = await bought(app, 'grace@example.test');
    const buyer = await signIn(app, 'grace@example.test');
    const home = await buyer.get('/account');
    assert.match(home.text, /Pro[\s\S]*Active[\s\S]*21 Nov 2027[\s\S]*0 of 3/);
    assert.match(home.text, /Orders and invoices[\s\S]*Paid[\s\S]*€49\.00/);
    const page = await buyer.get(`/account/licenses/${id}`);
    assert.doesNotMatch(page.text, keyPattern);
    const shown = await buyer.post(`/account/licenses/${id}/key`);
    const key = keyPattern.exec(shown.text)?.[0] ?? '';
    assert.equal((await app.call('post', '/api/validate', { key, body: { domain: 'shop.example.com' } })).body.code, 'VALID');
    const { customer_id: customer } = await app.deps.db.selectFrom('licenses').select('customer_id').where('id', '=', id).executeTakeFirstOrThrow();
    assert.deepEqual(await audited(app, 'license.key_shown'), [`customer:${customer} ${id}`]);
    assert.match((await buyer.get(`/account/licenses/${id}`)).text, /shop\.example\.com/);
  });

  it('releases a site, so that another can take its place', async () => {
    const app = await open();
    const id = await bought(app, 'sites@example.test');
    const buyer = await signIn(app, 'sites@example.test');
    await buyer.get(`/account/licenses/${id}`);
    const key = keyPattern.exec((await buyer.post(`/account/licenses/${id}/key`)).text)?.[0] ?? '';
    for (const domain of ['one.example.com', 'two.example.com', 'three.example.com']) await app.call('post', '/api/validate', { key, body: { domain } });
    assert.equal((await app.call('post', '/api/validate', { key, body: { domain: 'four.example.com' } })).body.code, 'DOMAIN_LIMIT_REACHED');
    const site = /\/sites\/([0-9a-f-]{36})\/release/.exec((await buyer.get(`/account/licenses/${id}`)).text)?.[1] ?? '';
    assert.match((await buyer.get(`/account/licenses/${id}/sites/${site}/release`)).text, /one\.example\.com/);
    assert.equal((await buyer.post(`/account/licenses/${id}/sites/${site}/release`)).headers['location'], `/account/licenses/${id}?done=released`);
    assert.equal((await app.call('post', '/api/validate', { key, body: { domain: 'four.example.com' } })).body.code, 'VALID');
  });

  it('pauses and resumes the AI, sets a monthly budget and says what is no amount', async () => {
    const app = await open();
    const id = await bought(app, 'ai@example.test');
    const buyer = await signIn(app, 'ai@example.test');
    await buyer.get(`/account/licenses/${id}`);
    const key = keyPattern.exec((await buyer.post(`/account/licenses/${id}/key`)).text)?.[0] ?? '';
    const settings = async () => (await app.call('get', '/api/v1/ai-settings', { key })).body as { paused: boolean; monthly_budget: string | null };
    await buyer.post(`/account/licenses/${id}/ai/pause`);
    assert.equal((await settings()).paused, true);
    assert.match((await buyer.get(`/account/licenses/${id}`)).text, /The AI is paused/);
    await buyer.post(`/account/licenses/${id}/ai/resume`);
    await buyer.post(`/account/licenses/${id}/ai/budget`, { budget: '25,5' });
    assert.deepEqual([(await settings()).paused, (await settings()).monthly_budget], [false, '25.50']);
    const wrong = await buyer.post(`/account/licenses/${id}/ai/budget`, { budget: 'a lot' });
    assert.equal(wrong.status, 422);
    assert.match(wrong.text, /value="a lot"[\s\S]*Enter an amount/);
    await buyer.post(`/account/licenses/${id}/ai/budget`, { budget: '' });
    assert.equal((await settings()).monthly_budget, null);
  });

  it('sends the key again, once an hour, and shows the statement of a month as a page and as CSV', async () => {
    const app = await open();
    const id = await bought(app, 'again@example.test');
    const buyer = await signIn(app, 'again@example.test');
    const sent = () => outbox(app).filter(({ to, subject }) => to === 'again@example.test' && subject === 'Your Chatello licence key').length;
    await buyer.get(`/account/licenses/${id}`);
    assert.match((await buyer.post(`/account/licenses/${id}/resend`)).headers['location'] ?? '', /done=sent$/);
    assert.match((await buyer.post(`/account/licenses/${id}/resend`)).headers['location'] ?? '', /done=sent-before$/);
    await work(app);
    assert.equal(sent(), 1);
    assert.match((await buyer.get(`/account/licenses/${id}/statement`)).text, /November 2026/);
    assert.equal((await buyer.get(`/account/licenses/${id}/statement?month=soon`)).status, 400);
    assert.match((await buyer.get(`/account/licenses/${id}/statement.csv?month=2026-11`)).headers['content-disposition'] ?? '', /statement-.{4}-2026-11\.csv/);
  });

  it("opens Paddle's portal and invoices with a link made on each click, for a customer whom Paddle knows", async () => {
    const app = await open();
    const { items } = paddleEvent('transaction.completed').data as { items: { price: { id: string } }[] };
    for (const item of items) await map(app, 'paddle', item.price.id, 'pro');
    const scenario = payload<{ customer_id: string }>('paddle/transaction.completed.json') as unknown as { data: { customer_id: string } };
    await sendPaddle(app, paddleEvent('customer.created', { id: scenario.data.customer_id, email: 'paddle@example.test' }));
    await sendPaddle(app, paddleEvent('transaction.completed'));
    await work(app);
    const buyer = await signIn(app, 'paddle@example.test');
    const home = await buyer.get('/account');
    assert.match(home.headers['content-security-policy'] ?? '', /form-action 'self' https:\/\/customer-portal\.paddle\.com/);
    asked.length = 0;
    for (let n = 0; n < 2; n += 1) assert.equal((await buyer.post('/account/payment-methods')).headers['location'], portal.url);
    assert.deepEqual(asked, Array.from({ length: 2 }, () => ({ method: 'POST', url: `/customers/${scenario.data.customer_id}/portal-sessions`, auth: 'Bearer pdl_key' })));
    const invoice = /\/account\/orders\/[0-9a-f-]{36}\/invoice/.exec(home.text)?.[0] ?? '';
    assert.match((await buyer.get(invoice)).headers['location'] ?? '', /^https:\/\/invoices\.example\.test\//);
    portal.url = 'https://evil.example.test/';
    assert.equal((await buyer.post('/account/payment-methods')).status, 503);
    const stranger = await bought(app, 'stranger@example.test').then(() => signIn(app, 'stranger@example.test'));
    assert.equal((await stranger.post('/account/payment-methods')).status, 404);
    assert.equal((await stranger.get(invoice)).status, 404);
  });

  it("never shows or changes another customer's licence", async () => {
    const app = await open();
    const theirs = await bought(app, 'victim@example.test');
    const own = await bought(app, 'attacker@example.test');
    const victim = await signIn(app, 'victim@example.test');
    await victim.get(`/account/licenses/${theirs}`);
    const key = keyPattern.exec((await victim.post(`/account/licenses/${theirs}/key`)).text)?.[0] ?? '';
    await app.call('post', '/api/validate', { key, body: { domain: 'victim.example.com' } });
    const site = /\/sites\/([0-9a-f-]{36})\/release/.exec((await victim.get(`/account/licenses/${theirs}`)).text)?.[1] ?? '';
    const attacker = await signIn(app, 'attacker@example.test');
    const mails = outbox(app).length;
    for (const path of ['', '/statement', '/statement.csv?month=2026-11', `/sites/${site}/release`]) assert.equal((await attacker.get(`/account/licenses/${theirs}${path}`)).status, 404, path);
    for (const path of ['/key', '/resend', '/ai/pause', '/ai/resume', '/ai/budget', `/sites/${site}/release`]) assert.equal((await attacker.post(`/account/licenses/${theirs}${path}`, { budget: '1' })).status, 404, path);
    // A site of another licence under the address of the own one.
    assert.equal((await attacker.get(`/account/licenses/${own}/sites/${site}/release`)).status, 404);
    await attacker.post(`/account/licenses/${own}/sites/${site}/release`);
    await work(app);
    assert.equal(outbox(app).length, mails);
    assert.equal((await app.call('post', '/api/validate', { key, body: { domain: 'victim.example.com' } })).body.code, 'VALID');
    assert.match((await victim.get(`/account/licenses/${theirs}`)).text, /victim\.example\.com/);
    const crossed = await attacker.get('/account');
    assert.ok(!crossed.text.includes(theirs));
    // The token of one session is worth nothing in another.
    const foreign = /name="_csrf" value="([^"]+)"/.exec((await victim.get('/account')).text)?.[1] ?? '';
    assert.equal((await attacker.post(`/account/licenses/${own}/key`, { _csrf: foreign })).status, 403);
  });
});
