import assert from 'node:assert/strict';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';
import type { Response } from 'express';
import { recordAnswer } from '../../server/ai/cache/record-answer.ts';
import { chatAnswer } from '../../server/ai/chat-answer.ts';
import { meterChat } from '../../server/ai/chat-meter.ts';
import { clientAnswer } from '../../server/ai/gateway/client-answer.ts';
import { watchCall } from '../../server/ai/watch.ts';
import { eventStream } from '../../server/http/sse.ts';

setFlagsFromString('--allow-natives-syntax');
const isFast = runInThisContext('(made) => %HasFastProperties(made)') as (made: object) => boolean;

// Why it matters: docs/decisions/0141.
describe('an object that each AI request makes has a hidden class', () => {
  const answerOf = () => new ServerResponse(new IncomingMessage(new Socket())) as Response;
  const watch = () => {
    const made = watchCall(new AbortController().signal, { firstByteMs: 1_000, idleMs: 1_000, maxMs: 1_000 }, 'a provider');
    made.stop();
    return made;
  };
  const makers: Record<string, () => object> = {
    clientAnswer: () => clientAnswer(answerOf()),
    recordAnswer: () => recordAnswer(clientAnswer(answerOf())).client,
    chatAnswer: () => chatAnswer(answerOf(), true),
    eventStream: () => eventStream(answerOf()),
    meterChat: () => meterChat(() => 0),
    watchCall: watch,
  };
  // The first of a kind is made in another way than all the others.
  const third = (make: () => object) => [make(), make(), make()].at(-1) as object;
  for (const [name, make] of Object.entries(makers)) it(name, () => assert.ok(isFast(third(make))));

  it('which one with a getter has not', () => {
    const made = third(() => {
      const answer = answerOf();
      return {
        get isOpen() {
          return !answer.closed;
        },
      };
    });
    assert.equal(isFast(made), false);
  });
});
