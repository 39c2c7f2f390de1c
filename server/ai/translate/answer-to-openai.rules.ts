import { anthropicTokens } from '../gateway/anthropic-wire.rules.ts';
import { objectOf, objectsOf, textOf, type Json } from '../gateway/loose.rules.ts';
import type { StreamTranslator } from './translation.rules.ts';

/** Anthropic's message as a chat completion. Thoughts are left out. `createdAt` in seconds. */
export function answerToOpenAi(message: Json, createdAt: number): Json {
  const blocks = objectsOf(message['content']);
  const texts = blocks.filter(({ type }) => type === 'text').map(({ text }) => textOf(text));
  const calls = blocks.filter(({ type }) => type === 'tool_use').map(({ id, name, input }) => ({ id, type: 'function', function: { name, arguments: JSON.stringify(input ?? {}) } }));
  return {
    id: message['id'],
    object: 'chat.completion',
    created: createdAt,
    model: message['model'],
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: texts.length === 0 ? null : texts.join(''), refusal: null, ...(calls.length === 0 ? {} : { tool_calls: calls }) },
        logprobs: null,
        finish_reason: finishReason(message['stop_reason']),
      },
    ],
    usage: usageOf(objectOf(message['usage'])),
  };
}

/** Anthropic's events as chunks of a chat completion; the chunk with the usage only when the client has asked for it. `createdAt` in seconds. */
export function streamToOpenAi(createdAt: number, includeUsage: boolean): StreamTranslator {
  let head: Json = {};
  let usage: Json = {};
  let calls = -1;
  let isEmptyCall = false;
  let stopReason: unknown;
  const chunk = (delta: Json, finish: string | null = null): Json => ({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], ...(includeUsage ? { usage: null } : {}) });
  const callDelta = (fields: Json): Json => chunk({ tool_calls: [{ index: calls, ...fields }] });
  return {
    push(event) {
      switch (event['type']) {
        case 'message_start': {
          const message = objectOf(event['message']);
          head = { id: message['id'], object: 'chat.completion.chunk', created: createdAt, model: message['model'] };
          usage = objectOf(message['usage']);
          return [chunk({ role: 'assistant', content: '', refusal: null })];
        }
        case 'content_block_start': {
          const block = objectOf(event['content_block']);
          if (block['type'] === 'text' && textOf(block['text']) !== '') return [chunk({ content: block['text'] })];
          if (block['type'] !== 'tool_use') return [];
          calls += 1;
          isEmptyCall = true;
          return [callDelta({ id: block['id'], type: 'function', function: { name: block['name'], arguments: '' } })];
        }
        case 'content_block_delta': {
          const delta = objectOf(event['delta']);
          if (delta['type'] === 'text_delta') return [chunk({ content: delta['text'] })];
          if (delta['type'] !== 'input_json_delta' || textOf(delta['partial_json']) === '') return [];
          isEmptyCall = false;
          return [callDelta({ function: { arguments: delta['partial_json'] } })];
        }
        case 'content_block_stop':
          // A tool without arguments says nothing at all; the client parses the arguments as JSON.
          if (!isEmptyCall) return [];
          isEmptyCall = false;
          return [callDelta({ function: { arguments: '{}' } })];
        case 'message_delta':
          stopReason = objectOf(event['delta'])['stop_reason'] ?? stopReason;
          usage = { ...usage, ...Object.fromEntries(Object.entries(objectOf(event['usage'])).filter(([, value]) => value !== null)) };
          return [];
        default:
          return [];
      }
    },
    end: () => [chunk({}, finishReason(stopReason)), ...(includeUsage ? [{ ...head, choices: [], usage: usageOf(usage) }] : [])],
  };
}

function usageOf(usage: Json): Json {
  const { input, cached, output, reasoning } = anthropicTokens(usage);
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output, prompt_tokens_details: { cached_tokens: cached }, completion_tokens_details: { reasoning_tokens: reasoning } };
}

function finishReason(reason: unknown): string {
  switch (reason) {
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'tool_use':
      return 'tool_calls';
    case 'refusal':
      return 'content_filter';
    default:
      return 'stop';
  }
}
