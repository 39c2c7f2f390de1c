import assert from 'node:assert/strict';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { zipPlugin } from '../../scripts/zip.ts';
import { developmentKey, startRig, type Rig } from '../support/rig.ts';
import { startWordPress, statusOf } from '../support/wordpress.ts';

describe('the ways to an answer', () => {
  let rig: Rig;
  let page: Page;
  const asked: string[] = [];
  before(async () => {
    rig = await startRig({ fixtures: ['shop'], constants: { CHATELLO_TEST: true } });
    await rig.wp.php(`require '${import.meta.dirname}/../support/catalogue.php'; Chatello\\State::put_assistant(['voice' => true] + Chatello\\State::assistant()); return Chatello\\License::activate('${developmentKey}');`);
    page = await rig.browser.newPage({ permissions: ['microphone'] });
    // Firefox on a telephone: no recognition of its own.
    await page.addInitScript('delete window.SpeechRecognition; delete window.webkitSpeechRecognition; for (const name of ["SpeechRecognition", "webkitSpeechRecognition"]) Object.defineProperty(window, name, { value: undefined });');
    page.on('request', (request) => asked.push(request.url()));
  });
  after(() => rig?.stop());

  async function open(): Promise<void> {
    await page.goto(rig.wp.url);
    await page.getByRole('button', { name: /Open the chat/ }).click();
    await page.getByRole('textbox', { name: 'Your message' }).waitFor();
    asked.length = 0;
  }
  async function ask(question: string): Promise<string> {
    await page.getByRole('textbox', { name: 'Your message' }).fill(question);
    await page.keyboard.press('Enter');
    await page.locator('[role=log][aria-busy=false]').waitFor();
    return page.getByRole('log').locator('.answer').last().innerText();
  }
  const ways = () => [...new Set(asked.map((url) => (url.startsWith(rig.server.apiUrl) ? 'direct' : url.includes('/chat/completions') ? 'relay' : '')).filter(Boolean))];
  const rules = () => rig.model.asked.at(-1)?.messages.find(({ role }) => role === 'system')?.content ?? '';

  it('is the server itself, by a token, with the rules of the site that no browser has seen', async () => {
    await open();
    assert.match(await ask('Do you have red lamps?'), /Lampada da tavolo Aurora/);
    assert.deepEqual(ways(), ['direct']);
    assert.match(rules(), /You are “Shop assistant”/);
  });

  it('keeps its token from page to page', async () => {
    const made = asked.filter((url) => url.endsWith('/chat/token')).length;
    assert.equal(made, 1);
    await open();
    await ask('hello');
    assert.deepEqual([ways(), asked.filter((url) => url.endsWith('/chat/token')).length], [['direct'], 0]);
  });

  it('gets a new token once when the old one is not good any more', async () => {
    const database = new DatabaseSync(path.join(rig.server.dataDir, 'chatello.sqlite'));
    database.exec('UPDATE visitor_tokens SET expires_at = 1');
    database.close();
    assert.match(await ask('hello'), /You said: hello/);
    assert.deepEqual(ways(), ['direct']);
  });

  it('is a stream through the site where the browser cannot reach the server', async () => {
    await page.route(`${rig.server.apiUrl}/**`, (route) => route.abort());
    await open();
    const streams = rig.model.asked.length;
    assert.match(await ask('Do you have red lamps?'), /49,90 €/);
    assert.deepEqual(ways(), ['direct', 'relay']);
    assert.ok(rig.model.asked.slice(streams).every(({ stream }) => stream === true));
    assert.match(rules(), /You are “Shop assistant”/);
    asked.length = 0;
    await ask('hello again');
    assert.deepEqual(ways(), ['relay'], 'a way that is closed is not tried again on this page');
  });

  it('is one piece through the site where nothing can be streamed', async () => {
    await page.route('**/chat/completions', async (route) => {
      const body = route.request().postDataJSON() as { stream?: boolean };
      await (route.request().url().startsWith(rig.wp.url) && body.stream === true ? route.fulfill({ status: 502, body: 'proxy' }) : route.fallback());
    });
    await open();
    const streams = rig.model.asked.length;
    assert.match(await ask('Do you have red lamps?'), /49,90 €/);
    assert.ok(rig.model.asked.slice(streams).every(({ stream }) => stream === false));
    await page.unroute('**/chat/completions');
    await page.unroute(`${rig.server.apiUrl}/**`);
  });

  it('ends with a sentence for the shopper when the month’s requests are used up, whichever way', async () => {
    const database = new DatabaseSync(path.join(rig.server.dataDir, 'chatello.sqlite'));
    database.exec('UPDATE plans SET monthly_requests = 1');
    await open();
    assert.match(await ask('hello'), /has answered all the questions it can/);
    await page.route(`${rig.server.apiUrl}/**`, (route) => route.abort());
    await open();
    assert.match(await ask('hello'), /has answered all the questions it can/);
    await page.unroute(`${rig.server.apiUrl}/**`);
    database.exec('UPDATE plans SET monthly_requests = 1000');
    database.close();
  });

  it('begins with speech where the browser has no ears of its own: recorded on a click, turned into text by the server', async () => {
    await open();
    const button = page.getByRole('button', { name: 'Speak your message' });
    await button.click();
    await page.getByText('Your recording goes through the shop').first().waitFor();
    assert.equal(await button.getAttribute('aria-pressed'), 'true');
    await page.waitForTimeout(400);
    await button.click();
    await page.waitForFunction(`document.querySelector('#chatello').shadowRoot.querySelector('textarea').value !== ''`);
    assert.equal(await page.getByRole('textbox', { name: 'Your message' }).inputValue(), 'a red lamp please');
    assert.equal(rig.model.asked.at(-1)?.messages.at(-1)?.content === 'a red lamp please', false, 'nothing is sent before the shopper says so');
  });

  it('is the owner’s own provider where the plan has no AI, with a key that rests encrypted', async () => {
    const ownKey = 'sk-canary-0123456789';
    await rig.wp.php(`file_put_contents(WPMU_PLUGIN_DIR . '/own.php', "<?php add_filter('chatello_provider_url', fn() => '${rig.model.url}/chat/completions');"); return true;`, { before: `@mkdir('${rig.wp.directory}/wp-content/mu-plugins');` });
    await rig.wp.php(`$s = Chatello\\AssistantSettings::parse(['provider' => 'openai', 'provider_key' => '${ownKey}', 'model' => 'mine'], Chatello\\State::assistant()); Chatello\\State::put_assistant($s);
      $v = Chatello\\State::license()['verdict']; $v['features'] = ['assistant']; Chatello\\State::put_license(['verdict' => $v]); return true;`);
    await open();
    assert.match(await ask('Do you have red lamps?'), /49,90 €/);
    assert.deepEqual([ways(), rig.model.asked.at(-1)?.model], [['relay'], 'mine']);
    const shown = await rig.wp.php<{ provider_key_hint: string; provider_key?: string }>(`return Chatello\\AssistantSettings::for_admin(Chatello\\State::assistant());`);
    assert.deepEqual([shown.provider_key_hint, shown.provider_key], ['6789', undefined]);
    assert.ok(!JSON.stringify(await rig.wp.php(`return get_option('chatello_assistant');`)).includes('canary'));
  });
});

describe('other kinds of WordPress', () => {
  it('that are too old are refused politely, and nothing of them breaks', async () => {
    const wp = await startWordPress({ version: '6.4' });
    try {
      const messages = await wp.php<unknown[]>(`require_once ABSPATH . 'wp-admin/includes/admin.php'; require_once ABSPATH . 'wp-admin/includes/class-wp-upgrader.php';
        $skin = new Automatic_Upgrader_Skin(); $done = (new Plugin_Upgrader($skin))->install('${zipPlugin()}'); return [$done === true, implode(' ', $skin->get_upgrade_messages())];`, { user: 'admin' });
      assert.equal(messages[0], false);
      assert.match(String(messages[1]), /6\.4[^]*requires 6\.5/);
      const page = await wp.php<string>(`require_once '${import.meta.dirname}/../../chatello.php'; ob_start(); require_once ABSPATH . 'wp-admin/includes/admin.php'; do_action('admin_notices'); return ob_get_clean();`, { user: 'admin' });
      assert.match(page, /Chatello needs WordPress 6\.5/);
      assert.equal(await statusOf(wp.url), 200);
    } finally {
      await wp.stop();
    }
  });

  it('that are networks activate each site for itself by the key of the network', async () => {
    const rig = await startRig({ demo: true, constants: { WP_ALLOW_MULTISITE: true } });
    try {
      await rig.wp.network();
      const results = await rig.wp.php<{ site: string; state: string; source: string }[]>(`
        update_site_option(Chatello\\Network::KEY_OPTION, Chatello\\Secrets::seal('${developmentKey}'));
        require_once ABSPATH . 'wp-admin/includes/admin.php';
        $second = wp_insert_site(['domain' => parse_url(home_url(), PHP_URL_HOST), 'path' => '/second/', 'title' => 'Second', 'user_id' => 1]);
        $states = [];
        foreach ([1, $second] as $id) { switch_to_blog($id); do_action('chatello_check_license'); $states[] = ['site' => Chatello\\Site::identity(), 'state' => Chatello\\License::standing()['state'], 'source' => Chatello\\License::key_source()]; restore_current_blog(); }
        return $states;`);
      assert.deepEqual(results.map(({ state, source }) => [state, source]), [['active', 'network'], ['active', 'network']]);
      assert.equal(new Set(results.map(({ site }) => site)).size, 2);
    } finally {
      await rig.stop();
    }
  });
});
