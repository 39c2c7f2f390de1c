import { Agent, request } from 'undici';
import { z } from 'zod';
import type { Deps } from '../../deps.ts';
import { AppError, errorText } from '../../errors.ts';

export type Question = { licenseId: string; visitor: string | null; model: string; input: string };

const verdict = z.object({ allowed: z.boolean(), reason: z.string().nullish() });
const mostReasonCharacters = 500;
const maxAnswerBytes = 64 * 1024;
const agent = new Agent({ connections: 50 });

/**
 * Shows a question to the moderation service (AI_MODERATION_URL) and lets it pass, or throws CONTENT_REFUSED with the service's reason.
 * Without a verdict it throws MODERATION_UNAVAILABLE, or lets it pass where AI_MODERATION_FAIL_OPEN says so. The question is never logged.
 */
export async function moderate({ config, log }: Pick<Deps, 'config' | 'log'>, { licenseId, visitor, model, input }: Question, signal: AbortSignal): Promise<void> {
  const { AI_MODERATION_URL: url, AI_MODERATION_TIMEOUT_MS: timeoutMs, AI_MODERATION_FAIL_OPEN: failOpen } = config;
  if (url === undefined) return;
  let answer: z.output<typeof verdict>;
  try {
    answer = await ask(url, { license_id: licenseId, visitor, model, input }, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
  } catch (error) {
    signal.throwIfAborted();
    log.warn({ license_id: licenseId, detail: errorText(error).slice(0, 200), fail_open: failOpen }, 'the moderation service gave no verdict');
    if (failOpen) return;
    throw new AppError('MODERATION_UNAVAILABLE', 'The service that checks questions does not answer just now, so this one was not asked. Try again in a moment.', { retryAfterSeconds: 5 });
  }
  if (answer.allowed) return;
  const reason = answer.reason?.trim().slice(0, mostReasonCharacters);
  throw new AppError('CONTENT_REFUSED', reason ? `This question was refused: ${reason}` : 'This question was refused by the rules of this service. Ask it in another way.', { field: 'body.messages' });
}

async function ask(url: string, question: object, signal: AbortSignal): Promise<z.output<typeof verdict>> {
  const { statusCode, body } = await request(url, { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json' }, body: JSON.stringify(question), signal, dispatcher: agent });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxAnswerBytes) throw new Error('the answer is too large');
  }
  if (statusCode !== 200) throw new Error(`status ${statusCode}`);
  return verdictIn(Buffer.concat(chunks).toString());
}

/** Its own words for what cannot be read: a parser's would quote it, and it may quote the question. */
function verdictIn(text: string): z.output<typeof verdict> {
  try {
    return verdict.parse(JSON.parse(text));
  } catch {
    throw new Error('the answer is not {"allowed": true or false, "reason": "…"}');
  }
}
