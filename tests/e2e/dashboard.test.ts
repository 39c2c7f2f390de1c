import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '../browser.ts';
import { freePort } from '../../scripts/services.ts';
import { closeDatabase, openDatabase, type Db } from '../../server/db/database.ts';
import { newId } from '../../server/ids.ts';
import { seriousFlaws } from '../axe.ts';
import { createTestDatabase, type TestDatabase } from '../harness.ts';

const ownPassword = 'my very own password';

// What a browser shows does not depend on the database: tests/api/*-pages.test.ts read and change the same on both.
describe('the dashboard in a browser', () => {
  let database: TestDatabase;
  let db: Db;
  let server: ChildProcess;
  let output = '';
  let api = '';
  let url = '';
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const complaints: string[] = [];

  before(async () => {
    database = await createTestDatabase('sqlite');
    const [port, adminPort] = [await freePort(), await freePort()];
    const variables = { NODE_ENV: 'development', PORT: String(port), ADMIN_PORT: String(adminPort), DATA_DIR: database.dataDir, DATABASE_URL: database.url ?? '' };
    server = spawn('node', ['server/main.ts'], { env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...variables }, stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve, reject) => {
      server.once('exit', (code) => reject(new Error(`the server ended with ${code} before it was ready: ${output}`)));
      server.stdout?.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('Try it:')) resolve();
      });
    });
    api = `http://localhost:${port}`;
    url = `http://localhost:${adminPort}`;
    db = openDatabase(database.url, database.dataDir);
    browser = await launchBrowser();
    context = await browser.newContext({ viewport: { width: 1280, height: 860 }, locale: 'en-GB', reducedMotion: 'reduce' });
    page = await context.newPage();
    watch(page);
  });

  after(async () => {
    await browser?.close();
    if (db) await closeDatabase(db);
    if (server?.exitCode === null) {
      server.kill('SIGTERM');
      await once(server, 'exit');
    }
    await database?.drop();
  });

  function watch(page: Page): void {
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(`${page.url()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
    page.on('response', (response) => {
      if (response.status() >= 400) complaints.push(`${response.url()}: ${response.status()}`);
    });
  }

  async function validate(key: string, domain: string): Promise<string> {
    const response = await fetch(`${api}/api/validate`, { method: 'POST', headers: { 'x-license-key': key, 'content-type': 'application/json' }, body: JSON.stringify({ domain }) });
    return ((await response.json()) as { code: string }).code;
  }

  const heading = () => page.locator('h1').innerText();

  it('signs in with the one-time password of the start-up text, which must be replaced at once', async () => {
    const password = /Password +(\S+)/.exec(output)?.[1] ?? '';
    assert.match(output, /Dashboard +http:\/\/localhost:\d+ .*ssh -L/);
    await page.goto(`${url}/licenses`);
    assert.deepEqual(await seriousFlaws(page), []);
    await page.getByLabel('E-mail address').fill('admin@localhost');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    assert.equal(await heading(), 'Choose your own password');
    await page.getByLabel('Current password').fill(password);
    await page.getByLabel('New password', { exact: false }).first().fill(ownPassword);
    await page.getByLabel('New password again').fill(ownPassword);
    await page.getByRole('button', { name: 'Set password' }).click();
    assert.equal(await heading(), 'Overview');
  });

  let key = '';
  let licensePage = '';

  it('creates a licence, which works at once, and finds it by its key', async () => {
    await page.getByRole('link', { name: 'New licence' }).click();
    await page.getByRole('textbox', { name: 'Customer' }).fill('Carla@Example.com');
    await page.getByLabel('Domain', { exact: true }).fill('https://carla-shop.example.com');
    await page.getByRole('button', { name: 'Create licence' }).click();
    key = (await page.locator('#license-key').innerText()).trim();
    assert.match(key, /^CHA(-[0-9A-Z]{4}){4}$/);
    assert.equal(await validate(key, 'carla-shop.example.com'), 'VALID');
    await page.getByRole('searchbox', { name: 'Search' }).first().fill(key.toLowerCase().replaceAll('-', ' '));
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/licenses\/[0-9a-f-]{36}$/);
    licensePage = page.url();
    assert.equal((await page.locator('h1').innerText()).includes(key.slice(-4)), true);
    assert.ok(!(await page.content()).includes(key));
    await page.getByRole('button', { name: 'Show key' }).click();
    assert.equal((await page.locator('#license-key').innerText()).trim(), key);
  });

  it('warns of a delivery that was given up and processes it again', async () => {
    const now = Date.now();
    const row = { provider: 'woocommerce', account: 'main', topic: 'order.created', status: 'dead', deliveries: 1, occurred_at: null, received_at: now, handled_at: null };
    await db.insertInto('inbox').values({ id: newId(), ...row, event_id: 'e2e', body: Buffer.from('{"id":7,"line_items":[]}'), reason: 'no product mapping for "MUG"' }).execute();
    await page.goto(url);
    await page.getByRole('link', { name: 'See why' }).click();
    await page.getByRole('link', { name: 'order.created' }).click();
    assert.match(await page.locator('.body-view').innerText(), /"line_items": \[\]/);
    await page.getByRole('button', { name: 'Process again' }).click();
    assert.match(await page.getByRole('status').innerText(), /processed again/);
  });

  let endpoint = '';
  let webhookDelivery = '';

  it('adds a webhook endpoint, shows its secret, tries it out and says that a private address is not reached', async () => {
    await page.getByRole('link', { name: 'Webhooks' }).click();
    await page.getByRole('link', { name: 'New endpoint' }).click();
    const before = complaints.length;
    await page.getByLabel('Address').fill('https://127.0.0.1/hook');
    await page.getByRole('button', { name: 'Add endpoint' }).click();
    assert.match(await page.locator('#error-url').innerText(), /ALLOWED_PRIVATE_HOSTS/);
    // The browser reports the 422 that it is to get here.
    complaints.splice(before);
    await page.getByLabel('Address').fill(`https://hooks.invalid/${'long-address/'.repeat(20)}`);
    await page.getByRole('button', { name: 'Add endpoint' }).click();
    assert.match(await page.locator('#license-key').innerText(), /^whsec_/);
    await page.getByRole('link', { name: 'Open endpoint' }).click();
    endpoint = new URL(page.url()).pathname.split('/').at(-1) ?? '';
    await page.getByRole('button', { name: 'Send a test event' }).click();
    assert.match(await page.getByRole('status').innerText(), /on its way/);
    webhookDelivery = new URL(page.url()).pathname;
    while (!(await page.locator('dl').innerText()).includes('connection failed')) await page.reload();
    await page.goto(`${url}/webhooks/${endpoint}`);
    await page.getByRole('button', { name: 'Disable' }).click();
    await page.locator('dialog').getByRole('button', { name: 'Disable' }).click();
    assert.match(await page.locator('.alert-success').innerText(), /is disabled/);
    await page.getByRole('button', { name: 'Enable' }).click();
  });

  it('has all of it in the audit log', async () => {
    await page.getByRole('link', { name: 'Audit log' }).click();
    const log = await page.locator('.audit-list').innerText();
    for (const text of ['Delivery processed again', 'Webhook endpoint added', 'Key shown', 'Licence issued', 'Password changed', 'Signed in']) assert.ok(log.includes(text), text);
    assert.ok(!log.includes(key));
  });

  it('needs no horizontal scrolling on any page, in any width, colour or language, and the browser has nothing to complain about', async () => {
    const delivery = await db.selectFrom('inbox').select('id').executeTakeFirstOrThrow();
    const customer = await db.selectFrom('customers').select('id').where('email', '=', 'Carla@Example.com').executeTakeFirstOrThrow();
    const license = new URL(licensePage).pathname;
    const email = { id: newId() };
    await db.insertInto('emails').values({ id: email.id, cause: 'e2e', template: 'purchase', recipient: `${'long'.repeat(20)}@example.com`, locale: 'en', data: '{}', license_id: null, order_id: null, message_id: '<e2e@e2e>', status: 'failed', attempts: 3, last_error: 'The mail server did not take the message (EENVELOPE, 550).', created_at: Date.now(), sent_at: null }).execute();
    const paths = ['/', '/?period=12m', '/usage/customers', '/expiring', '/search?q=carla', '/customers', `/customers/${customer.id}`, '/licenses', '/licenses?q=nobody%40example.com', license, `${license}/suspend`, `${license}/cancel`, `${license}/statement`, `${license}/statement?month=2025-01`, '/new-license', '/deliveries', '/deliveries?status=dead', `/deliveries/${delivery.id}`, '/emails', `/emails/${email.id}`, '/emails/templates', '/emails/templates/purchase/it', '/webhooks', '/webhooks/new', `/webhooks/${endpoint}`, `/webhooks/${endpoint}/edit`, `/webhooks/${endpoint}/delete`, webhookDelivery, '/providers', '/providers/new', '/aliases/chatello-fast', '/prices', '/prices/new', '/plans/pro', '/orders', '/subscriptions', '/usage', '/products', '/mappings', '/users', '/organizations', '/tokens', '/imports', '/imports/new', '/settings', '/system', '/audit', '/password'];
    const flaws = new Set<string>();
    for (const [theme, language, widths] of [['dark', 'en', [1280, 390]], ['light', 'it', [390, 1920]]] as const) {
      await context.addCookies([{ name: 'chatello_theme', value: theme, url }, { name: 'chatello_language', value: language, url }]);
      for (const [index, path] of paths.entries()) {
        await page.goto(url + path);
        assert.deepEqual(await page.evaluate('[document.documentElement.dataset.bsTheme, document.documentElement.lang]'), [theme, language]);
        const unlabelled = await page.evaluate(`[...document.querySelectorAll('input:not([type=hidden], [aria-hidden]), select, textarea')].filter((field) => field.labels.length === 0 && !field.ariaLabel).map((field) => field.outerHTML)`);
        assert.deepEqual(unlabelled, [], path);
        for (const width of widths) {
          await page.setViewportSize({ width, height: 844 });
          assert.equal(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'), 0, `${path} at ${width}`);
          // Wide in dark or narrow in light: pages are made of the same parts, so every second one stands for its neighbour in the other theme.
          if (width === widths[0] && (index % 2 === 0) === (theme === 'dark')) for (const flaw of await seriousFlaws(page)) flaws.add(`${path} ${theme}: ${flaw}`);
        }
      }
    }
    assert.deepEqual([...flaws], []);
    assert.deepEqual(complaints, []);
  });

  it('works without JavaScript: login, language and a change', async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false, locale: 'it-IT' });
    const page = await plain.newPage();
    await page.goto(licensePage);
    await page.locator('[name=email]').fill('admin@localhost');
    await page.locator('[name=password]').fill(ownPassword);
    await page.getByRole('button', { name: 'Accedi' }).click();
    assert.equal(page.url(), licensePage);
    await page.getByRole('link', { name: 'Sospendi' }).click();
    await page.getByLabel('Motivo').fill('senza script');
    await page.getByRole('button', { name: 'Sospendi licenza' }).click();
    assert.match(await page.getByRole('status').innerText(), /sospesa/);
    assert.equal(await validate(key, 'carla-shop.example.com'), 'SUSPENDED');
    assert.match(await page.locator('.audit-list').innerText(), /Licenza sospesa[^]*“senza script”/);
    assert.match((await page.locator('time').first().getAttribute('title')) ?? '', /\d{4}.* UTC$/);
    await plain.close();
  });
});
