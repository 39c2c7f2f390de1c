import type { Response } from 'express';
import { eventStream } from '../http/sse.ts';
import type { ClientAnswer } from './gateway/client-answer.ts';
import type { Target } from './catalog/resolve-targets.ts';
import { providerOf, titleOf } from './gateway/target-names.ts';
import { chunkReader, wholeReader, type CompletionReader, type FinishReason } from './read-completion.ts';
import type { Watch } from './watch.ts';

/** The answer of POST /api/chat: takes a chat completion, whole or in chunks, and gives its text in the shape of this endpoint. */
export type ChatAnswer = ClientAnswer & {
  /** An attempt begins; what an earlier one has said is forgotten. */
  begin(id: string, target: Target): void;
  /** Takes the last bytes of a completion. Throws PROVIDER_FAILED for one that says nothing. */
  finish(last: Buffer | string, watch: Watch): Promise<void>;
  finishReason(): FinishReason;
  /** What was said; nothing where it went out in events. */
  text(): string;
  /** Sends the last event and the end marker. */
  complete(ending: object, stallMs: number): void;
};

/** Nothing is sent before the first text. With `isStream` each text leaves as an event of its own, otherwise they are kept for `text`. */
export function chatAnswer(res: Response, isStream: boolean): ChatAnswer {
  const events = eventStream(res);
  let head = {};
  let title = '';
  let reader: CompletionReader = wholeReader(title);
  let texts: string[] = [];

  async function say(said: string[], watch: Watch): Promise<void> {
    if (!isStream) return void texts.push(...said);
    for (const content of said) {
      const reading = events.send({ ...head, delta: { content } });
      if (reading) await watch.whileClientReads(reading);
    }
  }

  return {
    hasBegun: () => events.isOpen(),
    begin(id, target) {
      head = { id, provider: providerOf(target), model: target.model };
      title = titleOf(target);
      texts = [];
    },
    head(_status, headers) {
      const type = headers['Content-Type'] ?? headers['content-type'] ?? '';
      reader = type.toLowerCase().startsWith('text/event-stream') ? chunkReader(title) : wholeReader(title);
    },
    write: (bytes, watch) => say(reader.push(Buffer.from(bytes)), watch),
    finish: (last, watch) => say(reader.end(Buffer.from(last)), watch),
    finishReason: () => reader.finishReason(),
    text: () => texts.join(''),
    complete(ending, stallMs) {
      void events.send(ending);
      void events.send('[DONE]');
      events.end(stallMs);
    },
    end(bytes, stallMs) {
      res.write(bytes);
      events.end(stallMs);
    },
  };
}
