import { statusOf, type ErrorCode } from '../errors.ts';
import type { RouteSpec } from './route.ts';

const meanings: Partial<Record<ErrorCode, string>> = {
  INVALID_REQUEST: 'a value is missing or wrong; `field` names it',
  INVALID_JSON: 'the body is not JSON in UTF-8',
  UNAUTHENTICATED: 'the API token is missing or not known',
  FORBIDDEN: 'the API token may not do this',
  SIGNATURE_INVALID: 'the signature does not fit the body and the secrets of this server',
  LICENSE_INVALID: 'no licence has this key',
  LICENSE_REFUSED: 'the licence may not be used just now, or not on this site; the message says why',
  PLAN_WITHOUT_AI: 'the plan of the licence includes no AI answers',
  SITE_NOT_ACTIVATED: 'the licence is not activated on this site',
  NOT_FOUND: 'there is nothing with this id',
  CONFLICT: 'what is there already stands against it',
  PROVIDER_KEY_REFUSED: 'the provider refuses the key of your account there',
  CUSTOMER_IN_USE: 'the customer has licences or orders',
  IDEMPOTENCY_KEY_REUSED: 'this Idempotency-Key came with another body before',
  BODY_TOO_LARGE: 'the body is too large',
  UNSUPPORTED_MEDIA_TYPE: 'the body is not `application/json`, or it is compressed',
  RATE_LIMITED: 'too many requests from this address; `Retry-After` says when to come back',
  INTERNAL: 'something went wrong on our side; it has been logged under `request_id`',
  BUSY: 'the database does not answer just now; `Retry-After` says when to try again',
};

/** `description` explains each code of the status. */
type DocumentedError = { description: string; example: { error: { code: ErrorCode; message: string; field?: string; request_id: string } } };

/** The errors that a route can answer with, by status: those of its inputs and its protection, and those that it names itself. */
export function documentedErrors(spec: RouteSpec): Map<number, DocumentedError> {
  const codes: ErrorCode[] = [...(spec.errors ?? [])];
  const hasInput = [spec.params, spec.query, spec.headers, spec.body].some((part) => part !== undefined);
  if (hasInput) codes.push('INVALID_REQUEST');
  if (spec.body !== undefined) codes.push('INVALID_JSON', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE');
  if (spec.auth === 'admin') codes.push('UNAUTHENTICATED', 'FORBIDDEN');
  if (spec.auth === 'webhook') codes.push('SIGNATURE_INVALID');
  if (spec.before !== undefined) codes.push('RATE_LIMITED');
  codes.push('INTERNAL', 'BUSY');
  const documented = new Map<number, DocumentedError>();
  for (const code of codes) {
    const status = statusOf(code);
    const meaning = meanings[code] ?? 'the message says why';
    const before = documented.get(status);
    if (before) before.description += `; \`${code}\`: ${meaning}`;
    else documented.set(status, { description: `\`${code}\`: ${meaning}`, example: { error: { code, message: messages[code] ?? sentence(meaning), ...(code === 'INVALID_REQUEST' ? { field: 'body.domain' } : {}), request_id: '3f5fecb7-786f-4036-87ad-803ebe00aef6' } } });
  }
  return documented;
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
