import assert from 'node:assert/strict';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { after, before, beforeEach, it } from 'node:test';
import type { Response } from 'express';
import { chatAnswer } from '../../server/ai/chat-answer.ts';
import { completeChat } from '../../server/ai/complete-chat.ts';
import { aiTermsOf } from '../../server/usage/ai-terms.ts';
import { defaultAiSettings } from '../../server/ai/settings/ai-settings.rules.ts';
import { knownLicense } from '../../server/http/license-auth.ts';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { createTestApp, onBothDatabases, type TestApp } from '../harness.ts';
import { anthropicEvents, beginAnthropicStream } from './anthropic-wire.ts';
import { counted, lastRow, listen, parseEvents, postChat } from './chat-client.ts';
import { beginOpenAiStream, openAiAnswer, openAiChunks } from './openai-wire.ts';
import { hang, startUpstream, type Script, type Upstream } from './upstream.ts';

onBothDatabases('a chat that is cut short', (engine) => {
  let upstream: Upstream;
  let app: TestApp;
  let server: Awaited<ReturnType<typeof listen>>;
  before(async () => {
    upstream = await startUpstream();
    app = await createTestApp(engine, { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: `${upstream.url}/v1`, ANTHROPIC_API_KEY: 'sk-ant-test', ANTHROPIC_BASE_URL: upstream.url });
    server = await listen(app);
  });
  after(async () => {
    await server.close();
    await app.close();
    await upstream.close();
  });
  // Longer than any pause of the circuit breaker.
  beforeEach(() => void (app.clock.now += 300_000));

  /** Sends a request, leaves when the call has reached the provider or when the first bytes have come back, and returns what became of that call. */
  async function leave(when: 'before the first byte' | 'in mid-stream', body: Record<string, unknown>, script: Script): Promise<'finished' | 'cut'> {
    upstream.answer(script);
    const index = upstream.received.length;
    const client = new AbortController();
    const reading = postChat(server.url, body, client.signal).then(async (response) => {
      for await (const _chunk of response.body ?? []) client.abort();
    });
    const gone = assert.rejects(reading, { name: 'AbortError' });
    const request = await upstream.request(index);
    if (when === 'before the first byte') client.abort();
    await gone;
    return request.over;
  }

  const partial: Record<string, Script> = {
    openai: (res) => {
      beginOpenAiStream(res);
      res.write(openAiChunks.role() + openAiChunks.text('Rubber boots'));
    },
    anthropic: (res) => {
      beginAnthropicStream(res);
      res.write(anthropicEvents.blockStart() + anthropicEvents.text('Rubber boots'));
    },
  };

  for (const provider of ['openai', 'anthropic']) {
    it(`closes the call to ${provider} when the client leaves in mid-stream, and charges it once with an estimate`, async () => {
      const outcome = await leave('in mid-stream', { stream: true, api_provider: provider }, partial[provider] ?? hang);
      assert.equal(outcome, 'cut');
      const row = await lastRow(app);
      assert.deepEqual([row.status, row.charged_requests, row.is_exact, row.error_code, row.output_tokens], ['aborted', 1, 0, 'CLIENT_LEFT', 3]);
      assert.ok(row.input_tokens > 0);
    });

    for (const stream of [true, false]) {
      it(`closes the call to ${provider} when the client leaves before the first byte (stream: ${stream}), and charges it once`, async () => {
        assert.equal(await leave('before the first byte', { stream, api_provider: provider }, hang), 'cut');
        const row = await lastRow(app);
        assert.deepEqual([row.status, row.charged_requests, row.is_exact, row.output_tokens], ['aborted', 1, 0, 0]);
      });
    }
  }

  it('settles a client that leaves after the usage was told with the exact figures', async () => {
    const outcome = await leave('in mid-stream', { stream: true }, (res) => {
      beginOpenAiStream(res);
      res.write(openAiChunks.finish() + openAiChunks.usage() + openAiChunks.text('.'));
    });
    assert.equal(outcome, 'cut');
    const row = await lastRow(app);
    assert.deepEqual([row.status, row.charged_requests, row.is_exact, row.input_tokens, row.output_tokens], ['aborted', 1, 1, 120, 45]);
  });

  const broken: [string, Script, string][] = [
    ['a stream that ends without [DONE]', (res) => { beginOpenAiStream(res); res.end(openAiChunks.role() + openAiChunks.text('Rubber')); }, 'PROVIDER_FAILED'],
    ['a stream whose connection breaks', (res) => { beginOpenAiStream(res); res.write(openAiChunks.text('Rubber'), () => setImmediate(() => res.destroy())); }, 'PROVIDER_FAILED'],
    ['a stream that names [DONE] in its text only', (res) => { beginOpenAiStream(res); res.end(openAiChunks.text('Rubber') + openAiChunks.text('\ndata: [DONE]\n\n') + openAiChunks.finish()); }, 'PROVIDER_FAILED'],
    ['an error line in mid-stream', (res) => { beginOpenAiStream(res); res.end(openAiChunks.text('Rubber') + openAiChunks.error('The server had an error', 'server_error') + openAiChunks.done()); }, 'PROVIDER_FAILED'],
    ['a line that is not JSON', (res) => { beginOpenAiStream(res); res.end(`${openAiChunks.text('Rubber')}data: {"choices": [\n\n${openAiChunks.done()}`); }, 'PROVIDER_FAILED'],
    ['a line without end', (res) => { beginOpenAiStream(res); res.write(`${openAiChunks.text('Rubber')}data: "`); res.end('x'.repeat(1_500_000)); }, 'PROVIDER_FAILED'],
  ];
  for (const [what, script, code] of broken) {
    it(`reports ${what} as an error after what came before it, without [DONE], and charges it`, async () => {
      upstream.answer(script);
      const { events, text, isDone } = parseEvents(await (await postChat(server.url, { stream: true })).text());
      assert.ok(text.startsWith('Rubber'));
      assert.deepEqual([isDone, events.at(-1)?.error?.code, events.at(-1)?.usage], [false, code, undefined]);
      assert.ok(events.at(-1)?.error?.request_id);
      const row = await lastRow(app);
      assert.deepEqual([row.status, row.charged_requests, row.error_code, row.is_exact], ['failed', 1, code, 0]);
    });
  }

  it('reads a stream that is cut into single bytes', async () => {
    const bytes = Buffer.from(openAiChunks.role() + openAiChunks.text('Stivali 🥾 perché piove') + openAiChunks.finish() + openAiChunks.usage() + openAiChunks.done());
    upstream.answer(async (res) => {
      beginOpenAiStream(res);
      for (const byte of bytes) if (!res.write(Buffer.of(byte))) await new Promise((resolve) => res.once('drain', resolve));
      res.end();
    });
    const { text, isDone, events } = parseEvents(await (await postChat(server.url, { stream: true })).text());
    assert.deepEqual([text, isDone, events.at(-1)?.usage?.['exact']], ['Stivali 🥾 perché piove', true, true]);
  });

  it('stops reading from the provider while the client does not read', async () => {
    const piece = openAiChunks.text('x'.repeat(60_000));
    let written = 0;
    let blocked: (value: unknown) => void = () => undefined;
    const isBlocked = new Promise((resolve) => (blocked = resolve));
    upstream.answer(async (res) => {
      beginOpenAiStream(res);
      for (let count = 0; count < 1_000; count += 1) {
        written += 1;
        if (res.write(piece)) continue;
        const drained = await Promise.race([new Promise((resolve) => res.once('drain', () => resolve(true))), new Promise((resolve) => setTimeout(() => resolve(false), 1_000))]);
        if (!drained) {
          blocked(undefined);
          await new Promise((resolve) => res.once('drain', resolve));
        }
      }
      res.end(openAiChunks.finish() + openAiChunks.done());
    });
    const answer = await postChat(server.url, { stream: true });
    await isBlocked;
    assert.ok(written < 1_000, 'the whole answer was taken without the client reading any of it');
    const { text, isDone } = parseEvents(await answer.text());
    assert.deepEqual([text.length, isDone], [60_000_000, true]);
  });

  it('asks no provider for a client that left while its request was being reserved, and gives the request back', async () => {
    const { db, vault, now } = app.deps;
    const { license } = await knownLicense(db, vault, { key: developmentKey }, now());
    const chat = { messages: [{ role: 'user' as const, content: 'Hi' }], provider: undefined, model: undefined, temperature: undefined, maxTokens: undefined, stream: true };
    const before = upstream.received.length;
    const nobody = chatAnswer(new ServerResponse(new IncomingMessage(new Socket())) as Response, true);
    await assert.rejects(completeChat(app.deps, { caller: { license, site: null, visitor: null, sitePrompt: null, settings: defaultAiSettings, terms: (await aiTermsOf(db, license.id)).terms }, signal: AbortSignal.abort(), onQuota: () => undefined, onCache: () => undefined }, chat, nobody), { name: 'ClientLeft' });
    const row = await lastRow(app);
    assert.deepEqual([row.status, row.charged_requests, row.input_tokens, upstream.received.length], ['aborted', 0, 0, before]);
  });

  it('leaves nothing reserved, and the counter equal to the ledger', async () => {
    upstream.answer(openAiAnswer('Fine.'));
    await (await postChat(server.url, {})).text();
    const { month, hour, ledgerMonth, ledgerHour, reserved } = await counted(app);
    assert.deepEqual([ledgerMonth, ledgerHour, reserved], [month, hour, 0]);
    assert.ok(month > 0);
  });
});
