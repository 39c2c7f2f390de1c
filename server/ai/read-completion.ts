import { AppError } from '../errors.ts';
import { objectOf, objectsOf, textOf, type Json } from './gateway/loose.rules.ts';
import { sseFramer } from './gateway/sse-frames.ts';

export type FinishReason = 'stop' | 'length' | 'content_filter' | 'tool_calls';

/** Reads one chat completion as it comes. */
export type CompletionReader = {
  /** The texts in these bytes, as far as they can be read by now. Throws PROVIDER_FAILED. */
  push(bytes: Buffer): string[];
  /** The same for the last bytes: the completion is whole now. Throws PROVIDER_FAILED for one that says nothing. */
  end(bytes: Buffer): string[];
  finishReason(): FinishReason;
};

const maxBytes = 64 * 1024 * 1024;

/** A completion that comes in chunks, as server-sent events. `title` is that of the provider, for people. */
export function chunkReader(title: string): CompletionReader {
  const framer = sseFramer(title);
  let finish: unknown;
  const push = (bytes: Buffer) =>
    framer.push(bytes).flatMap(({ data }) => {
      if (data === undefined || data.trim() === '[DONE]') return [];
      const [choice = {}] = objectsOf(objectOf(JSON.parse(data))['choices']);
      finish = choice['finish_reason'] ?? finish;
      return saidIn(objectOf(choice['delta']));
    });
  return { push, end: push, finishReason: () => finishReasonOf(finish) };
}

/** A completion that comes as one JSON object. `title` is that of the provider, for people. */
export function wholeReader(title: string): CompletionReader {
  const held: Buffer[] = [];
  let size = 0;
  let finish: unknown;
  const unreadable = (detail: string) => new AppError('PROVIDER_FAILED', `${title} sent an answer that could not be read. Try again.`, { detail: `${title}: ${detail}` });
  const push = (bytes: Buffer) => {
    size += bytes.length;
    if (size > maxBytes) throw unreadable('the answer is too large');
    held.push(bytes);
    return [];
  };
  return {
    push,
    end(bytes) {
      push(bytes);
      const [choice] = objectsOf(parsed(Buffer.concat(held))?.['choices']);
      if (!choice) throw unreadable('no choice in the answer');
      finish = choice['finish_reason'];
      return saidIn(objectOf(choice['message']));
    },
    finishReason: () => finishReasonOf(finish),
  };
}

function parsed(bytes: Buffer): Json | undefined {
  try {
    return objectOf(JSON.parse(bytes.toString()));
  } catch {
    // Whoever asks for a choice in it finds none, and says so.
    return undefined;
  }
}

function saidIn(message: Json): string[] {
  const text = textOf(message['content']) + textOf(message['refusal']);
  return text === '' ? [] : [text];
}

function finishReasonOf(reason: unknown): FinishReason {
  if (reason === 'length' || reason === 'content_filter') return reason;
  return reason === 'tool_calls' || reason === 'function_call' ? 'tool_calls' : 'stop';
}
