import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../../errors.ts';
import type { Target } from '../catalog/resolve-targets.ts';
import type { ChatMeter } from '../chat-meter.ts';
import type { Watch } from '../watch.ts';
import type { ClientAnswer } from './client-answer.ts';
import { wantsUsage } from './demo.rules.ts';
import { isObject, objectOf, type Json } from './loose.rules.ts';
import { passThrough } from './pass-through.ts';
import { setMembers } from './splice-json.ts';
import { answerAsDemo, askTranslated, translateRequest } from './translated.ts';
import type { Protocol } from './wire.rules.ts';

/** A request in the caller's protocol, before it is known who answers it. */
export type ModelRequest = {
  caller: Protocol;
  /** After the provider's base address: `/chat/completions`. */
  path: string;
  /** With its question mark, or empty. */
  query: string;
  headers: IncomingHttpHeaders;
  body: Json;
  /** The same as it came. */
  bytes: Buffer;
  /** To be told to the provider where the request allows itself more, or says nothing. */
  maxOutput: number | undefined;
  /** A provider's refusal in the caller's protocol goes back as it came; otherwise all are told in our words. */
  passBack: boolean;
};

/** One way to an answer. Resolves with the last bytes, to be sent when the call is settled; `id` is that of the ledger row. */
export type Attempt = { target: Target; /** Nobody is asked: the answer is there already. */ isCached?: true; run: (watch: Watch, meter: ChatMeter, id: string) => Promise<Buffer | string> };

/** How this target would answer: byte by byte, translated, or as the demo. Throws INVALID_REQUEST for what cannot be translated, MODEL_UNKNOWN for an embedding that the target does not make: before the quota is touched. */
export function attemptOf(request: ModelRequest, target: Target, client: ClientAnswer, now: () => number): Attempt {
  const { caller, path, query, headers, bytes, passBack } = request;
  const { upstream, model } = target;
  const limited = limitedOutput(request, upstream);
  const body = request.maxOutput === undefined ? request.body : { ...request.body, ...limited };
  if (!upstream) {
    if (path === '/embeddings') throw new AppError('MODEL_UNKNOWN', 'The demo makes no embeddings. They need a provider: the operator of this server sets one up with OPENAI_API_KEY or OPENAI_COMPATIBLE_BASE_URL.', { field: 'body.model' });
    return { target, run: async (_watch, meter, id) => answerAsDemo(caller, meter, body, id, client, now()) };
  }
  if (upstream.protocol !== caller) {
    if (path === '/embeddings') throw new AppError('MODEL_UNKNOWN', `${upstream.face.title} makes no embeddings. Ask for a model of another provider.`, { field: 'body.model' });
    const translated = translateRequest(body, upstream, model);
    return { target, run: (watch, meter) => askTranslated({ upstream, model, caller, passBack, watch, meter }, translated, body, client, now()) };
  }
  const hideUsage = body['stream'] === true && path === '/chat/completions' && !wantsUsage(body);
  const edited = editedBytes(bytes, body, model, hideUsage, limited);
  return { target, run: (watch, meter) => passThrough({ upstream, model, caller, passBack, watch, meter }, { method: 'POST', path: path + query, headers, body: edited }, client, hideUsage) };
}

/** The field that bounds the answer, where it has to be changed: the one that the request uses, or the one that this provider understands. */
function limitedOutput({ caller, body, maxOutput }: ModelRequest, upstream: Target['upstream']): Json {
  if (maxOutput === undefined) return {};
  if (caller === 'anthropic' || typeof body['max_tokens'] === 'number') return { max_tokens: maxOutput };
  return { [upstream?.kind === 'openai' || typeof body['max_completion_tokens'] === 'number' ? 'max_completion_tokens' : 'max_tokens']: maxOutput };
}

/** The body as it came, but for what must be changed: the provider's name of the model, and the usage that we want to be told. */
export function editedBytes(bytes: Buffer, { stream, stream_options: options }: Json, model: string, askForUsage = false, changed: Json = {}): Buffer {
  const asksWithObject = options === undefined || options === null || isObject(options);
  return setMembers(bytes, { ...changed, model, ...(stream === undefined ? {} : { stream }), ...(askForUsage && asksWithObject ? { stream_options: { ...objectOf(options), include_usage: true } } : {}) });
}
