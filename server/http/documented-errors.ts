import { AppError, statusOf, type ErrorCode } from '../errors.ts';
import type { RouteSpec } from './route.ts';

const meanings: Partial<Record<ErrorCode, string>> = {
  INVALID_REQUEST: 'a value is missing or wrong; `field` names it',
  INVALID_JSON: 'the body is not JSON in UTF-8',
  UNAUTHENTICATED: 'the key or token is missing or not known',
  FORBIDDEN: 'the token may not do this',
  SIGNATURE_INVALID: 'the signature does not fit the body and the secrets of this server',
  LICENSE_INVALID: 'no licence has this key',
  LICENSE_REFUSED: 'the licence may not be used just now, or not on this site; the message says why',
  PLAN_WITHOUT_AI: 'the plan of the licence includes no AI answers',
  AI_PAUSED: 'the owner of the licence has paused its AI',
  VISITOR_TOKEN_INVALID: 'nobody has issued this visitor token',
  VISITOR_TOKEN_EXPIRED: 'the visitor token is too old; the server of the site issues another',
  VISITOR_TOKEN_FOREIGN_ORIGIN: 'the visitor token is for another site',
  VISITOR_TOKEN_REPLAYED: 'the visitor token was used from another address before',
  VISITOR_TOKEN_USED_UP: 'the visitor token has no requests left',
  SITE_NOT_ACTIVATED: 'the licence is not activated on this site',
  NOT_FOUND: 'there is nothing with this id',
  CONFLICT: 'what is there already stands against it',
  PRECONDITION_FAILED: 'it is not as it was when its `ETag` was read; read it again',
  MODEL_UNKNOWN: 'no provider offers this model',
  MODEL_NOT_ALLOWED: 'the plan does not include this model',
  MODEL_WITHOUT_PRICE: 'the model has no price on this server, so it cannot be asked for',
  CONTEXT_TOO_LONG: 'the conversation is too long for the model or the plan',
  CONTENT_REFUSED: 'the owner of the licence does not allow this question',
  MODERATION_UNAVAILABLE: 'whoever has to look at the question first does not answer',
  PROVIDER_NOT_CONFIGURED: 'this provider is not set up here',
  PROVIDER_REJECTED: 'the provider did not accept the request; the message says why',
  PROVIDER_UNAVAILABLE: 'the provider is busy, or has failed so often that it is not asked for a while; `Retry-After` says when to try again',
  PROVIDER_FAILED: 'the provider failed to answer, or refuses this server',
  MAIL_FAILED: 'the mail server did not take the message; the message says why',
  PROVIDER_TIMEOUT: 'the provider did not answer in time',
  QUOTA_EXHAUSTED: 'the quota of the licence is used up; the message says which, `Retry-After` when it starts anew',
  PROVIDER_KEY_REFUSED: 'the provider refuses the key of your account there',
  CUSTOMER_IN_USE: 'the customer has licences or orders',
  IDEMPOTENCY_KEY_REUSED: 'this Idempotency-Key came with another body before',
  BODY_TOO_LARGE: 'the body is too large',
  UNSUPPORTED_MEDIA_TYPE: 'the body is not `application/json`, or it is compressed',
  RATE_LIMITED: 'too many requests from this address, or all that the licence has for this hour; `Retry-After` says when to come back',
  INTERNAL: 'something went wrong on our side; it has been logged under `request_id`',
  BUSY: 'the database does not answer just now; `Retry-After` says when to try again',
};

/** `description` explains each code of the status. */
type DocumentedError = { description: string; example: object };

/** The errors that a route can answer with, by status: those of its inputs and its protection, and those that it names itself. */
export function documentedErrors(spec: RouteSpec): Map<number, DocumentedError> {
  const codes: ErrorCode[] = [...(spec.errors ?? [])];
  const hasInput = [spec.params, spec.query, spec.headers, spec.body].some((part) => part !== undefined);
  if (hasInput) codes.push('INVALID_REQUEST');
  if (spec.body !== undefined) codes.push('INVALID_JSON', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE');
  if (spec.auth === 'admin') codes.push('UNAUTHENTICATED', 'FORBIDDEN', 'RATE_LIMITED');
  if (spec.auth === 'webhook') codes.push('SIGNATURE_INVALID');
  if (spec.before !== undefined) codes.push('RATE_LIMITED');
  codes.push('INTERNAL', 'BUSY');
  const documented = new Map<number, DocumentedError>();
  for (const code of new Set(codes)) {
    const meaning = meanings[code] ?? 'the message says why';
    const { status, body } = exampleOf(spec, code, messages[code] ?? sentence(meaning));
    const before = documented.get(status);
    if (before) before.description += `; \`${code}\`: ${meaning}`;
    else documented.set(status, { description: `\`${code}\`: ${meaning}`, example: body });
  }
  return documented;
}

const requestId = '3f5fecb7-786f-4036-87ad-803ebe00aef6';

function exampleOf({ errorShape }: RouteSpec, code: ErrorCode, message: string): { status: number; body: object } {
  if (errorShape) return errorShape.example(new AppError(code, message), requestId);
  return { status: statusOf(code), body: { error: { code, message, ...(code === 'INVALID_REQUEST' ? { field: 'body.domain' } : {}), request_id: requestId } } };
}

const messages: Partial<Record<ErrorCode, string>> = {
  INVALID_REQUEST: 'body.domain: is not the address of a site; send something like shop.example.com',
  UNAUTHENTICATED: 'Send the API token as: Authorization: Bearer TOKEN',
  LICENSE_INVALID: 'This licence key is not known. Check it against your purchase e-mail.',
  BODY_TOO_LARGE: 'The body is too large; at most 100 KB fit.',
  RATE_LIMITED: 'Too many requests from this address. Try again in a minute.',
  BUSY: 'The server cannot reach its database just now. Try again in a moment.',
  INTERNAL: 'Something went wrong on our side. It has been logged.',
};

function sentence(meaning: string): string {
  const plain = meaning.replaceAll('`', '');
  return `${plain.charAt(0).toUpperCase()}${plain.slice(1)}.`;
}
