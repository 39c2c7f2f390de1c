import type { MeteredUsage } from '../../usage/token-usage.rules.ts';
import { eventHeaders, type ClientAnswer } from '../gateway/client-answer.ts';
import { isObject, objectOf } from '../gateway/loose.rules.ts';
import { ask, causeOf, isEventStream, isPassedBack, jsonAnswer, type Exchange } from '../gateway/read-answer.ts';
import { sseFramer, type Frame } from '../gateway/sse-frames.ts';
import { streamErrorOf, unreadable, usefulHeadersOf } from '../gateway/upstream-errors.ts';
import type { UpstreamAnswer } from '../gateway/upstream-answer.ts';
import type { UpstreamRequest } from '../gateway/upstreams.ts';
import { audioEventFacts, transcriptionUsage } from './audio-usage.rules.ts';

// A transcription up to this size is read whole before any of it is passed on.
const heldBytes = 4 * 1024 * 1024;
// After the event that ends a stream something may follow for this long, such as [DONE].
const closingGraceMs = 100;

/**
 * Passes a request on and its answer back, byte by byte, as fast as the client takes it. `estimate` is what it takes where the provider does
 * not say. Returns the last bytes, to be sent when the call is settled. Throws what `ask` throws, and PROVIDER_FAILED for an answer that breaks off.
 */
export async function passAudio(exchange: Exchange, request: Omit<UpstreamRequest, 'signal'>, client: ClientAnswer, estimate: MeteredUsage): Promise<Buffer> {
  const { meter } = exchange;
  meter.note({ type: 'metered', usage: estimate });
  const answer = await ask(exchange, request);
  const type = String(answer.headers['content-type'] ?? '').toLowerCase();
  try {
    if (isEventStream(answer)) return await passEvents(exchange, answer, client);
    if (type.startsWith('audio/') || type.startsWith('application/octet-stream')) return await passSound(exchange, answer, client);
    return await passText(exchange, answer, client, type.includes('json'));
  } catch (error) {
    throw causeOf(exchange, error);
  }
}

async function passSound({ meter, watch, upstream }: Exchange, answer: UpstreamAnswer, client: ClientAnswer): Promise<Buffer> {
  client.head(answer.statusCode, usefulHeadersOf(answer));
  let isEmpty = true;
  for await (const chunk of answer.body) {
    watch.heard();
    if (isEmpty) meter.note({ type: 'text', text: ' ' });
    isEmpty = false;
    await client.write(chunk, watch);
  }
  if (isEmpty) throw unreadable(upstream, 'the sound is empty');
  return Buffer.alloc(0);
}

async function passText(exchange: Exchange, answer: UpstreamAnswer, client: ClientAnswer, isJson: boolean): Promise<Buffer> {
  const { meter, watch, upstream } = exchange;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    // Blank lines keep the connection alive; they are no progress.
    if (/\S/.test(chunk.toString('latin1', 0, 256))) watch.heard();
    chunks.push(chunk);
    size += chunk.length;
    if (size > heldBytes) throw unreadable(upstream, 'the transcription is too large');
  }
  const bytes = Buffer.concat(chunks);
  const usage = isJson ? transcriptionUsage(jsonAnswer(exchange, bytes)) : undefined;
  meter.note({ type: 'text', text: ' ' });
  if (usage) meter.note({ type: 'metered', usage });
  client.head(answer.statusCode, usefulHeadersOf(answer));
  return bytes;
}

async function passEvents(exchange: Exchange, answer: UpstreamAnswer, client: ClientAnswer): Promise<Buffer> {
  const { upstream, watch } = exchange;
  const framer = sseFramer(upstream.face.title);
  const last: Buffer[] = [];
  let closing: NodeJS.Timeout | undefined;
  client.head(200, { ...usefulHeadersOf(answer), ...eventHeaders });
  const take = async (frames: Frame[]) => {
    const passed: Buffer[] = [];
    for (const frame of frames) {
      if (last.length > 0 || hearFrame(exchange, frame)) last.push(frame.bytes);
      else passed.push(frame.bytes);
    }
    await client.write(Buffer.concat(passed), watch);
    if (last.length > 0) closing ??= setTimeout(() => answer.body.destroy(), closingGraceMs);
  };
  try {
    for await (const chunk of answer.body) await take(framer.push(chunk));
    // The last event may lack its blank line.
    if (framer.rest().length > 0) await take(framer.push(Buffer.from('\n\n')));
  } catch (error) {
    if (last.length === 0) throw error;
  } finally {
    clearTimeout(closing);
  }
  if (last.length === 0) throw unreadable(upstream, 'the stream ended without its end marker');
  return Buffer.concat(last);
}

/** Tells the meter what an event says; true when it ends the stream. */
function hearFrame(exchange: Exchange, { data, bytes }: Frame): boolean {
  const { meter, watch, upstream, model } = exchange;
  if (data === undefined) return false;
  watch.heard();
  if (data.trim() === '[DONE]') return true;
  const facts = audioEventFacts(objectOf(parsed(data)));
  if (facts.error) throw streamErrorOf(facts.error, bytes, upstream, model, isPassedBack(exchange));
  meter.note({ type: 'text', text: facts.text });
  if (facts.usage) meter.note({ type: 'metered', usage: facts.usage });
  return facts.isEnd;
}

/** What is not JSON says nothing to us; the client may know it. */
function parsed(data: string): unknown {
  try {
    const json: unknown = JSON.parse(data);
    return isObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}
