import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../browser.ts';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { onBothDatabases } from '../harness.ts';
import { anthropicStream } from '../providers/anthropic-wire.ts';
import { lastRow } from '../providers/chat-client.ts';
import { beginOpenAiStream, openAiChunks } from '../providers/openai-wire.ts';
import { openWay, type Way } from '../providers/sdk-clients.ts';

const root = path.resolve(import.meta.dirname, '../..');
const messages = [{ role: 'user', content: 'Which shoes?' }];
const question: Record<string, unknown> = { model: 'gpt-5.4-mini', messages };

/** Serves a page, and OpenAI's SDK beside it. */
async function openShop(): Promise<{ origin: string; close: () => Promise<void> }> {
  const server = createServer((req, res) => {
    const file = /^\/node_modules\/(openai|@anthropic-ai\/sdk)\/[\w./-]+\.m?js$/.exec(req.url ?? '');
    if (file && !req.url?.includes('..')) res.setHeader('Content-Type', 'text/javascript').end(readFileSync(path.join(root, req.url ?? '')));
    else res.setHeader('Content-Type', 'text/html').end('<!doctype html><title>Shop</title><p>Shoes');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Runs in the page: asks with fetch and reads the answer piece by piece, as a widget does. */
const askInPage = `async ({ url, token, body, header }) => {
  try {
    const answer = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json', [header]: header === 'Authorization' ? 'Bearer ' + token : token }, body: JSON.stringify(body) });
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    const pieces = [];
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      pieces.push(piece.value);
      window.heard?.(piece.value);
    }
    return { status: answer.status, text: pieces.join(''), pieces: pieces.length, requestId: answer.headers.get('x-request-id'), remaining: answer.headers.get('x-ratelimit-remaining-requests') };
  } catch (error) {
    return { failed: String(error) };
  }
}`;
type Outcome = { status?: number; text?: string; pieces?: number; requestId?: string | null; remaining?: string | null; failed?: string };

onBothDatabases('a page with a visitor token', (engine) => {
  let way: Way;
  let browser: Browser;
  let shop: Awaited<ReturnType<typeof openShop>>;
  let stranger: Awaited<ReturnType<typeof openShop>>;
  let page: Page;
  let foreign: Page;
  before(async () => {
    way = await openWay(engine);
    [shop, stranger] = [await openShop(), await openShop()];
    browser = await launchBrowser();
    [page, foreign] = [await browser.newPage(), await browser.newPage()];
    await page.goto(shop.origin);
    await foreign.goto(stranger.origin);
    const { deps, call } = way.app;
    await deps.db.updateTable('plans').set({ allowed_models: JSON.stringify(['gpt-5.4-mini', 'claude-haiku-5-5']) }).execute();
    await call('post', '/api/v1/licenses/activate', { key: developmentKey, body: { domain: shop.origin } });
  });
  after(async () => {
    await browser?.close();
    await shop?.close();
    await stranger?.close();
    await way?.close();
  });
  const mint = async (body: Record<string, unknown> = {}) => {
    const answer = await way.app.call('post', '/api/v1/visitor-tokens', { key: developmentKey, body: { origin: shop.origin, visitor: `visitor-${Math.random().toString(36).slice(2)}-1`, ...body } });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body.token as string;
  };
  const ask = (on: Page, token: string, { url = '/v1/chat/completions', body = question, header = 'Authorization' }: { url?: string; body?: object; header?: string } = {}) => on.evaluate<Outcome>(`(${askInPage})(${JSON.stringify({ url: way.url + url, token, body, header })})`);

  it('streams the answer as it comes, and can read limits and the number of the request', async () => {
    let release: () => void = () => undefined;
    const heardFirst = new Promise<void>((resolve) => (release = resolve));
    await page.exposeFunction('heard', (text: string) => text.includes('First') && release());
    way.upstream.answer(async (res) => {
      beginOpenAiStream(res);
      res.write(openAiChunks.role() + openAiChunks.text('First '));
      // The rest is sent only when the page has seen this.
      await heardFirst;
      res.end(openAiChunks.text('second') + openAiChunks.finish() + openAiChunks.usage() + openAiChunks.done());
    });
    const answer = await ask(page, await mint(), { body: { ...question, stream: true } });
    assert.equal(answer.status, 200, JSON.stringify(answer));
    assert.match(answer.text ?? '', /First [\s\S]*second[\s\S]*\[DONE\]/);
    assert.ok((answer.pieces ?? 0) > 1);
    assert.match(answer.requestId ?? '', /^[0-9a-f-]{36}$/);
    assert.match(answer.remaining ?? '', /^\d+$/);
    const row = await lastRow(way.app);
    assert.deepEqual([row.status, row.site, row.visitor?.length], ['completed', new URL(shop.origin).host, 43]);
  });

  it('reads every refusal of its token, and nothing on a foreign page', async () => {
    const token = await mint({ max_requests: 1 });
    const onForeign = await ask(foreign, token);
    assert.match(onForeign.failed ?? '', /Failed to fetch/);
    way.upstream.answer((res) => {
      beginOpenAiStream(res);
      res.end(openAiChunks.text('Yes') + openAiChunks.finish() + openAiChunks.done());
    });
    assert.equal((await ask(page, token, { body: { ...question, stream: true } })).status, 200);
    const usedUp = await ask(page, token);
    assert.deepEqual([usedUp.status, (JSON.parse(usedUp.text ?? '') as { error: { code: string } }).error.code], [429, 'visitor_token_used_up']);
    const short = await mint({ ttl_seconds: 1 });
    way.app.clock.now += 1_000;
    const expired = await ask(page, short, { url: '/v1/messages', header: 'x-api-key' });
    assert.deepEqual([expired.status, (JSON.parse(expired.text ?? '') as { error: { details: { error_code: string } } }).error.details.error_code], [401, 'visitor_token_expired']);
    const bad = await ask(page, await mint(), { url: '/api/chat', header: 'X-License-Key', body: { messages: [{ role: 'system', content: 'x' }, ...messages] } });
    assert.deepEqual([bad.status, (JSON.parse(bad.text ?? '') as { error: { field: string } }).error.field], [400, 'body.messages.0.role']);
    for (const unreadable of [await ask(page, `cvt_${'A'.repeat(43)}`), await ask(page, developmentKey)]) assert.match(unreadable.failed ?? '', /Failed to fetch/);
  });

  it('may use the official SDK of OpenAI, and send what that of Anthropic sends', async () => {
    way.upstream.answer((res, request) => {
      if (request.path === '/v1/messages') return anthropicStream(['Rubber ', 'boots.'])(res, request);
      beginOpenAiStream(res);
      return void res.end(openAiChunks.text('Rubber ') + openAiChunks.text('boots.') + openAiChunks.finish() + openAiChunks.done());
    });
    const openAi = await page.evaluate(`(async () => {
      const { default: OpenAI } = await import('/node_modules/openai/index.mjs');
      const client = new OpenAI({ baseURL: '${way.url}/v1', apiKey: '${await mint()}', dangerouslyAllowBrowser: true });
      let text = '';
      for await (const chunk of await client.chat.completions.create({ ...${JSON.stringify(question)}, stream: true })) text += chunk.choices[0]?.delta.content ?? '';
      return text;
    })()`);
    assert.equal(openAi, 'Rubber boots.');
    const sdkHeaders = { 'Content-Type': 'application/json', 'x-api-key': await mint(), 'anthropic-version': '2023-06-01', 'anthropic-beta': 'x', 'anthropic-dangerous-direct-browser-access': 'true', 'x-stainless-lang': 'js', 'x-stainless-retry-count': '0', 'x-stainless-helper-method': 'stream', 'x-stainless-timeout': '600' };
    const anthropic = (await page.evaluate(`fetch('${way.url}/v1/messages', { method: 'POST', headers: ${JSON.stringify(sdkHeaders)}, body: JSON.stringify({ model: 'claude-haiku-5-5', max_tokens: 50, stream: true, messages: [{ role: 'user', content: 'Hi' }] }) }).then((answer) => answer.text())`)) as string;
    assert.match(anthropic, /Rubber [\s\S]*boots\.[\s\S]*message_stop/);
    const names = (await page.evaluate(`(async () => {
      const { default: OpenAI } = await import('/node_modules/openai/index.mjs');
      const client = new OpenAI({ baseURL: '${way.url}/v1', apiKey: '${await mint()}', dangerouslyAllowBrowser: true });
      return (await client.models.list()).data.map(({ id }) => id);
    })()`)) as string[];
    assert.ok(names.includes('chatello-fast'));
  });
});
