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
    await page.addInitScript(`Object.defineProperty(window, 'speechSynthesis', { value: { getVoices: () => [], cancel() {}, speak() { throw new Error('no voice'); } } });`);
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

  it('ends with speech where the browser has no voice: on a click, spoken by the server, with a word on where the text goes', async () => {
    for (const way of ['/v1/audio/speech', '/chat/speech']) {
      await open();
      await ask('hello');
      assert.deepEqual(asked.filter((url) => url.includes('speech')), [], 'nothing is spoken before a click');
      if (way === '/chat/speech') await page.route(`${rig.server.apiUrl}/v1/audio/**`, (route) => route.abort());
      const before = rig.model.spoken.length;
      await page.getByRole('button', { name: 'Read aloud' }).last().click();
      await page.getByText('The text of this answer goes to the shop’s AI service').waitFor();
      assert.equal(await page.getByRole('button', { name: 'Stop reading' }).getAttribute('aria-pressed'), 'true');
      await page.waitForFunction(`[...document.querySelector('#chatello').shadowRoot.querySelectorAll('[aria-pressed=true]')].length === 0`);
      assert.deepEqual(rig.model.spoken.slice(before), ['You said: hello']);
      assert.ok(asked.some((url) => url.endsWith(way)), way);
      assert.equal(await page.getByText('cannot be read aloud').count(), 0);
    }
    await page.getByRole('button', { name: 'Read aloud' }).last().click();
    await page.getByRole('button', { name: 'Stop reading' }).click();
    await page.getByRole('button', { name: 'Read aloud' }).last().waitFor();
    await page.route('**/chat/speech', (route) => route.fulfill({ status: 503, json: { code: 'UNAVAILABLE' } }));
    await page.getByRole('button', { name: 'Read aloud' }).last().click();
    await page.getByText('This cannot be read aloud just now.').waitFor();
    await page.unroute('**/chat/speech');
    await page.unroute(`${rig.server.apiUrl}/v1/audio/**`);
  });

  it('gives no speech to who is not on a page of the site, nor for long texts', async () => {
    const speak = (body: object, headers: Record<string, string> = {}) => statusOf(`${rig.wp.url}/wp-json/chatello/v1/chat/speech`, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) });
    assert.deepEqual([await speak({ text: 'x'.repeat(2_001) }), await speak({}), await speak({ text: 'x' }, { Origin: 'https://evil.example' })], [400, 400, 403]);
    await rig.wp.php(`Chatello\\State::put_assistant(['voice' => false] + Chatello\\State::assistant()); return true;`);
    assert.equal(await speak({ text: 'x' }), 404);
    await rig.wp.php(`Chatello\\State::put_assistant(['voice' => true] + Chatello\\State::assistant()); return true;`);
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

  it('is the owner’s own provider through the server where the owner hands it the key, which is then forgotten here', async () => {
    const key = await rig.issue({ plan: 'starter' });
    assert.equal((await rig.wp.php<{ code: string }>(`return Chatello\\License::activate('${key}');`)).code, 'VALID');
    await rig.wp.php(`file_put_contents(WPMU_PLUGIN_DIR . '/server-key.php', "<?php add_filter('chatello_provider_base_url', fn() => '${rig.model.url}');"); return true;`);
    const save = (settings: object) => rig.wp.php<{ code?: string; provider_handed?: boolean; provider_key_hint?: string }>(`wp_set_current_user(1); $q = new WP_REST_Request('POST', '/chatello/v1/settings'); $q->set_body_params(['settings' => json_decode('${JSON.stringify(settings)}', true)]); return rest_do_request($q)->get_data();`);
    // The key that was stored here in the test before goes over.
    const saved = await save({ provider_place: 'server', model: '' });
    assert.deepEqual([saved.provider_handed, saved.provider_key_hint], [true, '']);
    assert.deepEqual(await rig.wp.php(`$s = Chatello\\State::assistant(); return [$s['provider_key'], Chatello\\Assistant::source()];`), ['', 'api']);
    // The token of this tab is one of the licence before.
    await page.evaluate('sessionStorage.clear()');
    await open();
    assert.match(await ask('Do you have red lamps?'), /49,90 €/);
    assert.deepEqual([ways(), rig.model.asked.at(-1)?.auth], [['direct'], 'Bearer sk-canary-0123456789']);
    const at = (route: string, body?: object) => rig.wp.php<{ keys: { provider: string; key_hint: string }[] }>(`wp_set_current_user(1); $q = new WP_REST_Request('${body ? 'POST' : 'GET'}', '/chatello/v1/provider-keys${route}'); $q->set_body_params(json_decode('${JSON.stringify(body ?? {})}', true)); return rest_do_request($q)->get_data();`);
    assert.deepEqual((await at('')).keys.map(({ provider, key_hint }) => [provider, key_hint]), [['openai', '6789']]);
    assert.ok(!JSON.stringify(await at('')).includes('canary'));
    assert.equal((await save({ greeting: 'Hello' })).provider_handed, true);
    // A model of the owner's choice is asked for by the site: visitors may not name one.
    await save({ model: 'gpt-mine' });
    await open();
    await ask('hello');
    assert.deepEqual([ways(), rig.model.asked.at(-1)?.model], [['relay'], 'gpt-mine']);
    assert.deepEqual((await at('/remove', { provider: 'openai' })).keys, []);
    assert.deepEqual(await rig.wp.php(`return [Chatello\\State::assistant()['provider_handed'], Chatello\\Assistant::source()];`), [false, 'none']);
  });

  it('keeps a key here that the server could not test, and says why', async () => {
    await rig.wp.php(`file_put_contents(WPMU_PLUGIN_DIR . '/server-key.php', "<?php add_filter('chatello_provider_base_url', fn() => 'http://127.0.0.1:9/v1');"); return true;`);
    const result = await rig.wp.php<{ code: string; data: { field: string } }>(`wp_set_current_user(1); $q = new WP_REST_Request('POST', '/chatello/v1/settings'); $q->set_body_params(['settings' => ['provider' => 'openai', 'provider_place' => 'server', 'provider_key' => 'sk-another-0123456789']]); return rest_do_request($q)->get_data();`);
    assert.deepEqual([result.code, result.data.field], ['PROVIDER_FAILED', 'provider_key']);
    assert.equal(await rig.wp.php(`return Chatello\\State::assistant()['provider_key'];`), '');
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
