import type { ServerResponse } from 'node:http';
import { json, openEvents, type Script } from './upstream.ts';

// The shapes of Anthropic's POST /v1/messages, as the provider sends them.

/** 30 + 50 + 40 = 120 tokens of input, 40 of them read from the cache. */
const inputUsage = { input_tokens: 30, cache_creation_input_tokens: 50, cache_read_input_tokens: 40, service_tier: 'standard' };
const id = 'msg_013Zva2CMHLNnXjNJJKqJ2EF';
const model = 'claude-test-20260101';

/** A whole answer. */
export function anthropicAnswer(texts: string[], stopReason = 'end_turn'): Script {
  return (res) =>
    json(res, 200, { id, type: 'message', role: 'assistant', model, content: texts.map((text) => ({ type: 'text', text })), stop_reason: stopReason, stop_sequence: null, usage: { ...inputUsage, output_tokens: 45 } }, { 'request-id': 'req_anthropic_1' });
}

function event(type: string, fields: Record<string, unknown> = {}): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

/** Pieces of a stream, to be written in this order. */
export const anthropicEvents = {
  start: () => event('message_start', { message: { id, type: 'message', role: 'assistant', model, content: [], stop_reason: null, stop_sequence: null, usage: { ...inputUsage, output_tokens: 1 } } }),
  blockStart: (index = 0, type = 'text') => event('content_block_start', { index, content_block: type === 'text' ? { type, text: '' } : { type, thinking: '', signature: '' } }),
  ping: () => event('ping'),
  text: (text: string, index = 0) => event('content_block_delta', { index, delta: { type: 'text_delta', text } }),
  thinking: (thinking: string, index = 0) => event('content_block_delta', { index, delta: { type: 'thinking_delta', thinking } }),
  blockStop: (index = 0) => event('content_block_stop', { index }),
  /** The usage is cumulative. */
  delta: (outputTokens: number, stopReason: string | null = 'end_turn') => event('message_delta', { delta: { stop_reason: stopReason, stop_sequence: null }, usage: { ...inputUsage, output_tokens: outputTokens, output_tokens_details: { thinking_tokens: Math.min(20, outputTokens) } } }),
  stop: () => event('message_stop'),
  error: (type: string, message: string) => event('error', { error: { type, message } }),
};

export function beginAnthropicStream(res: ServerResponse): void {
  openEvents(res, { 'request-id': 'req_anthropic_2' });
  res.write(anthropicEvents.start());
}

/** A whole stream, thinking and pings included, with the cumulative usage told twice. */
export function anthropicStream(texts: string[]): Script {
  return (res) => {
    beginAnthropicStream(res);
    res.write(anthropicEvents.blockStart(0, 'thinking') + anthropicEvents.thinking('Let me see.') + anthropicEvents.blockStop());
    res.write(anthropicEvents.ping() + anthropicEvents.blockStart(1));
    for (const text of texts) res.write(anthropicEvents.text(text, 1) + anthropicEvents.ping());
    res.write(anthropicEvents.blockStop(1) + anthropicEvents.delta(25, null) + anthropicEvents.delta(45));
    res.end(anthropicEvents.stop());
  };
}

/** A whole answer that asks for the use of a tool. */
export function anthropicToolUse(name: string, input: Record<string, unknown>): Script {
  return (res) => json(res, 200, { id, type: 'message', role: 'assistant', model, content: [{ type: 'tool_use', id: 'toolu_1', name, input }], stop_reason: 'tool_use', stop_sequence: null, usage: { ...inputUsage, output_tokens: 45 } }, { 'request-id': 'req_anthropic_4' });
}

/** The same as a stream, the input in two pieces. */
export function anthropicToolUseStream(name: string, input: Record<string, unknown>): Script {
  return (res) => {
    const text = JSON.stringify(input);
    const delta = (partial: string) => event('content_block_delta', { index: 0, delta: { type: 'input_json_delta', partial_json: partial } });
    beginAnthropicStream(res);
    res.write(event('content_block_start', { index: 0, content_block: { type: 'tool_use', id: 'toolu_1', name, input: {} } }) + delta('') + delta(text.slice(0, 5)) + delta(text.slice(5)));
    res.end(anthropicEvents.blockStop() + anthropicEvents.delta(45, 'tool_use') + anthropicEvents.stop());
  };
}

/** An error answer. */
export function anthropicError(status: number, type: string, message: string, headers: Record<string, string> = {}): Script {
  return (res) => json(res, status, { type: 'error', error: { type, message }, request_id: 'req_anthropic_3' }, { 'request-id': 'req_anthropic_3', ...headers });
}
