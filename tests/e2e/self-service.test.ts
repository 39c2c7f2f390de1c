import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '../browser.ts';
import { seriousFlaws } from '../axe.ts';
import { linkSentTo } from '../buyer.ts';
import { billingVariables, licensesOf, map, paddleEvent, sendPaddle, sendWoo, wooOrder, work } from '../deliveries.ts';
import { createTestApp, type TestApp } from '../harness.ts';

const email = 'a-rather-long-address-of-a-buyer@shop.example.test';
const price = 'pri_e2e_pro_monthly';

/** Stands where Paddle's script does: it keeps what it is told, and its checkout ends when the test says so. */
const paddleScript = `window.Paddle = {
  Environment: { set(name) { window.paddleEnvironment = name; } },
  Initialize(options) { window.paddleOptions = options; },
  Checkout: { open(options) { window.paddleCheckout = options; } },
};`;

// What a browser shows does not depend on the database: tests/api/account.test.ts and pricing.test.ts do the same on both.
describe("a buyer's browser", () => {
  let app: TestApp;
  let server: Server;
  let url = '';
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let license = '';
  const complaints: string[] = [];

  before(async () => {
    app = await createTestApp('sqlite', { ...billingVariables, PADDLE_CLIENT_TOKEN: 'test_0123456789abcdef', PADDLE_ENVIRONMENT: 'sandbox', SHOP_URL: 'https://shop.example.test/chatello' }, Date.now());
    await map(app, 'paddle', price, 'pro', 1);
    await sendWoo(app, wooOrder({ billing: { first_name: 'Ada', last_name: 'Buyer', company: '', country: 'IT', email } }));
    await work(app);
    license = (await licensesOf(app))[0]?.id ?? '';
    server = createServer(app.api).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await launchBrowser();
    context = await browser.newContext({ viewport: { width: 1280, height: 860 }, locale: 'en-GB', reducedMotion: 'reduce' });
    await context.route('https://cdn.paddle.com/**', (route) => route.fulfill({ contentType: 'text/javascript', body: paddleScript }));
    page = await context.newPage();
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(`${page.url()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
  });

  after(async () => {
    await browser?.close();
    server?.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await app?.close();
  });

  const heading = () => page.locator('h1').innerText();

  it('signs in by e-mail, sees the licence, shows the key and frees a site, without JavaScript', async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false, locale: 'it-IT' });
    const page = await plain.newPage();
    await page.goto(`${url}/account`);
    await page.getByLabel('Indirizzo e-mail').fill(email);
    await page.getByRole('button', { name: 'Inviami un link' }).click();
    assert.match(await page.locator('h1').innerText(), /posta/);
    await work(app);
    await page.goto(url + linkSentTo(app, email));
    await page.getByRole('button', { name: 'Apri il mio account' }).click();
    await page.getByRole('link', { name: /Pro/ }).click();
    await page.getByRole('button', { name: 'Mostra chiave' }).click();
    const key = (await page.locator('#license-key').innerText()).trim();
    const answer = await fetch(`${url}/api/validate`, { method: 'POST', headers: { 'x-license-key': key, 'content-type': 'application/json' }, body: JSON.stringify({ domain: 'a-site-with-a-very-long-name-indeed.shop.example.com' }) });
    assert.equal(((await answer.json()) as { code: string }).code, 'VALID');
    await page.goto(`${url}/account/licenses/${license}`);
    await page.getByRole('link', { name: /Libera/ }).click();
    await page.getByRole('button', { name: /Libera/ }).click();
    assert.match(await page.getByRole('status').innerText(), /Liberato/);
    await page.getByRole('link', { name: 'English' }).click();
    assert.match(await page.getByRole('button', { name: 'Pause the AI' }).innerText(), /Pause/);
    await fetch(`${url}/api/validate`, { method: 'POST', headers: { 'x-license-key': key, 'content-type': 'application/json' }, body: JSON.stringify({ domain: 'a-site-with-a-very-long-name-indeed.shop.example.com' }) });
    await plain.close();
  });

  it('buys in the overlay and sees the key arrive without loading the page anew', async () => {
    await page.goto(`${url}/pricing`);
    await page.getByRole('link', { name: 'Buy Pro' }).click();
    await page.waitForURL(/\/pricing\/checkout/);
    await page.waitForLoadState('load');
    const opened = (await page.evaluate('({ environment: paddleEnvironment, token: paddleOptions.token, items: paddleCheckout.items, claim: paddleCheckout.customData.chatello_claim })')) as { environment: string; token: string; items: unknown; claim: string };
    assert.deepEqual({ ...opened, claim: '' }, { environment: 'sandbox', token: 'test_0123456789abcdef', items: [{ priceId: price, quantity: 1 }], claim: '' });
    await page.evaluate(`paddleOptions.eventCallback({ name: 'checkout.completed' })`);
    await page.waitForURL(`${url}/thanks`);
    await page.evaluate('window.isSamePage = true');
    assert.match(await page.locator('[role=status]').innerText(), /arrives here/);
    const paidAt = new Date(app.clock.now).toISOString();
    await sendPaddle(app, paddleEvent('customer.created', { id: 'ctm_e2e', email: 'e2e@example.test' }));
    await sendPaddle(app, paddleEvent('transaction.completed', {
      id: 'txn_e2e', customer_id: 'ctm_e2e', subscription_id: null, billed_at: paidAt, payments: [{ status: 'captured', captured_at: paidAt }], custom_data: { chatello_claim: opened.claim },
      items: [{ quantity: 1, price: { id: price, name: 'Pro', description: 'Pro', billing_cycle: null } }],
      details: { totals: { total: '2900', grand_total: '2900' }, line_items: [{ id: 'line_e2e', price_id: price, quantity: 1, totals: { total: '2900' }, product: { name: 'Pro' } }] },
    }, paidAt));
    await work(app);
    await page.locator('.license-key').waitFor();
    assert.match(await page.locator('.license-key').innerText(), /^CHA(-[0-9A-Z]{4}){4}$/);
    assert.equal(await page.evaluate('window.isSamePage'), true);
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.locator('[data-copy]').click();
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), await page.locator('.license-key').innerText());
    assert.deepEqual(complaints, []);
  });

  it('says so when the checkout cannot be opened', async () => {
    const blocked = await browser.newContext({ locale: 'en-GB' });
    await blocked.route('https://cdn.paddle.com/**', (route) => route.abort());
    const page = await blocked.newPage();
    await page.goto(`${url}/pricing/checkout?plan=pro&billing=monthly`);
    await page.locator('[data-failed]').waitFor({ state: 'visible', timeout: 5_000 });
    await blocked.close();
  });

  it('needs no horizontal scrolling on any page, in any width, colour or language, and no page has a serious flaw', async () => {
    await page.goto(`${url}/account/sign-in`);
    await page.getByLabel('E-mail address').fill(email);
    await page.getByRole('button', { name: 'Send me a link' }).click();
    await work(app);
    const link = linkSentTo(app, email);
    const open = ['/pricing', '/pricing?billing=yearly', '/pricing/checkout?plan=pro&billing=monthly', '/thanks', '/account/sign-in', '/account/sign-in?sent=1', link];
    const site = await app.deps.db.selectFrom('activations').select('id').executeTakeFirstOrThrow();
    const own = `/account/licenses/${license}`;
    const signedIn = ['/account', own, `${own}/sites/${site.id}/release`, `${own}/statement`, `${own}/statement?month=2025-01`];
    const flaws = new Set<string>();
    const look = async (paths: string[]) => {
      for (const [theme, language, widths] of [['dark', 'en', [1280, 390]], ['light', 'it', [390, 1280]]] as const) {
        await context.addCookies([{ name: 'chatello_theme', value: theme, url }, { name: 'chatello_language', value: language, url }]);
        for (const path of paths) {
          await page.goto(url + path);
          assert.deepEqual(await page.evaluate('[document.documentElement.dataset.bsTheme, document.documentElement.lang]'), [theme, language]);
          for (const width of widths) {
            await page.setViewportSize({ width, height: 844 });
            assert.equal(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'), 0, `${path} at ${width}`);
            for (const flaw of await seriousFlaws(page)) flaws.add(`${path} ${theme}: ${flaw}`);
          }
        }
      }
    };
    await look(open);
    await page.goto(url + link);
    await page.getByRole('button').last().click();
    assert.match(await heading(), /account/);
    await look(signedIn);
    assert.deepEqual([...flaws], []);
    assert.deepEqual(complaints, []);
  });
});
