import { ChatError, type ToolCall } from './types.ts';

export type Answer = { text: string; calls: ToolCall[]; finish: string };
type Delta = { content?: string | null; tool_calls?: { index?: number; id?: string; function?: { name?: string; arguments?: string } }[] };
type Chunk = { error?: { code?: string }; choices?: { delta?: Delta; finish_reason?: string | null }[] };

/**
 * Reads a stream of chat completion chunks to its end. `onText` gets the text so far. A stream that ends without saying so, or in
 * an error, throws: half an answer is never taken for a whole one.
 */
export async function readStream(body: ReadableStream<Uint8Array>, onText: (text: string) => void): Promise<Answer> {
  const answer: Answer = { text: '', calls: [], finish: '' };
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = '';
  let isDone = false;
  for (;;) {
    const { value, done } = await reader.read();
    rest += value ? decoder.decode(value, { stream: true }) : '';
    const lines = rest.split(/\r?\n/);
    rest = done ? '' : (lines.pop() ?? '');
    for (const line of lines) {
      if (!line.startsWith('data:')) continue;
      const data = line.slice(5).trim();
      if (data === '[DONE]') isDone = true;
      else if (take(answer, data)) onText(answer.text);
    }
    if (done) break;
  }
  if (!isDone) throw new ChatError('cut');
  return answer;
}

/** Adds a chunk; true when there is more text. */
function take(answer: Answer, data: string): boolean {
  const chunk = JSON.parse(data) as Chunk;
  if (chunk.error) throw new ChatError(/quota/i.test(chunk.error.code ?? '') ? 'quota' : 'cut');
  const choice = chunk.choices?.[0];
  if (choice?.finish_reason) answer.finish = choice.finish_reason;
  for (const part of choice?.delta?.tool_calls ?? []) {
    const call = (answer.calls[part.index ?? 0] ??= { id: '', type: 'function', function: { name: '', arguments: '' } });
    call.id ||= part.id ?? '';
    call.function.name ||= part.function?.name ?? '';
    call.function.arguments += part.function?.arguments ?? '';
  }
  const text = choice?.delta?.content ?? '';
  answer.text += text;
  return text !== '';
}
