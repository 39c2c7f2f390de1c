import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import { importFile, type Action } from './page-actions.ts';
import type { World } from './worlds.ts';

function inWords(text: string, world: World): string {
  return text.replace(/:([a-zA-Z]+)/g, (all, word: string) => world[word] ?? all);
}

/** Does one thing of page-actions.ts in somebody's browser; `base`: where the pages begin. What an upload and a batch are called is kept in the world. Throws when the page does not say what it should. */
export async function act({ page, base, world }: { page: Page; base: string; world: World }, { row, says: said, at, fill: fields = {}, download, by }: Action): Promise<void> {
  const [method = '', target = ''] = row.split(' ');
  const from = inWords(at ?? target.replace(/\/:id(?=\/)/, (_all, index: number) => `/${world[target.slice(1, index).replace(/s$/, '')] ?? ''}`), world);
  const isThere = at === 'here' || page.url().split('?')[0] === base + from;
  if (!isThere) await page.goto(base + from, { waitUntil: 'domcontentloaded' });
  const prefix = new URL(base).pathname.replace(/\/$/, '');
  if (method === 'GET' && download) {
    const [file] = await Promise.all([page.waitForEvent('download'), page.locator(`#content a[href^="${prefix}${target}"]`).first().click()]);
    assert.match(file.suggestedFilename(), /\.csv$/);
    return;
  }
  const pattern = `^${prefix}${target.replace(/:\w+/g, '[^/]+')}$`;
  // One look for all forms: each question to the browser costs more than its answer.
  const forms = (await page.evaluate(`[...document.querySelectorAll('form')].map((form) => ({
    action: form.method === '${method.toLowerCase()}' ? (form.getAttribute('action') ?? '') : '', isBare: !form.querySelector('button[type=submit]'), asksAgain: form.hasAttribute('data-confirm'),
    kinds: Object.fromEntries([...form.elements].map((field) => [field.name, field.type])),
  }))`)) as { action: string; isBare: boolean; asksAgain: boolean; kinds: Record<string, string> }[];
  const index = forms.findIndex(({ action }) => new RegExp(pattern).test(action) && (by === undefined || action.includes(inWords(by, world))));
  const found = forms[index];
  assert.ok(found, `${page.url()} has no form for ${row}, only ${forms.map(({ action }) => action).join(' ')}`);
  const { isBare, asksAgain, kinds } = found;
  const form = page.locator('form').nth(index);
  for (const [name, text] of Object.entries(fields)) await fillIn(form, kinds, name, text, world);
  const button = form.locator('button[type=submit]').first();
  const press = async () => {
    if (isBare) await page.keyboard.press('Enter');
    else await button.click();
    if (asksAgain) await page.locator('dialog').getByRole('button').first().click();
  };
  if (download) {
    await Promise.all([page.waitForEvent('download'), press()]);
    return;
  }
  const send = async () => (await Promise.all([page.waitForResponse((each) => each.request().isNavigationRequest() && each.request().method() === method), page.waitForEvent('domcontentloaded'), press()]))[0];
  // The page of a batch looks again by itself; when it does so in this very moment, a person presses once more.
  const response = await send().catch(() => send());
  assert.ok(response.status() < 400, `${row} was answered ${response.status()}: ${response.status() === 422 ? await page.locator('#content').innerText() : ''}`);
  const [, of = '', id = ''] = /\/(import|batch)e?s\/([^/?]+)/.exec(response.headers()['location'] ?? '') ?? [];
  if (of !== '' && ['POST /imports', 'POST /new-licenses'].includes(row)) world[of] = id;
  await page.locator('#content').filter({ hasText: typeof said === 'string' ? inWords(said, world) : said }).waitFor().catch(async (error: unknown) => assert.fail(`after ${row} the page does not say ${String(said)}: ${await page.locator('#content').innerText()} ${String(error)}`));
}

async function fillIn(form: Locator, kinds: Record<string, string>, name: string, text: string | true, world: World): Promise<void> {
  const [words = '', value] = name.split('=');
  const field = inWords(words, world);
  const input = form.locator(`[name="${field}"]${value === undefined ? '' : `[value="${value}"]`}`);
  if (text === true) return input.check();
  if (kinds[field] === 'file') return input.setInputFiles(importFile(text));
  if (kinds[field]?.startsWith('select')) await input.selectOption(inWords(text, world));
  else await input.fill(inWords(text, world));
}
