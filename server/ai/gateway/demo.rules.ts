import { estimateTokens } from '../../usage/token-usage.rules.ts';
import { inputCharacters } from './events.rules.ts';
import { objectOf, objectsOf, textOf, type Json } from './loose.rules.ts';

type Answer = { id: string; createdAt: number; pieces: string[]; usage: Json };

const quoteLength = 200;

/** The demo's answer to a question, in the pieces of its stream. It answers without any AI while no provider is set up, and says so each time. */
export function demoPieces(text: string): string[] {
  const question = text.replace(/\s+/g, ' ').trim();
  const quoted = question.length > quoteLength ? `${question.slice(0, quoteLength)}…` : question;
  const answer = [
    'This is the Chatello demo: no AI provider is set up on this server, so no model has read your message.',
    'For real answers set OPENAI_API_KEY, ANTHROPIC_API_KEY, DEEPSEEK_API_KEY or OPENAI_COMPATIBLE_BASE_URL and restart the server.',
    `You wrote: “${quoted}”`,
  ].join(' ');
  return answer.split(/(?<=\s)/);
}

/** What the user said last, in a request of either protocol. */
export function lastQuestion(request: Json): string {
  const content = objectsOf(request['messages']).findLast(({ role }) => role === 'user')?.['content'];
  if (typeof content === 'string') return content;
  return objectsOf(content).map((part) => textOf(part['text'])).join(' ');
}

/** The demo's answer to a request, to be told as a chat completion. `createdAt` in seconds. */
export function demoAnswer(request: Json, id: string, pieces: string[], createdAt: number): Answer {
  const input = estimateTokens(inputCharacters(request['messages']) + inputCharacters(request['system']));
  const output = estimateTokens(pieces.join('').length);
  return { id: `chatcmpl-${id}`, createdAt, pieces, usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output } };
}

export function demoCompletion({ id, createdAt, pieces, usage }: Answer): Json {
  return { id, object: 'chat.completion', created: createdAt, model: 'demo', choices: [{ index: 0, message: { role: 'assistant', content: pieces.join(''), refusal: null }, logprobs: null, finish_reason: 'stop' }], usage };
}

/** The same as chunks. The chunk with the usage comes last, if it is wanted. */
export function demoChunks({ id, createdAt, pieces, usage }: Answer, includeUsage: boolean): Json[] {
  const head = { id, object: 'chat.completion.chunk', created: createdAt, model: 'demo' };
  const chunk = (delta: Json, finish: string | null = null) => ({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], ...(includeUsage ? { usage: null } : {}) });
  return [chunk({ role: 'assistant', content: '', refusal: null }), ...pieces.map((content) => chunk({ content })), chunk({}, 'stop'), ...(includeUsage ? [{ ...head, choices: [], usage }] : [])];
}

/** Whether a chat completion request asks for the chunk with the usage. */
export function wantsUsage(request: Json): boolean {
  return objectOf(request['stream_options'])['include_usage'] === true;
}
