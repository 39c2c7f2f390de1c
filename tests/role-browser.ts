import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { launchBrowser } from './browser.ts';
import type { Role } from '../server/access/access.rules.ts';
import { letters, openPages, pageRows } from './access-table.ts';
import type { TestApp } from './harness.ts';
import { dashboardOf } from './people.ts';

const mostPages = 600;

/** `dashboard` and `portal`: where both begin. */
export type Stage = {
  dashboard: string;
  portal: string;
  /** Somebody with a browser of their own, who comes from an address of their own. */
  person: (width: number) => Promise<Page>;
  /** What the browsers have complained of since this was asked last. */
  complaints: () => string[];
  /** Does what is to be refused. The browser complains of such an answer; that one complaint is taken away. */
  refused: (page: Page, status: number, act: () => Promise<unknown>) => Promise<void>;
  /** The links and buttons that somebody is offered and may not use. Follows every link from the start page on, and holds the forms that change something against the table of who may send what. */
  wrongOffers: (page: Page, role: Role) => Promise<string[]>;
  close: () => Promise<void>;
};

/** Both servers of a test app, listening, and a browser. The app must trust one proxy (TRUST_PROXY=1), so that each person has an address of their own. */
export async function openStage(app: TestApp): Promise<Stage> {
  const servers = [dashboardOf(app), app.api].map((express) => createServer(express).listen(0, '127.0.0.1'));
  const [dashboard = '', api = ''] = await Promise.all(servers.map(async (server) => {
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }));
  const portal = `${api}/portal`;
  const browser = await launchBrowser();
  const heard: string[] = [];
  let addresses = 0;
  const nextAddress = () => `10.0.${(addresses += 1) >> 8}.${addresses & 255}`;
  return {
    dashboard,
    portal,
    async person(width) {
      const context = await browser.newContext({ viewport: { width, height: 844 }, locale: 'en-GB', reducedMotion: 'reduce', extraHTTPHeaders: { 'x-forwarded-for': nextAddress() } });
      context.setDefaultTimeout(10_000);
      const page = await context.newPage();
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) heard.push(`${page.url()}: ${message.text()}`);
      });
      page.on('pageerror', (error) => heard.push(`${page.url()}: ${error.message}`));
      return page;
    },
    complaints: () => heard.splice(0),
    async refused(page, status, act) {
      const text = `status of ${status}`;
      await Promise.all([page.waitForEvent('console', (message) => message.text().includes(text)), act()]);
      heard.splice(heard.findIndex((complaint) => complaint.includes(text)), 1);
    },
    wrongOffers: (page, role) => wrongOffers(page, role, page.url().startsWith(dashboard) ? dashboard : portal, nextAddress),
    async close() {
      await browser.close();
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

async function wrongOffers(page: Page, role: Role, base: string, nextAddress: () => string): Promise<string[]> {
  const wrong: string[] = [];
  const from = new Map([[`${base}/`, 'the start']]);
  const seen = new Set<string>();
  for (const [url, origin] of from) {
    const response = await page.request.get(url, { headers: { 'x-forwarded-for': nextAddress() } });
    if (!response.ok()) wrong.push(`${url} from ${origin}: ${response.status()}`);
    if (!response.headers()['content-type']?.startsWith('text/html')) continue;
    const html = await response.text();
    for (const [, action = ''] of html.matchAll(/<form[^>]* action="([^"]*)"[^>]* method="post"/g)) {
      const form = `POST ${new URL(action, base).href.slice(base.length)}`;
      if (!maySend(role, form)) wrong.push(`${form} on ${url}`);
    }
    for (const [, href = ''] of html.matchAll(/<a[^>]* href="([^"#]+)"/g)) {
      const target = new URL(href.replaceAll('&amp;', '&').replaceAll('&#x3D;', '='), url);
      if (!target.href.startsWith(`${base}/`)) continue;
      // Of each list one period and order.
      if (seen.has(target.pathname)) continue;
      seen.add(target.pathname);
      from.set(target.href, url);
    }
    assert.ok(from.size <= mostPages, `more than ${mostPages} pages`);
  }
  return wrong;
}

function maySend(role: Role, form: string): boolean {
  const letter = Object.entries(letters).find(([, name]) => name === role)?.[0] ?? '?';
  const row = Object.entries(pageRows).find(([name]) => new RegExp(`^${name.replace(/:\w+/g, '[^/]+')}$`).test(form));
  return openPages.includes(form) || (row?.[1].includes(letter) ?? false);
}

export const title = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor();
export const says = (page: Page, text: string | RegExp) => page.getByRole('status').filter({ hasText: text }).waitFor();
export const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true }).click();
export const follow = (page: Page, name: string | RegExp) => page.locator('#content').getByRole('link', { name, exact: true }).first().click();
export const fill = (page: Page, label: string, text: string) => page.getByLabel(label, { exact: true }).fill(text);

/** What the navigation offers. */
export const entries = (page: Page) => page.locator('.shell-side .side-nav a span').allTextContents();

/** Goes to an entry of the navigation: at the side, or in the drawer of a narrow screen. */
export async function open(page: Page, entry: string): Promise<void> {
  const isNarrow = (page.viewportSize()?.width ?? 0) < 500;
  if (isNarrow) await page.getByLabel('Menu', { exact: true }).click();
  await page.locator(isNarrow ? '.drawer-panel' : '.shell-side').getByRole('link', { name: entry, exact: true }).click();
  await title(page, entry);
}

/** Opens the menu of the own account. */
export const openAccountMenu = (page: Page) => page.locator('.shell-top summary').filter({ hasText: 'Your account' }).click();

export async function signOut(page: Page): Promise<void> {
  await openAccountMenu(page);
  await press(page, 'Sign out');
  await says(page, 'You are signed out');
}

export async function signIn(page: Page, email: string, password: string): Promise<void> {
  await fill(page, 'E-mail address', email);
  await fill(page, 'Password', password);
  await press(page, 'Sign in');
}

export async function choosePassword(page: Page, password: string): Promise<void> {
  await fill(page, 'New password', password);
  await fill(page, 'New password again', password);
  await press(page, 'Set password');
  await title(page, 'Overview');
}
