import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { BrowserContext, Page } from 'playwright-core';
import { developmentKey, seriousFlaws, signIn, startRig, type Rig } from '../support/rig.ts';
import { versions } from '../support/wordpress.ts';

for (const version of [versions.newest, versions.oldest]) {
  describe(`the owner’s screen in WordPress ${version}`, () => {
    let rig: Rig;
    let context: BrowserContext;
    let page: Page;
    const complaints: string[] = [];
    const bodies: string[] = [];

    before(async () => {
      rig = await startRig({ version, demo: true });
      context = await rig.browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB' });
      page = await context.newPage();
      page.on('console', (message) => {
        if (message.type() === 'error' && !/status of (400|422)/.test(message.text()) && !message.text().includes('ERR_NAME_NOT_RESOLVED')) complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('response', (response) => {
        if (!response.url().includes('/license/activate')) void response.text().then((text) => bodies.push(text), () => undefined);
      });
      await signIn(page, rig.wp);
    });
    after(() => rig?.stop());

    it('goes from a fresh installation to an answering assistant in three steps', async () => {
      await page.goto(`${rig.wp.url}/wp-admin/plugins.php`);
      await page.getByText('Enter your licence key, and the assistant starts.').waitFor();
      await page.getByRole('link', { name: 'Open Chatello' }).click();
      await page.getByRole('heading', { name: 'Enter your key' }).waitFor();
      await page.getByLabel('Licence key').fill('cha-test-1234-5678-abce');
      await page.keyboard.press('Enter');
      await page.locator('.components-notice', { hasText: 'This licence key is not known.' }).waitFor();
      await page.getByLabel('Licence key').fill(' cha-test 1234-5678-abcd ');
      await page.getByRole('button', { name: 'Activate' }).click();
      await page.getByRole('heading', { name: 'Meet your assistant' }).waitFor();
      await page.getByLabel('Name').fill('Aurora');
      await page.getByRole('heading', { name: 'Aurora' }).waitFor();
      const field = page.getByRole('textbox', { name: 'Your message' });
      await field.fill('Are you there?');
      await field.press('Enter');
      await page.getByRole('log').getByText('You wrote: “Are you there?”').waitFor();
      assert.deepEqual(await seriousFlaws(page, '#chatello-admin'), []);
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByRole('button', { name: 'All settings' }).click();
      await page.getByRole('heading', { name: 'Look', exact: true }).waitFor();
    });

    it('shows plan, places, requests left and their days', async () => {
      await page.reload();
      await page.getByRole('tab', { name: 'Licence and usage' }).click();
      await page.getByText('999 requests left').waitFor();
      const facts = await page.locator('.chatello-facts').innerText();
      assert.match(facts, /Pro[^]*…ABCD[^]*no end[^]*staging site[^]*0 of 3/);
      await page.getByRole('button', { name: 'Show as a table' }).click();
      assert.equal(await page.locator('.chatello-table tbody tr').count(), 1);
      assert.deepEqual(await seriousFlaws(page, '#chatello-admin'), []);
      await page.getByRole('listitem').filter({ hasText: 'this site' }).getByText(/localhost:\d+/).waitFor();
      await page.getByRole('button', { name: 'Check now' }).click();
      await page.locator('button:not(.is-busy)', { hasText: 'Check now' }).waitFor();
    });

    it('saves settings, which shoppers see, and names what cannot be saved', async () => {
      await page.getByRole('tab', { name: 'Assistant' }).click();
      await page.getByLabel('Greeting').fill('Welcome to the lantern shop');
      await page.getByLabel('Question 1').fill('What is new?');
      await page.getByLabel('Hand over to: page or telephone').fill('nonsense');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('“Hand over to: page or telephone” does not have a value that works here').first().waitFor();
      await page.getByLabel('Hand over to: page or telephone').fill('tel:+390123');
      await page.getByRole('radio', { name: 'Start of the line (left)' }).check();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Saved. Shoppers see it').first().waitFor();
      assert.deepEqual(await seriousFlaws(page, '#chatello-admin'), []);
      const guest = await (await rig.browser.newContext()).newPage();
      await guest.goto(rig.wp.url);
      await guest.getByRole('button', { name: 'Open the chat with Aurora' }).click();
      await guest.getByText('Welcome to the lantern shop').waitFor();
      await guest.getByRole('button', { name: 'What is new?' }).click();
      await guest.getByRole('log').getByText('You wrote: “What is new?”').waitFor();
      await guest.context().close();
    });

    it('fits a telephone', async () => {
      await page.setViewportSize({ width: 390, height: 844 });
      for (const tab of ['Assistant', 'Licence and usage']) {
        await page.getByRole('tab', { name: tab }).click();
        assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), tab);
      }
      await page.setViewportSize({ width: 1280, height: 900 });
    });

    it('offers to release another site where all places are taken', async () => {
      const key = await rig.issue({ plan: 'starter' });
      const activateAt = async (domain: string) => ((await (await fetch(`${rig.server.apiUrl}/api/v1/licenses/activate`, { method: 'POST', headers: { 'X-License-Key': key, 'Content-Type': 'application/json' }, body: JSON.stringify({ domain }) })).json()) as { code: string }).code;
      // This site is a copy for work by its address, so these take its places.
      for (let count = 0; (await activateAt(`copy-${count}.test`)) === 'VALID'; count++);
      await rig.wp.php(`return Chatello\\License::deactivate();`);
      await page.goto(`${rig.wp.url}/wp-admin/admin.php?page=chatello`);
      await page.getByRole('tab', { name: 'Licence and usage' }).click();
      await page.getByLabel('Licence key').fill(key);
      await page.getByRole('button', { name: 'Activate' }).click();
      await page.locator('.components-notice', { hasText: 'All sites of this licence are in use' }).waitFor();
      await page.getByRole('button', { name: 'Release copy-0.test' }).click();
      assert.deepEqual(await seriousFlaws(page, '#chatello-admin'), []);
      await page.getByRole('button', { name: 'Release this site' }).click();
      await page.locator('.components-notice', { hasText: 'copy-0.test is released.' }).waitFor();
      await page.getByRole('button', { name: 'Activate' }).click();
      await page.getByRole('listitem').filter({ hasText: 'this site' }).waitFor();
      assert.equal(await page.getByRole('button', { name: 'Release copy-0.test' }).count(), 0);
      await rig.wp.php(`Chatello\\License::deactivate(); return Chatello\\License::activate('${developmentKey}');`);
    });

    it('frees the place on demand', async () => {
      await page.goto(`${rig.wp.url}/wp-admin/admin.php?page=chatello`);
      await page.getByRole('tab', { name: 'Licence and usage' }).click();
      await page.getByRole('button', { name: 'Deactivate on this site' }).click();
      await page.getByRole('button', { name: 'Deactivate', exact: true }).click();
      await page.getByLabel('Licence key').waitFor();
      assert.equal(await rig.wp.php(`return Chatello\\StatusReport::make()['state'];`), 'none');
    });

    it('speaks Italian where WordPress does, also of its block in the editor', async () => {
      // WordPress's own translation is not here; an empty file makes it a language that is installed.
      mkdirSync(path.join(rig.wp.directory, 'wp-content/languages'), { recursive: true });
      writeFileSync(path.join(rig.wp.directory, 'wp-content/languages/it_IT.l10n.php'), "<?php return array('messages' => array());");
      writeFileSync(path.join(rig.wp.directory, 'wp-content/languages/it_IT.mo'), Buffer.from('de12049500000000000000001c0000001c000000000000001c000000', 'hex'));
      await rig.wp.php(`update_option('WPLANG', 'it_IT'); return Chatello\\License::activate('${developmentKey}')['ok'];`);
      await page.goto(`${rig.wp.url}/wp-admin/admin.php?page=chatello`);
      await page.getByRole('heading', { name: 'Che cosa può sapere' }).waitFor();
      await page.getByRole('tab', { name: 'Licenza e consumo' }).click();
      await page.getByText('richieste rimaste').waitFor();
      await page.goto(`${rig.wp.url}/wp-admin/post-new.php?post_type=page`);
      await page.waitForFunction(`window.wp?.blocks?.getBlockType('chatello/assistant')?.title === 'Assistente del negozio'`);
      const block = await page.evaluate(`(({ description, keywords }) => ({ description, keywords }))(wp.blocks.getBlockType('chatello/assistant'))`);
      assert.deepEqual(block, { description: 'L’assistente Chatello come parte della pagina.', keywords: ['chat', 'assistente', 'IA'] });
      const guest = await (await rig.browser.newContext()).newPage();
      await guest.goto(rig.wp.url);
      await guest.getByRole('button', { name: 'Apri la chat con Aurora' }).click();
      await guest.getByRole('textbox', { name: 'Il tuo messaggio' }).waitFor();
      await guest.context().close();
      await rig.wp.php(`update_option('WPLANG', ''); return true;`);
    });

    it('is known to WP-CLI, to Site Health and to the privacy tools', async () => {
      const lines = await rig.wp.php<string[]>(
        `$cli = new Chatello\\Cli(); $cli->doctor(); $cli->status([], ['format' => 'json']); $cli->deactivate([], []); $cli->activate(['${developmentKey}']); try { $cli->activate(['nonsense']); } catch (RuntimeException $e) { WP_CLI::line('error: ' . $e->getMessage()); } return WP_CLI::$lines;`,
        { before: `define('WP_CLI', true); class WP_CLI { public static $lines = []; public static $commands = []; static function add_command($n, $c) { self::$commands[] = $n; } static function line($t) { self::$lines[] = $t; } static function success($t) { self::$lines[] = $t; } static function error($t) { throw new RuntimeException($t); } }` },
      );
      const text = lines.join('\n');
      assert.ok(!text.includes('Files are missing'));
      assert.match(text, /ok +Licence server[^]*ok +AI answers[^]*All is well\.[^]*"state": "active"[^]*free for another site[^]*valid[^]*error: /);
      assert.ok(!text.includes('5678'));
      const health = await rig.wp.php<{ status: string }[]>(`$proxy = Chatello\\SiteHealth::proxy(); $_SERVER['HTTP_CF_CONNECTING_IP'] = '203.0.113.9'; return [Chatello\\SiteHealth::license(), Chatello\\SiteHealth::server(), $proxy, Chatello\\SiteHealth::proxy()];`);
      assert.deepEqual(health.map(({ status }) => status), ['good', 'good', 'good', 'recommended']);
      const known = await rig.wp.php<unknown[]>(`require_once ABSPATH . 'wp-admin/includes/admin.php'; require_once ABSPATH . 'wp-admin/includes/class-wp-debug-data.php'; return [array_key_exists('chatello', apply_filters('wp_privacy_personal_data_exporters', [])), array_key_exists('chatello', apply_filters('wp_privacy_personal_data_erasers', [])), json_encode(apply_filters('debug_information', []))];`, { user: 'admin' });
      assert.deepEqual(known.slice(0, 2), [true, true]);
      assert.ok(!String(known[2]).includes('5678'));
    });

    it('never gets the key back, and complains about nothing', () => {
      for (const body of bodies) assert.ok(!body.includes('1234-5678'), body.slice(0, 200));
      assert.deepEqual(complaints, []);
      assert.deepEqual(rig.wp.debugLog().split('\n').filter((line) => line !== '' && !line.includes('WordPress.org')), []);
    });
  });
}
