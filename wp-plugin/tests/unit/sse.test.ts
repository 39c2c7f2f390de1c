import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { converse, recent } from '../../src/chat/converse.ts';
import { emptyFacts } from '../../src/chat/ground.ts';
import { readStream } from '../../src/chat/sse.ts';
import type { Transport } from '../../src/chat/transport.ts';
import type { Message } from '../../src/chat/types.ts';

function streamOf(text: string, size: number): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, (at += size)));
      return undefined;
    },
  });
}
const chunk = (delta: object, finish_reason: string | null = null) => `data: ${JSON.stringify({ choices: [{ delta, finish_reason }] })}\n\n`;
const whole = `: waiting\n\n${chunk({ role: 'assistant', content: '' })}${chunk({ content: 'Caffè ' })}${chunk({ content: '☕' })}${chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '{"q' } }] })}${chunk({ tool_calls: [{ index: 0, function: { arguments: '":1}' } }] })}${chunk({}, 'tool_calls')}data: {"choices":[],"usage":{}}\n\ndata: [DONE]\n\n`;

describe('a stream of the server', () => {
  it('is read the same however it is cut into pieces', async () => {
    for (const size of [1, 2, 3, 7, 64, 10_000]) {
      const seen: string[] = [];
      const answer = await readStream(streamOf(whole, size), (text) => seen.push(text));
      assert.deepEqual(answer, { text: 'Caffè ☕', calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"q":1}' } }], finish: 'tool_calls' });
      assert.deepEqual(seen, ['Caffè ', 'Caffè ☕']);
    }
  });

  it('that ends without its end is cut off, and an error in it is one', async () => {
    await assert.rejects(readStream(streamOf(chunk({ content: 'half' }), 10), () => undefined), { trouble: 'cut' });
    await assert.rejects(readStream(streamOf(`${chunk({ content: 'half' })}data: {"error":{"code":"QUOTA_EXHAUSTED"}}\n\n`, 10), () => undefined), { trouble: 'quota' });
  });
});

describe('a question', () => {
  const listener = { onText: () => undefined, onSearch: () => undefined, onOffer: () => undefined };
  const call = { id: 'c', type: 'function' as const, function: { name: 'search_products', arguments: 'no JSON' } };

  it('ends after five rounds of tools, whatever the model wants', async () => {
    let asked = 0;
    const transport: Transport = {
      transcribe: () => Promise.reject(new Error('not asked')),
      speak: () => Promise.reject(new Error('not asked')),
      ask: () => Promise.resolve({ text: `round ${++asked}`, calls: [call, call, call, call, call, call], finish: 'tool_calls' }),
      post: <Body>() => Promise.resolve({ content: {}, products: [], pages: [] } as Body),
    };
    const messages: Message[] = [{ role: 'user', content: 'hello' }];
    assert.match(await converse(transport, messages, emptyFacts(), listener, new AbortController().signal), /round 5$/);
    assert.equal(asked, 5);
    assert.equal(messages.filter(({ role }) => role === 'tool').length, 16);
    assert.equal(messages.at(-1)?.role, 'assistant');
  });

  it('offers no product for the cart that no tool has returned', async () => {
    const offers: unknown[] = [];
    let asked = 0;
    const transport: Transport = {
      transcribe: () => Promise.reject(new Error('not asked')),
      speak: () => Promise.reject(new Error('not asked')),
      ask: () => Promise.resolve(asked++ === 0 ? { text: '', calls: [{ ...call, function: { name: 'offer_add_to_cart', arguments: '{"id":666}' } }], finish: '' } : { text: 'done', calls: [], finish: 'stop' }),
      post: () => Promise.reject(new Error('not asked')),
    };
    await converse(transport, [{ role: 'user', content: 'hello' }], emptyFacts(), { ...listener, onOffer: (offer) => offers.push(offer) }, new AbortController().signal);
    assert.deepEqual(offers, []);
  });

  it('is sent with the latest messages, never torn between a call and its result', () => {
    const turn: Message[] = [{ role: 'user', content: 'q' }, { role: 'assistant', content: '', tool_calls: [call] }, { role: 'tool', content: '{}', tool_call_id: 'c' }, { role: 'assistant', content: 'a' }];
    const messages = [...Array.from({ length: 12 }, () => turn).flat(), { role: 'user' as const, content: 'last' }];
    const sent = recent(messages);
    assert.ok(sent.length <= 30);
    assert.equal(sent[0]?.role, 'user');
    assert.equal(sent.at(-1)?.content, 'last');
  });
});
