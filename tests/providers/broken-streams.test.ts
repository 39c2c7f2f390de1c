import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, beforeEach, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { faults, modelOf, startBrokenUpstream, wholeStreams, type BrokenUpstream } from '../../scripts/chaos/broken-upstream.ts';
import { developmentKey } from '../../server/licenses/seed-development-license.ts';
import { onBothDatabases } from '../harness.ts';
import { counted, ledger, parseEvents, postChat } from './chat-client.ts';
import { openWay, type Way } from './sdk-clients.ts';

const messages = [{ role: 'user' as const, content: 'Which shoes go with rain? #1#' }];
const providers = ['openai-compatible', 'anthropic'];

/** The provider is at the other end of a raw connection, and may break every rule of HTTP. */
onBothDatabases('a provider whose stream breaks', (engine) => {
  let way: Way;
  let upstream: BrokenUpstream;
  before(async () => {
    upstream = await startBrokenUpstream();
    way = await openWay(engine, () => ({
      OPENAI_COMPATIBLE_BASE_URL: upstream.url, ANTHROPIC_API_KEY: 'sk-ant-secret', ANTHROPIC_BASE_URL: upstream.url,
      AI_FIRST_BYTE_TIMEOUT_MS: '2000', AI_IDLE_TIMEOUT_MS: '2000', AI_MAX_DURATION_MS: '4000',
    }));
    await way.app.deps.db.updateTable('plans').set({ hourly_requests: 1_000 }).execute();
  });
  after(async () => {
    await way.close();
    await upstream.close();
  });

  /** Reads a stream to its end with the raw iterator of an SDK, or with our own client; says how it ended. */
  const clients: Record<string, (model: string) => Promise<'ended'>> = {
    async 'the openai SDK'(model) {
      for await (const _chunk of await way.openAi().chat.completions.create({ model, messages, stream: true }, { maxRetries: 0 }));
      return 'ended';
    },
    async 'the anthropic SDK'(model) {
      for await (const _event of await way.anthropic().messages.create({ model, max_tokens: 50, messages, stream: true }, { maxRetries: 0 }));
      return 'ended';
    },
    async 'POST /api/chat'(model) {
      const [, provider, name] = /^([^/]+)\/(.+)$/.exec(model) ?? [];
      const answer = await postChat(way.url, { messages, api_provider: provider, model: name, stream: true });
      if (answer.status >= 400) throw new OpenAI.APIError(answer.status, {}, '', new Headers());
      const { events, isDone } = parseEvents(await answer.text());
      const told = events.at(-1)?.error;
      assert.notEqual(isDone, told !== undefined);
      if (told) throw new OpenAI.APIError(200, {}, told.code, new Headers());
      return 'ended';
    },
  };

  // The circuit breaker's pause is over, and it is closed.
  beforeEach(async () => {
    way.app.clock.now += 300_000;
    for (const provider of providers) assert.equal(await clients['the openai SDK']?.(`${provider}/whole`), 'ended');
  });

  for (const fault of Object.keys(faults)) {
    const isWhole = wholeStreams.has(fault);
    it(`${isWhole ? 'is read to its end by' : 'raises in'} everybody's client when it is called “${fault}”, and is settled once`, async () => {
      const before = (await ledger(way.app)).length;
      const asked = providers.flatMap((provider) => Object.entries(clients).map(async ([client, read]) => ({ who: `${client}, ${provider}`, how: await read(`${provider}/${modelOf(fault)}`).catch((error: unknown) => error) })));
      for (const { who, how } of await Promise.all(asked)) {
        if (isWhole) assert.equal(how, 'ended', who);
        else assert.ok(how instanceof OpenAI.APIError || how instanceof Anthropic.APIError, `${who}: ${String(how)}`);
      }
      const rows = (await ledger(way.app)).slice(before);
      assert.equal(rows.length, asked.length);
      for (const row of rows) {
        assert.equal(row.status, isWhole ? 'completed' : 'failed');
        assert.equal(row.charged_requests, row.output_tokens > 0 ? 1 : 0);
      }
    });
  }

  it('ends for a client on a raw connection in an error event and a proper end of the answer, without [DONE]', async () => {
    const socket = connect(Number(new URL(way.url).port), '127.0.0.1');
    const body = JSON.stringify({ model: 'openai-compatible/reset-in-mid-stream', messages, stream: true });
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${developmentKey}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
    let text = '';
    for await (const piece of socket) text += String(piece);
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n.*text\/event-stream.*Rubber boots.*data: \{"error":\{.*\n\n\r\n0\r\n\r\n$/s);
    assert.ok(!text.includes('[DONE]'));
  });

  it('leaves nothing reserved, and the counter equal to the ledger', async () => {
    const { month, ledgerMonth, reserved } = await counted(way.app);
    assert.deepEqual([ledgerMonth, reserved], [month, 0]);
  });
});
