import { request, type Dispatcher } from 'undici';
import type { Config } from '../config.ts';
import { isNotPublic, publicOnlyDispatcher } from '../http/public-address.ts';
import { reason, type Reason } from '../reasons.rules.ts';
import { version } from '../version.ts';

/** What came of an attempt. `said`: the beginning of what the receiver answered, on one line. */
export type WebhookAnswer = { status: number; said: string; retryAfter: string | undefined } | { status: undefined; problem: Reason };

const defaultTimeoutMs = 15_000;
const readBytes = 2_048;
const shownCharacters = 300;

/**
 * Posts a message to an endpoint; never throws. The connection is made to a public address or one of ALLOWED_PRIVATE_HOSTS, lasts at most
 * 15 seconds in all, follows no redirect, and reads no more than the beginning of an answer.
 */
export async function postWebhook({ ALLOWED_PRIVATE_HOSTS }: Pick<Config, 'ALLOWED_PRIVATE_HOSTS'>, url: string, headers: Record<string, string>, body: string, timeoutMs = defaultTimeoutMs): Promise<WebhookAnswer> {
  const dispatcher = publicOnlyDispatcher(ALLOWED_PRIVATE_HOSTS, { maxHeaderSize: 16_384 });
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await request(url, { method: 'POST', headers: { ...headers, 'content-type': 'application/json', 'user-agent': `Chatello/${version}` }, body, dispatcher, signal });
    const status = answer.statusCode;
    const retryAfter = answer.headers['retry-after'];
    return { status, said: await beginningOf(answer.body), retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter };
  } catch (error) {
    return { status: undefined, problem: problemOf(error, signal, timeoutMs) };
  } finally {
    await dispatcher.destroy();
  }
}

/** The status has decided already: an answer that breaks off, or comes to no end, is taken as far as it has come. */
async function beginningOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (size >= readBytes) break;
    }
  } catch {
    chunks.push(Buffer.from(' …'));
  }
  return oneLine(Buffer.concat(chunks).toString('utf8')).slice(0, shownCharacters);
}

function problemOf(error: unknown, signal: AbortSignal, timeoutMs: number): Reason {
  if (isNotPublic(error)) return reason('private_network');
  if (signal.aborted) return reason('no_answer_in_time', { seconds: Math.round(timeoutMs / 1000) });
  const { code, message } = error instanceof Error ? (error as Error & { code?: unknown }) : { code: undefined, message: String(error) };
  return reason('connection_failed', { problem: oneLine(`${typeof code === 'string' ? `${code}, ` : ''}${message}`).slice(0, shownCharacters) });
}

function oneLine(text: string): string {
  return text.toWellFormed().replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').replace(/\s+/g, ' ').trim();
}
