import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { sseFramer } from '../../server/ai/gateway/sse-frames.ts';

const stream = ': keep-alive\n\nevent: message_start\ndata: {"a":"però 🥾"}\n\ndata: one\r\ndata: two\r\n\r\ndata:\n\ndata: [DONE]\n\ndata: rest';

describe('cutting a stream into events', () => {
  it('finds the same events, with every byte of them, wherever the stream is cut', () => {
    const bytes = Buffer.from(stream);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
        const framer = sseFramer('Test');
        const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const frames = edges.slice(1).flatMap((end, index) => framer.push(bytes.subarray(edges[index], end)));
        assert.deepEqual(frames.map(({ event, data }) => [event, data]), [[undefined, undefined], ['message_start', '{"a":"però 🥾"}'], [undefined, 'one\ntwo'], [undefined, ''], [undefined, '[DONE]']]);
        assert.equal(Buffer.concat([...frames.map((frame) => frame.bytes), framer.rest()]).toString(), stream);
      }),
    );
  });

  it('refuses an event that would fill the memory', () => {
    const framer = sseFramer('Test');
    assert.throws(() => {
      for (let count = 0; count < 100; count += 1) framer.push(Buffer.alloc(100_000, 'x'));
    }, { code: 'PROVIDER_FAILED' });
  });
});
