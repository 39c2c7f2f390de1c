import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../../tests/browser.ts';
import { startServer, type ServerProcess } from '../../../scripts/support/server-process.ts';
import { zipPlugin } from '../../scripts/zip.ts';
import { startModel, type Model } from './model.ts';
import { startWordPress, type WordPress, type WordPressOptions } from './wordpress.ts';

export const developmentKey = 'CHA-TEST-1234-5678-ABCD';

export type Rig = { wp: WordPress; server: ServerProcess & { dataDir: string }; model: Model; browser: Browser; stop: () => Promise<void>; newServer: () => Promise<void>; /** A new licence for these terms; its key. */ issue: (body: object) => Promise<string> };

/** A WordPress with the plugin installed from its zip, the real Chatello server beside it, a scripted model behind that, and Chromium. */
export async function startRig(options: WordPressOptions & { demo?: boolean } = {}): Promise<Rig> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'chatello-plugin-'));
  const model = await startModel();
  // The scripted model counts as a provider of customers, too.
  const variables = { ALLOWED_PRIVATE_HOSTS: '127.0.0.1', ...(options.demo ? {} : { OPENAI_COMPATIBLE_BASE_URL: model.url, OPENAI_COMPATIBLE_MODEL: 'test-model' }) };
  const server = await startServer(dataDir, variables);
  const wp = await startWordPress({ ...options, constants: { CHATELLO_API_URL: server.apiUrl, ...options.constants } });
  await installPlugin(wp);
  const browser = await launchBrowser(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--host-resolver-rules=MAP *.w.org ~NOTFOUND, MAP *.gravatar.com ~NOTFOUND']);
  const rig: Rig = {
    wp,
    server: { ...server, dataDir },
    model,
    browser,
    async newServer() {
      const { port } = new URL(rig.server.apiUrl);
      rig.server = { dataDir, ...(await startServer(dataDir, { PORT: port, ...variables })) };
    },
    async issue(body) {
      const { ADMIN_API_TOKEN: token } = JSON.parse(readFileSync(path.join(dataDir, 'secrets.json'), 'utf8')) as { ADMIN_API_TOKEN: string };
      const response = await fetch(`${rig.server.apiUrl}/api/create_license`, { method: 'POST', headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }, body: JSON.stringify({ email: 'owner@example.com', months: 1, ...body }) });
      assert.equal(response.status, 201);
      return ((await response.json()) as { license_key: string }).license_key;
    },
    async stop() {
      await browser.close();
      await wp.stop();
      if (rig.server.child.exitCode === null) await rig.server.stop();
      await model.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return rig;
}

/** Installs the zip as WordPress does after an upload, and switches the plugin on. */
async function installPlugin(wp: WordPress): Promise<void> {
  const result = await wp.php<unknown[]>(
    `require_once ABSPATH . 'wp-admin/includes/admin.php'; require_once ABSPATH . 'wp-admin/includes/class-wp-upgrader.php';
     $upgrader = new Plugin_Upgrader(new Automatic_Upgrader_Skin()); $done = $upgrader->install('${zipPlugin()}');
     $on = activate_plugin('chatello/chatello.php'); return [$done, is_wp_error($on) ? $on->get_error_message() : $on];`,
    { user: 'admin' },
  );
  assert.deepEqual(result, [true, null]);
}

export async function signIn(page: Page, wp: WordPress): Promise<void> {
  await page.goto(`${wp.url}/wp-login.php`);
  await page.fill('#user_login', 'admin');
  await page.fill('#user_pass', 'password');
  await page.click('#wp-submit');
  await page.waitForURL(/wp-admin/);
}

/** What axe-core finds serious or critical within a part of a page. */
export async function seriousFlaws(page: Page, within: string): Promise<string[]> {
  await page.evaluate(axe.source);
  const violations = (await page.evaluate(`axe.run(${JSON.stringify(within)}, { resultTypes: ['violations'] }).then(({ violations }) => violations)`)) as { id: string; impact: string; nodes: { target: unknown[]; failureSummary: string }[] }[];
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${JSON.stringify(target)} ${failureSummary}`).join('; ')}`);
}
