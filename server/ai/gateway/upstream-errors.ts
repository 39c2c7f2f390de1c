import { AppError, type ErrorCode } from '../../errors.ts';
import { providerFailure, type ProviderFacts } from '../provider-errors.ts';
import { anthropicErrorOf } from './anthropic-wire.rules.ts';
import { eventHeaders } from './client-answer.ts';
import { isObject, type Json } from './loose.rules.ts';
import { openAiErrorOf } from './openai-wire.rules.ts';
import type { UpstreamAnswer } from './upstream-answer.ts';
import type { Upstream } from './upstreams.ts';
import type { Protocol } from './wire.rules.ts';

/** A provider's error that the client gets as it came. */
export class PassedBack extends AppError {
  readonly answer: { status: number; headers: Record<string, string>; bytes: Buffer };

  constructor(code: ErrorCode, answer: PassedBack['answer']) {
    super(code, 'The provider did not accept the request.');
    this.answer = answer;
  }
}

const maxErrorBytes = 256 * 1024;
/** They speak of the account of this server, which is no business of the client. */
const ownStatuses = new Set([401, 402, 403]);
const ownTypes = new Set(['authentication_error', 'permission_error', 'billing_error', 'insufficient_quota', 'invalid_api_key', 'account_deactivated', 'billing_not_active']);
const usefulHeaders = ['content-type', 'openai-processing-ms', 'openai-version', 'retry-after', 'retry-after-ms', 'x-should-retry'];

/** The headers of a provider's answer that mean something to the client. */
export function usefulHeadersOf({ headers }: UpstreamAnswer): Record<string, string> {
  const useful: Record<string, string> = {};
  for (const name of usefulHeaders) {
    const value = headers[name];
    if (typeof value === 'string') useful[name] = value;
  }
  return useful;
}

/** The provider's name of a request. */
export function requestIdOf({ headers }: UpstreamAnswer): string | undefined {
  const id = headers['request-id'] ?? headers['x-request-id'];
  return typeof id === 'string' ? id : undefined;
}

/** What becomes of an answer that is not a success: passed back, for a caller who wants that, if it concerns the caller's request; otherwise told in our words. */
export async function refusalOf(answer: UpstreamAnswer, upstream: Upstream, model: string, isPassedBack: boolean): Promise<AppError> {
  const bytes = await readError(answer);
  const json = parsed(bytes);
  const { type, message } = json ? errorOf(json, upstream.protocol) : { type: '', message: '' };
  const status = answer.statusCode;
  const isOwn = status < 400 || ownStatuses.has(status) || ownTypes.has(type) || holdsSecret(bytes, upstream);
  if (json && !isOwn && isPassedBack) return new PassedBack(codeOf(status), { status, headers: usefulHeadersOf(answer), bytes });
  const retryAfter = answer.headers['retry-after'];
  return failure(upstream, model, { status, type, message, headers: new Headers(typeof retryAfter === 'string' ? { 'retry-after': retryAfter } : {}), requestId: requestIdOf(answer) });
}

/** The same for an error event in a stream. */
export function streamErrorOf(error: { type: string; message: string }, bytes: Buffer, upstream: Upstream, model: string, isPassedBack: boolean): AppError {
  const isOwn = ownTypes.has(error.type) || holdsSecret(bytes, upstream);
  if (!isOwn && isPassedBack) return new PassedBack('PROVIDER_FAILED', { status: 200, headers: eventHeaders, bytes });
  return failure(upstream, model, { status: undefined, ...error, headers: undefined, requestId: undefined });
}

/** The answer came to its end, or to nothing that can be read. */
export function unreadable({ face: { title } }: Upstream, detail: string): AppError {
  return new AppError('PROVIDER_FAILED', `${title} sent an answer that broke off or could not be read. Try again.`, { detail: `${title}: ${detail}` });
}

function failure(upstream: Upstream, model: string, facts: Omit<ProviderFacts, 'isTimeout'>): AppError {
  return providerFailure({ ...facts, isTimeout: false }, upstream.face, model);
}

function errorOf(json: Json, protocol: Protocol): { type: string; message: string } {
  return protocol === 'anthropic' ? anthropicErrorOf(json) : openAiErrorOf(json);
}

function codeOf(status: number): ErrorCode {
  if (status === 404) return 'MODEL_UNKNOWN';
  if (status === 408 || status === 504) return 'PROVIDER_TIMEOUT';
  if (status === 409 || status === 429 || status === 503 || status === 529) return 'PROVIDER_UNAVAILABLE';
  return status < 500 ? 'PROVIDER_REJECTED' : 'PROVIDER_FAILED';
}

function holdsSecret(bytes: Buffer, { face }: Upstream): boolean {
  return face.secrets.some((secret) => bytes.includes(secret));
}

async function readError({ body }: UpstreamAnswer): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxErrorBytes) break;
  }
  return Buffer.concat(chunks);
}

function parsed(bytes: Buffer): Json | undefined {
  try {
    const json: unknown = JSON.parse(bytes.toString());
    return isObject(json) ? json : undefined;
  } catch {
    // A page of some proxy on the way: it says nothing to the client.
    return undefined;
  }
}
