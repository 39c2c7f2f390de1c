import { limitsUnit, type Limits } from '../../usage/limits.rules.ts';
import { isObject, numberOf, type Json } from './loose.rules.ts';

/** What a request can be at most, in tokens. `maxOutput` is to be told to the provider where the request does not say it; undefined: unbounded, since nothing limits it. */
export type RequestBounds = { input: number; output: number; maxOutput: number | undefined };

const defaultMaxOutput = 4_096;
/** What a message, a tool or a part of one costs besides its text. */
const tokensPerObject = 16;
/** Images and files are counted by what is in them, which nobody can know before; a large image is about this much. */
const tokensPerAttachment = 4_000;
const attachments = new Set(['image_url', 'image', 'input_image', 'file', 'document', 'input_audio', 'video_url']);
const notText = new Set(['data', 'url', 'image_url', 'file_data', 'signature', 'encrypted_content']);

/**
 * The most that a request can take: no tokenizer makes more tokens of a text than it has UTF-8 bytes, and the output is bounded by the
 * request, by the plan (`maxOutputTokens`) or, where tokens or cost are limited and nobody says anything, by 4,096 tokens.
 */
export function boundsOf(request: Json, maxOutputTokens: number | undefined, limits: Limits): RequestBounds {
  const isLimited = limitsUnit(limits, 'tokens') || limitsUnit(limits, 'cost');
  const asked = askedOutput(request);
  const allowed = maxOutputTokens ?? (isLimited && asked === undefined ? defaultMaxOutput : undefined);
  const most = asked === undefined ? allowed : Math.min(asked, allowed ?? asked);
  const choices = Math.max(1, numberOf(request['n']));
  return { input: isLimited ? mostTokens(request) : 0, output: isLimited ? (most ?? 0) * choices : 0, maxOutput: most === asked ? undefined : most };
}

/** The longest answer that a request asks for, in either protocol. */
export function askedOutput(request: Json): number | undefined {
  const asked = request['max_completion_tokens'] ?? request['max_tokens'];
  return typeof asked === 'number' && asked >= 0 ? asked : undefined;
}

/** An upper bound of the tokens of the input: messages, instructions, tools, or texts to embed. */
export function mostTokens(request: Json): number {
  return ['messages', 'system', 'tools', 'functions', 'input', 'response_format'].reduce((sum, part) => sum + tokensOf(request[part], part), 0);
}

function tokensOf(value: unknown, key: string): number {
  if (typeof value === 'string') return notText.has(key) ? 0 : Buffer.byteLength(value);
  // A text to embed may be given as its tokens.
  if (typeof value === 'number') return 1;
  if (Array.isArray(value)) return value.reduce((sum: number, item: unknown) => sum + tokensOf(item, key), 0);
  if (!isObject(value)) return 0;
  const isAttachment = typeof value['type'] === 'string' && attachments.has(value['type']);
  return Object.entries(value).reduce((sum, [name, item]) => sum + name.length + tokensOf(item, name), tokensPerObject + (isAttachment ? tokensPerAttachment : 0));
}
