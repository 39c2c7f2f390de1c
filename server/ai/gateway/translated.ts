import { answerToAnthropic, streamToAnthropic } from '../translate/answer-to-anthropic.rules.ts';
import { answerToOpenAi, streamToOpenAi } from '../translate/answer-to-openai.rules.ts';
import { requestToAnthropic } from '../translate/request-to-anthropic.rules.ts';
import { requestToOpenAi } from '../translate/request-to-openai.rules.ts';
import { AnswerUnreadable, CannotTranslate, type StreamTranslator } from '../translate/translation.rules.ts';
import { AppError } from '../../errors.ts';
import type { ChatMeter } from '../chat-meter.ts';
import { eventHeaders, type ClientAnswer } from './client-answer.ts';
import { demoAnswer, demoChunks, demoCompletion, demoPieces, lastQuestion, wantsUsage } from './demo.rules.ts';
import { encodeEvents, endMarker } from './events.rules.ts';
import type { Json } from './loose.rules.ts';
import { answerFacts, ask, causeOf, isEventStream, noteFacts, readEvents, readJson, type Exchange, type Heard } from './read-answer.ts';
import { unreadable } from './upstream-errors.ts';
import type { Upstream } from './upstreams.ts';
import type { Protocol } from './wire.rules.ts';

const jsonHeaders = { 'Content-Type': 'application/json; charset=utf-8' };

/** The request in the upstream's protocol. Throws INVALID_REQUEST that names the field for which the other protocol has no words. */
export function translateRequest(request: Json, upstream: Upstream, model: string): Buffer {
  try {
    const translated = upstream.protocol === 'anthropic' ? requestToAnthropic(request, model) : requestToOpenAi(request, model, upstream.kind === 'openai' ? 'max_completion_tokens' : 'max_tokens');
    // Thoughts would have to be handed back in the next turn, which the other protocol cannot do.
    return Buffer.from(JSON.stringify(upstream.kind === 'deepseek' ? { ...translated, thinking: { type: 'disabled' } } : translated));
  } catch (error) {
    if (error instanceof CannotTranslate) throw new AppError('INVALID_REQUEST', error.message, { field: `body.${error.field}` });
    throw error;
  }
}

/** Asks a provider of the other protocol and translates its answer as it comes. Returns the last bytes, to be sent when the call is settled. `now` in epoch ms. */
export async function askTranslated(exchange: Exchange, body: Buffer, request: Json, client: ClientAnswer, now: number): Promise<string> {
  const { caller, upstream, watch, meter } = exchange;
  const answer = await ask(exchange, { method: 'POST', path: upstream.protocol === 'anthropic' ? '/messages' : '/chat/completions', headers: { 'content-type': 'application/json' }, body });
  const createdAt = Math.floor(now / 1000);
  try {
    if (!isEventStream(answer)) {
      const json = await readJson(exchange, answer);
      noteFacts(meter, answerFacts(exchange, json));
      client.head(200, jsonHeaders);
      return JSON.stringify(caller === 'anthropic' ? answerToAnthropic(json) : answerToOpenAi(json, createdAt));
    }
    const translator: StreamTranslator = caller === 'anthropic' ? streamToAnthropic() : streamToOpenAi(createdAt, wantsUsage(request));
    client.head(200, eventHeaders);
    const translated = (events: Heard[]) => encodeEvents(caller, events.flatMap(({ facts }) => (facts.json && !facts.isEnd ? translator.push(facts.json) : [])));
    const last = await readEvents(exchange, answer, (events) => client.write(translated(events), watch));
    return translated(last) + encodeEvents(caller, translator.end()) + endMarker(caller);
  } catch (error) {
    if (error instanceof AnswerUnreadable) throw unreadable(upstream, error.message);
    throw causeOf(exchange, error);
  }
}

/** The demo's answer in the caller's protocol; while no provider is set up there is nobody to ask. `now` in epoch ms. */
export function answerAsDemo(caller: Protocol, meter: ChatMeter, request: Json, id: string, client: ClientAnswer, now: number): string {
  const pieces = demoPieces(lastQuestion(request));
  const answer = demoAnswer(request, id, pieces, Math.floor(now / 1000));
  meter.note({ type: 'text', text: pieces.join('') });
  if (request['stream'] !== true) {
    client.head(200, jsonHeaders);
    return JSON.stringify(caller === 'anthropic' ? answerToAnthropic(demoCompletion(answer)) : demoCompletion(answer));
  }
  client.head(200, eventHeaders);
  const translator = streamToAnthropic();
  const events = caller === 'anthropic' ? [...demoChunks(answer, true).flatMap((chunk) => translator.push(chunk)), ...translator.end()] : demoChunks(answer, wantsUsage(request));
  return encodeEvents(caller, events) + endMarker(caller);
}
