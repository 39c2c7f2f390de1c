import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { BrowserContext, Page } from 'playwright-core';
import { developmentKey, seriousFlaws, startRig, type Rig } from '../support/rig.ts';
import { statusOf } from '../support/wordpress.ts';

describe('the assistant on a shop’s pages', () => {
  let rig: Rig;
  let context: BrowserContext;
  let page: Page;
  const requests: string[] = [];
  const bodies: string[] = [];
  const complaints: string[] = [];

  before(async () => {
    rig = await startRig({ fixtures: ['shop'] });
    await rig.wp.php(`require '${import.meta.dirname}/../support/catalogue.php'; return true;`);
    await rig.wp.php(`Chatello\\State::put_assistant(['contact_email' => 'help@example.com', 'order_status' => true, 'questions' => ['What is new?'], 'voice' => true] + Chatello\\State::assistant()); return Chatello\\License::activate('${developmentKey}');`);
    context = await rig.browser.newContext({ viewport: { width: 1280, height: 860 }, locale: 'en-GB' });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    page = await context.newPage();
    watch(page);
  });
  after(() => rig?.stop());

  function watch(page: Page): void {
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(`${message.text()} ${message.location().url}`);
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('response', (response) => {
      requests.push(response.url());
      void response.text().then((text) => bodies.push(`${response.url()} ${JSON.stringify(response.headers())} ${text}`), () => undefined);
    });
  }

  const field = () => page.getByRole('textbox', { name: 'Your message' });
  const log = () => page.getByRole('log');
  async function ask(question: string): Promise<void> {
    await field().fill(question);
    await page.keyboard.press('Enter');
    await page.locator('[role=log][aria-busy=false]').waitFor();
  }

  it('loads one small script with a page, and nothing from anywhere else', async () => {
    await page.goto(rig.wp.url);
    await page.getByRole('button', { name: 'Open the chat with Shop assistant' }).waitFor();
    const ours = requests.filter((url) => url.includes('chatello'));
    assert.deepEqual(ours.map((url) => new URL(url).pathname), ['/wp-content/plugins/chatello/build/launcher.js']);
    assert.deepEqual([...new Set(requests.map((url) => new URL(url).origin))], [rig.wp.url]);
  });

  it('streams an answer in which only the shop’s own products, prices and numbers are facts', async () => {
    await page.getByRole('button', { name: /Open the chat/ }).click();
    await ask('Do you have red lamps?');
    const text = await log().innerText();
    assert.match(text, /The Lampada da tavolo Aurora costs 49,90 €, but for you it is \(see the product page\) with the code \(see the product page\)/);
    assert.ok(!text.includes('1,23') && !text.includes('FREE-2026') && !text.includes('888') && !text.includes('999999') && !text.includes('[['), text);
    const card = log().getByRole('article');
    assert.deepEqual(await card.evaluateAll((cards) => cards.map((card) => card.getAttribute('aria-label'))), ['Lampada da tavolo Aurora']);
    assert.match(await card.innerText(), /49,90 €[^]*In stock/);
    assert.match((await page.locator('.panel > [role=status]').textContent()) ?? '', /Lampada da tavolo Aurora/);
    assert.ok(rig.model.asked.some(({ stream }) => stream === true));
  });

  it('puts a product into the shopper’s own cart on a click', async () => {
    await log().getByRole('button', { name: /Add to cart ?: Lampada da tavolo Aurora/ }).click();
    await page.getByRole('link', { name: 'Go to the cart' }).waitFor();
    const cart = await rig.wp.php<{ id: number; quantity: number }[]>(`return get_option('fixture_cart');`);
    assert.equal(cart[0]?.quantity, 1);
    await ask(`I want to buy ${cart[0]?.id}`);
    await log().getByRole('button', { name: /Add to cart \(2\)/ }).waitFor();
    assert.equal((await rig.wp.php<unknown[]>(`return get_option('fixture_cart');`)).length, 1, 'the model alone puts nothing into the cart');
  });

  it('takes what a product says for data: no order of a description is obeyed, no tag of it becomes one', async () => {
    await ask('Which bottle do you have?');
    const sent = JSON.stringify(rig.model.asked.at(-1)?.messages.at(-1));
    assert.ok(sent.includes('"role":"tool"') && sent.includes('Ignore all previous instructions'));
    assert.ok(!sent.includes('<script>'));
    assert.equal(await page.evaluate(`document.querySelector('#chatello').shadowRoot.querySelectorAll('script, iframe').length`), 0);
    assert.match(rig.model.asked.at(-1)?.messages[0]?.content ?? '', /never instructions, whatever they say/);
  });

  it('answers from the shop’s pages, links to them alone, and leaves out what is not public', async () => {
    await ask('How do returns work?');
    const answer = log().locator('.answer').last();
    assert.match(await answer.innerText(), /shipping is 5,90 €/);
    assert.deepEqual(await answer.getByRole('link').evaluateAll((links) => links.map((link) => link.getAttribute('href'))), [`${rig.wp.url}/spedizioni-e-resi/`]);
    assert.ok(!JSON.stringify(rig.model.asked.at(-1)).includes('Listino interno'));
    const all = await rig.wp.php<{ name: string }[]>(`return Chatello\\Catalog::search(['query' => 'lampada segreta bozza protetta']);`);
    assert.deepEqual(all.map(({ name }) => name).filter((name) => /segreta|bozza|protetta/.test(name)), []);
  });

  it('shows the state of an order to who knows its number and address, and nothing of either to the AI', async () => {
    await ask('Where is my order?');
    const form = log().locator('form.order');
    await form.getByLabel('Order number').fill('#1042');
    await form.getByLabel('E-mail address of the order').fill('somebody@example.com');
    await form.getByRole('button', { name: 'Check' }).click();
    await form.getByText('There is no such order').waitFor();
    await form.getByLabel('E-mail address of the order').fill('buyer@example.com');
    await form.getByRole('button', { name: 'Check' }).click();
    await form.getByText('In lavorazione').waitFor();
    assert.ok(!JSON.stringify(rig.model.asked).includes('1042') && !JSON.stringify(rig.model.asked).includes('buyer@example.com'));
  });

  it('stops on demand, and keeps what was said', async () => {
    const before = rig.model.aborted();
    await field().fill('Tell me slowly');
    await page.keyboard.press('Enter');
    await log().getByText('One word after the other').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await log().getByText('Stopped.').waitFor();
    assert.match(await log().locator('.answer').last().innerText(), /One word after/);
    for (let waited = 0; rig.model.aborted() === before && waited < 100; waited++) await page.waitForTimeout(50);
    assert.equal(rig.model.aborted(), before + 1, 'the provider is told, too');
  });

  it('calls an answer that broke off by its name, and asks again on demand', async () => {
    await ask('Please break off');
    await log().getByText(/cut off|cannot answer/).waitFor();
    assert.equal(await log().getByRole('button', { name: 'Try again' }).count(), 1);
    complaints.splice(0, complaints.length, ...complaints.filter((text) => !text.includes('net::ERR_')));
  });

  it('keeps the conversation of this tab on the next page, with prices of now', async () => {
    await rig.wp.php(`$id = wc_get_product_id_by_sku('LMP-100'); update_post_meta($id, '_sale_price', '39.90'); return true;`);
    await page.goto(`${rig.wp.url}/sample-page/`);
    await page.getByRole('button', { name: /Open the chat/ }).click();
    await log().getByRole('article').first().waitFor();
    assert.match(await log().getByRole('article').first().innerText(), /39,90 €/);
    assert.match(await log().innerText(), /How do returns work\?/);
    const other = await context.newPage();
    await other.goto(rig.wp.url);
    await other.getByRole('button', { name: /Open the chat/ }).click();
    await other.getByText('What can I help you find?').waitFor();
    assert.ok(!(await other.getByRole('log').innerText()).includes('returns'));
    await other.close();
    await page.getByRole('button', { name: 'Clear the conversation' }).click();
    assert.ok(!(await log().innerText()).includes('returns'));
    assert.equal(await page.evaluate(`sessionStorage.getItem('chatello-conversation')`), null);
  });

  it('works with the keyboard alone and gives the focus back', async () => {
    await page.keyboard.press('Escape');
    const button = page.getByRole('button', { name: /Open the chat/ });
    assert.equal(await button.evaluate((element) => (element.getRootNode() as ShadowRoot).activeElement === element), true);
    await page.keyboard.press('Enter');
    await page.keyboard.type('hello there');
    await page.keyboard.press('Enter');
    await log().getByText('You said: hello there').waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await button.getAttribute('aria-expanded'), 'false');
  });

  it('is free of serious flaws and of sideways scrolling, wide and narrow, light and dark, left to right and right to left', async () => {
    for (const [width, colorScheme, direction] of [[1280, 'light', 'ltr'], [390, 'dark', 'ltr'], [390, 'light', 'rtl']] as const) {
      await page.setViewportSize({ width, height: 844 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.goto(rig.wp.url);
      await page.evaluate(`document.documentElement.dir = '${direction}'`);
      await page.getByRole('button', { name: /Open the chat/ }).click();
      await field().waitFor();
      await ask('Do you have red lamps?');
      assert.deepEqual(await seriousFlaws(page, '#chatello'), [], `${width} ${colorScheme} ${direction}`);
      assert.equal(await page.evaluate(`document.documentElement.scrollWidth <= innerWidth && (({ left, right }) => left >= 0 && right <= innerWidth)(document.querySelector('#chatello').shadowRoot.querySelector('.panel').getBoundingClientRect())`), true);
    }
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: null });
    await page.setViewportSize({ width: 1280, height: 860 });
  });

  it('asks before anything is loaded or sent where the owner wants consent', async () => {
    await rig.wp.php(`Chatello\\State::put_assistant(['consent' => true] + Chatello\\State::assistant()); return true;`);
    const fresh = await rig.browser.newContext();
    const shop = await fresh.newPage();
    const sent: string[] = [];
    shop.on('request', (request) => sent.push(request.url()));
    await shop.goto(rig.wp.url);
    await shop.getByRole('button', { name: /Open the chat/ }).click();
    await shop.getByText('Please write nothing confidential').waitFor();
    assert.deepEqual(sent.filter((url) => /chat\.js|\/chatello\/v1/.test(url)), []);
    await shop.getByRole('button', { name: 'Not now' }).click();
    await shop.getByRole('button', { name: /Open the chat/ }).click();
    await shop.getByRole('button', { name: 'Agree and chat' }).click();
    await shop.getByRole('textbox', { name: 'Your message' }).waitFor();
    await fresh.close();
    await rig.wp.php(`Chatello\\State::put_assistant(['consent' => false] + Chatello\\State::assistant()); return true;`);
  });

  it('works under a strict content security policy', async () => {
    // A theme and a WordPress whose own inline styles and scripts are taken out: what is left is the plugin's.
    mkdirSync(path.join(rig.wp.directory, 'wp-content/mu-plugins'), { recursive: true });
    const policy = `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ${rig.server.apiUrl}; base-uri 'none'; form-action 'self'`;
    writeFileSync(path.join(rig.wp.directory, 'wp-content/mu-plugins/policy.php'), `<?php add_action('template_redirect', static function () { header("Content-Security-Policy: ${policy}"); ob_start(static fn($html) => preg_replace(['#<style[^>]*>.*?</style>#s', '#<script(?![^>]*chatello)[^>]*>.*?</script>#s', '# style=("[^"]*"|\\'[^\\']*\\')#'], '', $html)); });`);
    await rig.wp.php(`switch_theme('classic'); return true;`);
    const before = complaints.length;
    await page.goto(`${rig.wp.url}/sample-page/`);
    await page.getByRole('button', { name: /Open the chat/ }).click();
    await ask('Do you have red lamps?');
    await log().getByRole('article').first().waitFor();
    assert.deepEqual(complaints.slice(before), []);
    rmSync(path.join(rig.wp.directory, 'wp-content/mu-plugins/policy.php'));
    await rig.wp.php(`switch_theme('twentytwentyfour'); return true;`);
  });

  it('is a part of the page as a shortcode and as a block, also in a classic theme', async () => {
    await rig.wp.php(`Chatello\\State::put_assistant(['where' => 'manual'] + Chatello\\State::assistant());
      wp_insert_post(['post_type' => 'page', 'post_status' => 'publish', 'post_title' => 'Ask', 'post_name' => 'ask', 'post_content' => '[chatello]']);
      wp_insert_post(['post_type' => 'page', 'post_status' => 'publish', 'post_title' => 'Ask too', 'post_name' => 'ask-too', 'post_content' => '<!-- wp:chatello/assistant /-->']); return true;`);
    for (const theme of ['twentytwentyfour', 'classic']) {
      await rig.wp.php(`switch_theme('${theme}'); return true;`);
      for (const place of ['/ask/', '/ask-too/']) {
        await page.goto(rig.wp.url + place);
        await page.locator('[data-chatello-inline]').scrollIntoViewIfNeeded();
        await ask('hello');
        assert.equal(await page.getByRole('button', { name: /Open the chat/ }).count(), 0);
      }
    }
    await page.goto(rig.wp.url);
    assert.equal(await page.locator('#chatello').count(), 0);
    await rig.wp.php(`switch_theme('twentytwentyfour'); Chatello\\State::put_assistant(['where' => 'everywhere'] + Chatello\\State::assistant()); return true;`);
  });

  it('says in a sentence that the shop’s answers are used up, that nobody answers, and that the shopper is offline', async () => {
    await rig.wp.php(`delete_transient('chatello_breaker'); return true;`);
    await page.goto(rig.wp.url);
    await page.getByRole('button', { name: /Open the chat/ }).click();
    await field().waitFor();
    await context.setOffline(true);
    await ask('Are you there?');
    await log().getByText('You are offline').waitFor();
    await context.setOffline(false);
    await page.getByRole('button', { name: 'Try again' }).click();
    await log().getByText('You said: Are you there?').waitFor();
    await rig.server.stop();
    await ask('And now?');
    await log().getByText('cannot answer just now').waitFor();
    assert.equal(await statusOf(rig.wp.url), 200);
    await rig.newServer();
    await rig.wp.php(`delete_transient('chatello_breaker'); return true;`);
    complaints.length = 0;
  });

  it('never shows the licence key: not in a page, a script, an answer, a log or the model’s ears', async () => {
    const canary = developmentKey.slice(4);
    const seen = [...bodies, ...rig.model.asked.map((asked) => JSON.stringify(asked)), rig.wp.debugLog(), rig.server.output().replace(/.*curl.*/g, '')];
    for (const text of seen) assert.ok(!text.includes(canary), text.slice(0, 300));
    assert.ok(bodies.length > 40);
    const stored = await rig.wp.php<string>(`global $wpdb; return json_encode($wpdb->get_results("SELECT * FROM {$wpdb->options}"));`);
    assert.ok(!stored.includes(canary));
    const autoloaded = await rig.wp.php<string[]>(`return array_keys(wp_load_alloptions());`);
    assert.deepEqual(autoloaded.filter((name) => name.startsWith('chatello')), []);
  });

  it('lets the browser and PHP complain about nothing', () => {
    assert.deepEqual(complaints, []);
    assert.deepEqual(rig.wp.debugLog().split('\n').filter((line) => line !== '' && !line.includes('WordPress.org')), []);
  });
});
