import { anthropicTokens } from './anthropic-wire.rules.ts';
import { eventHeaders, type ClientAnswer } from './client-answer.ts';
import { isObject, type Json } from './loose.rules.ts';
import { openAiTokens } from './openai-wire.rules.ts';
import { answerFacts, ask, causeOf, isEventStream, jsonAnswer, noteFacts, readEvents, type Exchange, type Heard } from './read-answer.ts';
import { usefulHeadersOf } from './upstream-errors.ts';
import type { UpstreamAnswer } from './upstream-answer.ts';
import type { UpstreamRequest } from './upstreams.ts';

// An answer up to this size is read whole before any of it is passed on: its failures get a status of their own.
const heldBytes = 1024 * 1024;
const tailBytes = 16 * 1024;

/**
 * Passes a request on and its answer back, byte by byte, and meters a copy. `hideUsage`: the client has not asked for the chunk with the
 * usage that we have asked for. Returns the last bytes, to be sent when the call is settled.
 */
export async function passThrough(exchange: Exchange, request: Omit<UpstreamRequest, 'signal'>, client: ClientAnswer, hideUsage: boolean): Promise<Buffer> {
  const answer = await ask(exchange, request);
  if (!isEventStream(answer)) return passWhole(exchange, answer, client);
  client.head(200, { ...usefulHeadersOf(answer), ...eventHeaders });
  const bytesOf = (events: Heard[]) => {
    // Comments before the first event are left out: they would begin the answer, and nobody else could be asked any more.
    const first = client.hasBegun() ? 0 : events.findIndex(({ facts }) => facts.isProgress);
    const passed = first === -1 ? [] : events.slice(first).filter(({ facts }) => !(hideUsage && facts.isUsageOnly));
    return Buffer.concat(passed.map(({ frame }) => frame.bytes));
  };
  return bytesOf(await readEvents(exchange, answer, (events) => client.write(bytesOf(events), exchange.watch)));
}

async function passWhole(exchange: Exchange, answer: UpstreamAnswer, client: ClientAnswer): Promise<Buffer> {
  const { watch, meter, upstream } = exchange;
  const held: Buffer[] = [];
  let size = 0;
  let tail: Buffer = Buffer.alloc(0);
  client.head(answer.statusCode, usefulHeadersOf(answer));
  try {
    for await (const chunk of answer.body) {
      // Blank lines keep the connection alive; they are no progress.
      if (hasText(chunk)) watch.heard();
      size += chunk.length;
      if (size <= heldBytes) {
        held.push(chunk);
        continue;
      }
      tail = Buffer.concat([tail, ...held, chunk]).subarray(-tailBytes);
      // From here on a failure has cost something.
      if (held.length > 0) meter.note({ type: 'text', text: ' ' });
      await client.write(Buffer.concat([...held.splice(0), chunk]), watch);
    }
  } catch (error) {
    throw causeOf(exchange, error);
  }
  if (size <= heldBytes) {
    const [only = Buffer.alloc(0), ...others] = held;
    const bytes = others.length === 0 ? only : Buffer.concat(held);
    noteFacts(meter, answerFacts(exchange, jsonAnswer(exchange, bytes)));
    return bytes;
  }
  const usage = usageAtEnd(tail.toString('latin1'));
  if (usage) meter.note({ type: 'usage', usage: upstream.protocol === 'anthropic' ? anthropicTokens(usage) : openAiTokens(usage), isFinal: true });
  return Buffer.alloc(0);
}

const lastBlank = 0x20;

/** Whether there is anything but blanks at the beginning of these bytes. */
function hasText(bytes: Buffer): boolean {
  const end = Math.min(bytes.length, 256);
  for (let index = 0; index < end; index += 1) if ((bytes[index] as number) > lastBlank) return true;
  return false;
}

/** The usage at the end of an answer that is too large to be read whole: a list of embeddings. */
function usageAtEnd(tail: string): Json | undefined {
  const found = /"usage"\s*:\s*(\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})/.exec(tail)?.[1];
  if (found === undefined) return undefined;
  try {
    const usage: unknown = JSON.parse(found);
    return isObject(usage) ? usage : undefined;
  } catch {
    // Something that only looked like it: the usage will be estimated.
    return undefined;
  }
}
