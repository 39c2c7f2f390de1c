import { z } from 'zod';
import type { Protocol } from './wire.rules.ts';

/** What is told about a failure. `code` is one of errors.ts, `field` a path such as `body.messages.0.content`. */
export type FailureText = { code: string; status: number; message: string; field: string | undefined };
type Shaped = { status: number; headers: Record<string, string>; body: object };

export const openAiErrorBody = z
  .object({ error: z.object({ message: z.string(), type: z.string(), param: z.string().nullable(), code: z.string().nullable() }) })
  .meta({ id: 'OpenAiError', description: "OpenAI's shape of errors." });
export const anthropicErrorBody = z
  .object({ type: z.literal('error'), error: z.object({ type: z.string(), message: z.string(), details: z.looseObject({}).optional() }), request_id: z.string().optional() })
  .meta({ id: 'AnthropicError', description: "Anthropic's shape of errors." });

/** Failures that may pass by themselves. The SDKs repeat these, and nothing else. */
const mayPass = new Set(['PROVIDER_UNAVAILABLE', 'PROVIDER_TIMEOUT', 'PROVIDER_FAILED', 'MODERATION_UNAVAILABLE', 'BUSY', 'INTERNAL']);
const unknownModel = new Set(['MODEL_UNKNOWN', 'PROVIDER_NOT_CONFIGURED']);

/** A failure as the caller's SDK expects it, with a status that fits and `x-should-retry: false` where repeating is of no use. */
export function shapeError(protocol: Protocol, failure: FailureText, requestId: string): Shaped {
  const status = unknownModel.has(failure.code) ? 404 : failure.status;
  const headers: Record<string, string> = mayPass.has(failure.code) ? {} : { 'x-should-retry': 'false' };
  if (protocol === 'anthropic') return { status, headers, body: { type: 'error', error: { type: anthropicType(status), message: failure.message, ...detailsOf(failure) }, request_id: requestId } };
  const { type, code } = openAiKind(failure.code, status);
  return { status, headers, body: { error: { message: failure.message, type, param: paramOf(failure.field), code } } };
}

function openAiKind(code: string, status: number): { type: string; code: string | null } {
  if (unknownModel.has(code)) return { type: 'invalid_request_error', code: 'model_not_found' };
  switch (code) {
    case 'LICENSE_INVALID':
    case 'UNAUTHENTICATED':
      return { type: 'invalid_request_error', code: 'invalid_api_key' };
    case 'QUOTA_EXHAUSTED':
      return { type: 'insufficient_quota', code: 'insufficient_quota' };
    case 'RATE_LIMITED':
      return { type: 'requests', code: 'rate_limit_exceeded' };
    case 'CONTEXT_TOO_LONG':
      return { type: 'invalid_request_error', code: 'context_length_exceeded' };
    case 'INVALID_REQUEST':
      return { type: 'invalid_request_error', code: null };
    default:
      return { type: status === 403 ? 'permission_error' : status >= 500 ? 'server_error' : 'invalid_request_error', code: code.toLowerCase() };
  }
}

function anthropicType(status: number): string {
  const types: Record<number, string> = { 401: 'authentication_error', 402: 'billing_error', 403: 'permission_error', 404: 'not_found_error', 413: 'request_too_large', 429: 'rate_limit_error', 503: 'overloaded_error', 504: 'timeout_error' };
  return types[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
}

/**
 * Anthropic's SDK holds conversations as threads on the server, and sends the whole history instead when it reads this. Pages tell one
 * refusal of their token from another by its code, for which Anthropic's shape has no other place.
 */
function detailsOf({ code, field }: FailureText): { details?: object } {
  if (code.startsWith('VISITOR_TOKEN_')) return { details: { error_code: code.toLowerCase() } };
  return field === 'body.thread' ? { details: { error_code: 'thread_unsupported_request', unsupported: ['model'] } } : {};
}

/** `body.messages.0.content` as OpenAI writes it: `messages[0].content`. */
function paramOf(field: string | undefined): string | null {
  return field?.replace(/^(body|path|headers|query)\./, '').replace(/\.(\d+)/g, '[$1]') ?? null;
}
