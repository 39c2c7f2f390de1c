import type { ServerResponse } from 'node:http';
import { json, openEvents, type Script } from './upstream.ts';

// The shapes of OpenAI's POST /v1/chat/completions, as the provider sends them.

export const openAiUsage = {
  prompt_tokens: 120,
  completion_tokens: 45,
  total_tokens: 165,
  prompt_tokens_details: { cached_tokens: 100, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 20, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
};
const head = { id: 'chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT', created: 1_763_724_000, model: 'gpt-test-2026-01-01', service_tier: 'default', system_fingerprint: 'fp_44709d6fcb' };

/** A whole answer. */
export function openAiAnswer(text: string, usage: unknown = openAiUsage): Script {
  return (res) =>
    json(res, 200, { ...head, object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content: text, refusal: null, annotations: [] }, logprobs: null, finish_reason: 'stop' }], usage }, { 'x-request-id': 'req_openai_1' });
}

function chunk(fields: Record<string, unknown>): string {
  return `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', ...fields })}\n\n`;
}

function choice(delta: Record<string, unknown>, finishReason: string | null = null): Record<string, unknown> {
  return { choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }], usage: null };
}

/** Pieces of a stream, to be written in this order. */
export const openAiChunks = {
  role: () => chunk(choice({ role: 'assistant', content: '', refusal: null })),
  text: (content: string) => chunk(choice({ content })),
  reasoning: (text: string) => chunk(choice({ content: null, reasoning_content: text })),
  finish: (reason = 'stop') => chunk(choice({}, reason)),
  usage: (usage: unknown = openAiUsage) => chunk({ choices: [], usage }),
  done: () => 'data: [DONE]\n\n',
  keepAlive: () => ': keep-alive\n\n',
  error: (message: string, type: string) => `data: ${JSON.stringify({ error: { message, type, param: null, code: null } })}\n\n`,
};

export function beginOpenAiStream(res: ServerResponse): void {
  openEvents(res, { 'x-request-id': 'req_openai_2' });
}

/** A whole stream. The usage comes only when it was asked for, as the provider does it. */
export function openAiStream(texts: string[], usage: unknown = openAiUsage): Script {
  return (res, { body }) => {
    beginOpenAiStream(res);
    res.write(openAiChunks.role());
    for (const text of texts) res.write(openAiChunks.text(text));
    res.write(openAiChunks.finish());
    const options = body['stream_options'] as { include_usage?: boolean } | undefined;
    if (options?.include_usage) res.write(openAiChunks.usage(usage));
    res.end(openAiChunks.done());
  };
}

/** A whole answer that asks for a call of a tool. */
export function openAiToolCall(name: string, args: string): Script {
  const message = { role: 'assistant', content: null, refusal: null, annotations: [], tool_calls: [{ id: 'call_1', type: 'function', function: { name, arguments: args } }] };
  return (res) => json(res, 200, { ...head, object: 'chat.completion', choices: [{ index: 0, message, logprobs: null, finish_reason: 'tool_calls' }], usage: openAiUsage }, { 'x-request-id': 'req_openai_4' });
}

/** The same as a stream, the arguments in two pieces. */
export function openAiToolCallStream(name: string, args: string): Script {
  return (res) => {
    const call = (fields: Record<string, unknown>) => chunk(choice({ tool_calls: [{ index: 0, ...fields }] }));
    beginOpenAiStream(res);
    res.write(openAiChunks.role() + call({ id: 'call_1', type: 'function', function: { name, arguments: '' } }));
    res.write(call({ function: { arguments: args.slice(0, 5) } }) + call({ function: { arguments: args.slice(5) } }));
    res.end(openAiChunks.finish('tool_calls') + openAiChunks.usage() + openAiChunks.done());
  };
}

/** Embeddings, of these many dimensions for each text. */
export function openAiEmbeddings(texts: number, dimensions: number): Script {
  const embedding = Array.from({ length: dimensions }, (_, index) => Math.sin(index));
  return (res) => json(res, 200, { object: 'list', data: Array.from({ length: texts }, (_, index) => ({ object: 'embedding', index, embedding })), model: 'text-embedding-test', usage: { prompt_tokens: 8, total_tokens: 8 } }, { 'x-request-id': 'req_openai_5' });
}

/** An error answer. */
export function openAiError(status: number, error: { message: string; type?: string; code?: string | null; param?: string | null }, headers: Record<string, string> = {}): Script {
  return (res) => json(res, status, { error: { type: 'invalid_request_error', param: null, code: null, ...error } }, { 'x-request-id': 'req_openai_3', ...headers });
}
