import assert from 'node:assert/strict';
import { after, before, beforeEach, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { onBothDatabases } from '../harness.ts';
import { anthropicEvents, beginAnthropicStream } from './anthropic-wire.ts';
import { counted, lastRow } from './chat-client.ts';
import { beginOpenAiStream, openAiChunks } from './openai-wire.ts';
import { openWay, type Way } from './sdk-clients.ts';
import { hang, type Script } from './upstream.ts';

const messages = [{ role: 'user' as const, content: 'Which shoes go with rain?' }];
const openAiStart: Script = (res) => {
  beginOpenAiStream(res);
  res.write(openAiChunks.role() + openAiChunks.text('Rubber boots'));
};
const anthropicStart: Script = (res) => {
  beginAnthropicStream(res);
  res.write(anthropicEvents.blockStart() + anthropicEvents.text('Rubber boots'));
};
const pieces: Record<string, { start: Script; more: string; error: string; notJson: string; halfAnEvent: string; falseEnd: string }> = {
  'gpt-test': { start: openAiStart, more: openAiChunks.text(' and'), error: openAiChunks.error('The server had an error', 'server_error') + openAiChunks.done(), notJson: `data: {"choices": [\n\n${openAiChunks.done()}`, halfAnEvent: 'data: {"choi', falseEnd: openAiChunks.finish() + openAiChunks.usage() },
  'claude-test': { start: anthropicStart, more: anthropicEvents.text(' and'), error: anthropicEvents.error('overloaded_error', 'The server had an error'), notJson: `event: content_block_delta\ndata: {"type":\n\n${anthropicEvents.stop()}`, halfAnEvent: 'event: content_bl', falseEnd: anthropicEvents.blockStop() + anthropicEvents.delta(7) },
};
const broken: [string, (model: string) => Script][] = [
  ['ends too early', (model) => async (res, request) => { await pieces[model]?.start(res, request); res.end(pieces[model]?.more); }],
  ['ends in the middle of an event', (model) => async (res, request) => { await pieces[model]?.start(res, request); res.end(pieces[model]?.halfAnEvent); }],
  ['ends with everything but its end marker', (model) => async (res, request) => { await pieces[model]?.start(res, request); res.end(pieces[model]?.falseEnd); }],
  ['loses its connection', (model) => async (res, request) => { await pieces[model]?.start(res, request); setTimeout(() => res.destroy(), 20); }],
  ['holds an error', (model) => async (res, request) => { await pieces[model]?.start(res, request); res.end(pieces[model]?.error); }],
  ['holds an event that is not JSON', (model) => async (res, request) => { await pieces[model]?.start(res, request); res.end(pieces[model]?.notJson); }],
];

onBothDatabases('a stream to an official SDK', (engine) => {
  let way: Way;
  before(async () => {
    way = await openWay(engine);
  });
  after(() => way.close());
  // Longer than any pause of the circuit breaker.
  beforeEach(() => void (way.app.clock.now += 300_000));

  /** Reads a stream with one of the SDKs; the raw iterator, which ends silently on anything that it is not told. */
  const clients: Record<string, (model: string, onText: (text: string) => void, signal?: AbortSignal) => Promise<void>> = {
    async openai(model, onText, signal) {
      for await (const chunk of await way.openAi().chat.completions.create({ model, messages, stream: true }, signal ? { signal } : {})) onText(chunk.choices[0]?.delta.content ?? '');
    },
    async anthropic(model, onText, signal) {
      for await (const event of await way.anthropic().messages.create({ model, max_tokens: 50, messages, stream: true }, signal ? { signal } : {})) onText(event.type === 'content_block_delta' && event.delta.type === 'text_delta' ? event.delta.text : '');
    },
  };

  for (const [client, read] of Object.entries(clients)) {
    for (const model of Object.keys(pieces)) {
      for (const [what, script] of broken) {
        it(`raises in the ${client} SDK when that of ${model} ${what}, after all that came before, and is charged once`, async () => {
          way.upstream.answer(script(model));
          way.requests();
          let text = '';
          const error: unknown = await read(model, (piece) => (text += piece)).then(() => assert.fail(`it ended as if it were whole: ${text}`), (reason: unknown) => reason);
          assert.ok(error instanceof OpenAI.APIError || error instanceof Anthropic.APIError, String(error));
          assert.ok(text.startsWith('Rubber boots'), text);
          assert.equal(way.requests(), 1);
          const row = await lastRow(way.app);
          assert.deepEqual([row.status, row.charged_requests], ['failed', 1]);
          assert.ok(row.output_tokens > 0);
        });
      }

      it(`is closed upstream when the ${client} SDK aborts that of ${model} in the middle, and is charged once by an estimate`, async () => {
        way.upstream.answer(pieces[model]?.start ?? hang);
        const index = way.upstream.received.length;
        const controller = new AbortController();
        await read(model, (text) => text !== '' && controller.abort(), controller.signal);
        assert.equal(await (await way.upstream.request(index)).over, 'cut');
        const row = await lastRow(way.app);
        assert.deepEqual([row.status, row.charged_requests, row.is_exact, row.error_code, row.output_tokens], ['aborted', 1, 0, 'CLIENT_LEFT', 3]);
      });
    }
  }

  for (const [model, read] of [['gpt-test', clients['openai']], ['claude-test', clients['anthropic']]] as const) {
    it(`is closed upstream when the SDK of ${model} leaves before the first byte`, async () => {
      way.upstream.answer(hang);
      const index = way.upstream.received.length;
      const controller = new AbortController();
      const gone = assert.rejects(read?.(model, () => undefined, controller.signal) ?? Promise.resolve());
      const request = await way.upstream.request(index);
      controller.abort();
      await gone;
      assert.equal(await request.over, 'cut');
      const row = await lastRow(way.app);
      assert.deepEqual([row.status, row.charged_requests, row.output_tokens], ['aborted', 1, 0]);
    });
  }

  it('raises in the helpers of both SDKs as well', async () => {
    way.upstream.answer(broken[0]?.[1]('gpt-test') ?? hang);
    await assert.rejects(way.openAi().chat.completions.stream({ model: 'gpt-test', messages }).finalContent(), OpenAI.APIError);
    way.upstream.answer(broken[0]?.[1]('claude-test') ?? hang);
    await assert.rejects(way.anthropic().messages.stream({ model: 'claude-test', max_tokens: 5, messages }).finalText(), Anthropic.APIError);
  });

  it('stops reading from the provider while the client does not read', async () => {
    const piece = openAiChunks.text('x'.repeat(60_000));
    let written = 0;
    let blocked: (value: unknown) => void = () => undefined;
    const isBlocked = new Promise((resolve) => (blocked = resolve));
    way.upstream.answer(async (res) => {
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
    const stream = await way.openAi().chat.completions.create({ model: 'gpt-test', messages, stream: true });
    await isBlocked;
    assert.ok(written < 1_000, 'the whole answer was taken without the client reading any of it');
    let length = 0;
    for await (const chunk of stream) length += chunk.choices[0]?.delta.content?.length ?? 0;
    assert.equal(length, 60_000_000);
  });

  it('leaves nothing reserved, and the counter equal to the ledger', async () => {
    const { month, hour, ledgerMonth, ledgerHour, reserved } = await counted(way.app);
    assert.deepEqual([ledgerMonth, ledgerHour, reserved], [month, hour, 0]);
    assert.ok(month > 0);
  });
});
