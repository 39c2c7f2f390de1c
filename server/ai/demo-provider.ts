import type { Provider, ProviderRequest } from './provider.ts';

const quoteLength = 200;

/** Answers without any AI while no provider is set up, and says so each time. */
export const demoProvider: Provider = {
  name: 'demo', title: 'The demo provider', defaultModel: 'demo', modelVariable: '',
  async *chat(request, signal) {
    yield { type: 'model', model: 'demo' };
    for (const text of demoPieces(lastQuestion(request))) {
      if (signal.aborted) return;
      yield { type: 'text', text };
    }
    yield { type: 'end', finishReason: 'stop' };
  },
};

/** The demo's answer to a question, in the pieces of its stream. */
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

function lastQuestion({ messages }: ProviderRequest): string {
  return messages.findLast(({ role }) => role === 'user')?.content ?? '';
}
