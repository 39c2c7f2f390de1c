import type { TokenUsage } from '../../usage/token-usage.rules.ts';
import { isObject, numberOf, objectOf, objectsOf, textOf, type Json } from './loose.rules.ts';
import { noFacts, type WireFacts, type WireReader } from './wire.rules.ts';

/** Reads a stream of chat completion chunks. */
export function openAiReader(): WireReader {
  let isFinished = false;
  return ({ data }) => {
    if (data === undefined) return noFacts;
    if (data.trim() === '[DONE]') return { ...noFacts, isProgress: true, isEnd: true };
    const json = objectOf(JSON.parse(data));
    if (json['error'] !== undefined && json['error'] !== null) return { ...noFacts, json, isProgress: true, error: openAiErrorOf(json) };
    const choices = objectsOf(json['choices']);
    isFinished ||= choices.some((choice) => typeof choice['finish_reason'] === 'string');
    return {
      ...noFacts,
      json,
      output: choices.map((choice) => outputOf(objectOf(choice['delta']))).join(''),
      model: textOf(json['model']) || undefined,
      serviceTier: textOf(json['service_tier']) || undefined,
      usage: isObject(json['usage']) ? { tokens: openAiTokens(json['usage']), isFinal: isFinished || choices.length === 0 } : undefined,
      isProgress: true,
      isUsageOnly: choices.length === 0 && isObject(json['usage']),
    };
  };
}

/** A whole chat completion, or a whole list of embeddings. */
export function openAiAnswerFacts(json: Json): WireFacts {
  return {
    ...noFacts,
    json,
    output: objectsOf(json['choices']).map((choice) => outputOf(objectOf(choice['message']))).join(''),
    model: textOf(json['model']) || undefined,
    serviceTier: textOf(json['service_tier']) || undefined,
    usage: isObject(json['usage']) ? { tokens: openAiTokens(json['usage']), isFinal: true } : undefined,
    isProgress: true,
    isEnd: true,
  };
}

/** Type and message of an error body; OpenAI's code says more than its type, and some compatible servers send a bare text. */
export function openAiErrorOf(json: Json): { type: string; message: string } {
  const { error } = json;
  if (typeof error === 'string') return { type: 'error', message: error };
  const inner = objectOf(error);
  return { type: textOf(inner['code']) || textOf(inner['type']) || 'error', message: textOf(inner['message']) };
}

/** DeepSeek reports cached tokens under a name of its own; cached ones are included in the prompt's, reasoning in the completion's. */
export function openAiTokens(usage: Json): TokenUsage {
  const details = objectOf(usage['prompt_tokens_details']);
  return {
    input: numberOf(usage['prompt_tokens']),
    cached: numberOf(details['cached_tokens'] ?? usage['prompt_cache_hit_tokens']),
    cacheWrite: numberOf(details['cache_write_tokens']),
    output: numberOf(usage['completion_tokens']),
    reasoning: numberOf(objectOf(usage['completion_tokens_details'])['reasoning_tokens']),
  };
}

function outputOf(message: Json): string {
  let output = textOf(message['content']) + textOf(message['refusal']) + textOf(message['reasoning_content']) + textOf(message['reasoning']);
  for (const call of objectsOf(message['tool_calls'])) output += callOf(objectOf(call['function']));
  return output + callOf(objectOf(message['function_call']));
}

function callOf(call: Json): string {
  return textOf(call['name']) + textOf(call['arguments']);
}
