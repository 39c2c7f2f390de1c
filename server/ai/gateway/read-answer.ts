import type { AppError } from '../../errors.ts';
import type { ChatMeter } from '../chat-meter.ts';
import { providerError } from '../provider-errors.ts';
import type { Watch } from '../watch.ts';
import { anthropicAnswerFacts, anthropicReader } from './anthropic-wire.rules.ts';
import { isObject, type Json } from './loose.rules.ts';
import { openAiAnswerFacts, openAiReader } from './openai-wire.rules.ts';
import { sseFramer, type Frame } from './sse-frames.ts';
import { refusalOf, requestIdOf, streamErrorOf, unreadable } from './upstream-errors.ts';
import type { UpstreamAnswer } from './upstream-answer.ts';
import type { Upstream, UpstreamRequest } from './upstreams.ts';
import type { Protocol, SseEvent, WireFacts } from './wire.rules.ts';

/** One call to a provider that is under way. */
export type Exchange = {
  upstream: Upstream;
  /** As the provider names it. */
  model: string;
  caller: Protocol;
  /** A refusal in the caller's protocol goes back as it came; otherwise all are told in our words. */
  passBack: boolean;
  watch: Watch;
  meter: ChatMeter;
};
export type Heard = { frame: Frame; facts: WireFacts };

// After its end marker an upstream gets this long to end, so that the connection can be used again.
const closingGraceMs = 100;
const maxJsonBytes = 64 * 1024 * 1024;

/** Sends a request and resolves with a successful answer. Throws PassedBack, PROVIDER_* for everything else. */
export async function ask(exchange: Exchange, request: Omit<UpstreamRequest, 'signal'>): Promise<UpstreamAnswer> {
  const { upstream, model, watch, meter } = exchange;
  const answer = await upstream.send({ ...request, signal: watch.signal() }).catch((error: unknown) => {
    throw causeOf(exchange, error);
  });
  meter.note({ type: 'accepted', requestId: requestIdOf(answer) });
  if (answer.statusCode < 200 || answer.statusCode > 299) throw await refusalOf(answer, upstream, model, isPassedBack(exchange));
  const encoding = answer.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return answer;
  answer.body.destroy();
  throw unreadable(upstream, `the answer is encoded as ${String(encoding)}`);
}

/** What a call to a provider failed for, to be thrown: the reason for which we ended it ourselves, or else a PROVIDER_* error of the provider's. */
export function causeOf({ upstream, model, watch }: Exchange, error: unknown): unknown {
  return watch.signal().aborted ? error : providerError(error, upstream.face, model);
}

/** Whether an answer is a stream of events; a server that knows no streaming answers with plain JSON. */
export function isEventStream(answer: UpstreamAnswer): boolean {
  return String(answer.headers['content-type'] ?? '').toLowerCase().startsWith('text/event-stream');
}

/**
 * Reads a stream to its end marker and hands over the events before it as they come; the meter hears all of them. Returns the marker after the
 * events that came in one piece with it, which are not handed over: sent together they cost one packet.
 * Throws what streamErrorOf says of an error event, and PROVIDER_FAILED for a stream that ends without its marker.
 */
export async function readEvents(exchange: Exchange, { body }: UpstreamAnswer, take: (events: Heard[]) => Promise<void>): Promise<Heard[]> {
  const { upstream, model, watch, meter } = exchange;
  const framer = sseFramer(upstream.face.title);
  const read = upstream.protocol === 'anthropic' ? anthropicReader() : openAiReader();
  let ending: Heard[] | undefined;
  let closing: NodeJS.Timeout | undefined;
  try {
    for await (const chunk of body) {
      if (ending) continue;
      ending = await takeFrames(framer.push(chunk));
      if (ending) closing = setTimeout(() => body.destroy(), closingGraceMs);
    }
    // The last event may lack its blank line.
    if (!ending && framer.rest().length > 0) ending = await takeFrames(framer.push(Buffer.from('\n\n')));
  } catch (error) {
    if (!ending) throw causeOf(exchange, error);
  } finally {
    clearTimeout(closing);
  }
  if (!ending) throw unreadable(upstream, 'the stream ended without its end marker');
  return ending;

  async function takeFrames(frames: Frame[]): Promise<Heard[] | undefined> {
    const events: Heard[] = [];
    let failure: AppError | undefined;
    let isProgress = false;
    for (const frame of frames) {
      const facts = factsOf(read, frame);
      if (!facts) failure = unreadable(upstream, 'an event is not JSON');
      else {
        noteFacts(meter, facts);
        isProgress ||= facts.isProgress;
        if (facts.error) failure = streamErrorOf(facts.error, frame.bytes, upstream, model, isPassedBack(exchange));
        else events.push({ frame, facts });
      }
      if (failure || facts?.isEnd) break;
    }
    if (isProgress) watch.heard();
    if (events.at(-1)?.facts.isEnd) return events;
    if (events.length > 0) await take(events);
    if (failure) throw failure;
    return undefined;
  }
}

/** Whether a refusal goes back as it came. */
export function isPassedBack({ passBack, caller, upstream }: Exchange): boolean {
  return passBack && caller === upstream.protocol;
}

/** Tells the meter what an event or an answer says. */
export function noteFacts(meter: ChatMeter, { isProgress, model, serviceTier, output, usage }: WireFacts): void {
  if (!isProgress) return;
  meter.note({ type: 'progress' });
  if (model !== undefined && model !== meter.model) meter.note({ type: 'model', model });
  if (serviceTier !== undefined && serviceTier !== meter.serviceTier) meter.note({ type: 'tier', serviceTier });
  if (output !== '') meter.note({ type: 'text', text: output });
  if (usage) meter.note({ type: 'usage', usage: usage.tokens, isFinal: usage.isFinal });
}

/** What a whole answer of this provider says. */
export function answerFacts({ upstream }: Exchange, json: Json): WireFacts {
  return upstream.protocol === 'anthropic' ? anthropicAnswerFacts(json) : openAiAnswerFacts(json);
}

/** A whole answer as JSON. Throws PROVIDER_FAILED, also for one that would fill the memory. */
export async function readJson(exchange: Pick<Exchange, 'upstream'>, { body }: UpstreamAnswer): Promise<Json> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxJsonBytes) throw unreadable(exchange.upstream, 'the answer is too large');
  }
  return jsonAnswer(exchange, Buffer.concat(chunks));
}

/** The JSON object in these bytes. Throws PROVIDER_FAILED. */
export function jsonAnswer({ upstream }: Pick<Exchange, 'upstream'>, bytes: Buffer): Json {
  try {
    const json: unknown = JSON.parse(bytes.toString());
    if (isObject(json)) return json;
  } catch (error) {
    throw unreadable(upstream, `the answer is not JSON (${(error as Error).message.slice(0, 40)})`);
  }
  throw unreadable(upstream, 'the answer is not a JSON object');
}

function factsOf(read: (event: SseEvent) => WireFacts, frame: Frame): WireFacts | undefined {
  try {
    return read(frame);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
