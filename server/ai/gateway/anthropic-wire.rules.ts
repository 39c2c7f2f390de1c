import type { TokenUsage } from '../../usage/token-usage.rules.ts';
import { isObject, numberOf, objectOf, objectsOf, textOf, type Json } from './loose.rules.ts';
import { noFacts, type WireFacts, type WireReader } from './wire.rules.ts';

/** Reads a stream of message events. The usage of `message_delta` is cumulative: what it names replaces what came before. */
export function anthropicReader(): WireReader {
  let usage: Json = {};
  return ({ data }) => {
    if (data === undefined) return noFacts;
    const json = objectOf(JSON.parse(data));
    const facts = { ...noFacts, json, isProgress: true };
    switch (json['type']) {
      case 'ping':
        return { ...facts, isProgress: false };
      case 'error':
        return { ...facts, error: anthropicErrorOf(json) };
      case 'message_start': {
        const message = objectOf(json['message']);
        usage = objectOf(message['usage']);
        return { ...facts, model: textOf(message['model']) || undefined, serviceTier: textOf(usage['service_tier']) || undefined, usage: { tokens: anthropicTokens(usage), isFinal: false } };
      }
      case 'content_block_start':
        return { ...facts, output: outputOf(objectOf(json['content_block'])) };
      case 'content_block_delta': {
        const delta = objectOf(json['delta']);
        return { ...facts, output: textOf(delta['text']) + textOf(delta['thinking']) + textOf(delta['partial_json']) };
      }
      case 'message_delta': {
        const told = Object.entries(objectOf(json['usage'])).filter(([, value]) => value !== null);
        usage = { ...usage, ...Object.fromEntries(told) };
        return { ...facts, usage: { tokens: anthropicTokens(usage), isFinal: typeof objectOf(json['delta'])['stop_reason'] === 'string' } };
      }
      case 'message_stop':
        return { ...facts, isEnd: true };
      default:
        return facts;
    }
  };
}

/** A whole message. */
export function anthropicAnswerFacts(json: Json): WireFacts {
  return {
    ...noFacts,
    json,
    output: objectsOf(json['content']).map(outputOf).join(''),
    model: textOf(json['model']) || undefined,
    serviceTier: textOf(objectOf(json['usage'])['service_tier']) || undefined,
    usage: isObject(json['usage']) ? { tokens: anthropicTokens(json['usage']), isFinal: true } : undefined,
    isProgress: true,
    isEnd: true,
  };
}

/** Type and message of an error body or event. */
export function anthropicErrorOf(json: Json): { type: string; message: string } {
  const inner = objectOf(json['error']);
  return { type: textOf(inner['type']) || 'error', message: textOf(inner['message']) };
}

/** Anthropic counts input outside the cache, written to it and read from it apart; output includes thinking. */
export function anthropicTokens(usage: Json): TokenUsage {
  const cached = numberOf(usage['cache_read_input_tokens']);
  return {
    input: numberOf(usage['input_tokens']) + numberOf(usage['cache_creation_input_tokens']) + cached,
    cached,
    cacheWrite: numberOf(usage['cache_creation_input_tokens']),
    output: numberOf(usage['output_tokens']),
    reasoning: numberOf(objectOf(usage['output_tokens_details'])['thinking_tokens']),
  };
}

function outputOf(block: Json): string {
  const input = isObject(block['input']) && Object.keys(block['input']).length > 0 ? JSON.stringify(block['input']) : '';
  return textOf(block['text']) + textOf(block['thinking']) + (block['type'] === 'tool_use' ? textOf(block['name']) + input : '');
}
