import { AppError } from '../errors.ts';
import { isNotPublic } from '../http/public-address.ts';

/** What an error message needs to know about the provider. The variables are what the operator sets; `secrets` never appear in a text. */
export type ProviderFace = { title: string; keyVariable: string; addressVariable: string; modelVariable: string; secrets: string[]; /** Asked with the customer's own key: what is wrong with it is the customer's to know. */ isCustomers: boolean };

const defaultRetrySeconds = 10;
const maxRetrySeconds = 3_600;
const maxTextLength = 300;
const contextTooLong = /context.?(length|window)|maximum context|prompt is too long|too many (input )?tokens|input is too long/i;
const modelUnknown = /model.{0,80}(not (exist|found)|does not exist|unknown|unsupported)|(unknown|invalid|unsupported) model/i;
const upstreamTimeouts = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT']);

/** What a client is told when the way to the provider failed. */
export function providerError(error: unknown, face: ProviderFace, model: string): AppError {
  if (error instanceof AppError) return error;
  if (face.isCustomers && isNotPublic(error)) return customersFault(face, 'address', `${face.title}: ${reasonOf(error)}`);
  return providerFailure({ status: undefined, type: '', message: '', headers: undefined, requestId: undefined, isTimeout: isTimeout(error) }, face, model, reasonOf(error));
}

/** What a client is told about an error of the provider, which is passed on only where it speaks of the client's own request. `reason` goes to the log when the provider has said nothing. */
export function providerFailure(facts: ProviderFacts, face: ProviderFace, model: string, reason = 'unknown'): AppError {
  const { title, keyVariable, addressVariable, isCustomers } = face;
  const detail = `${title}: ${[facts.status, facts.type, facts.requestId && `request ${facts.requestId}`].filter(Boolean).join(', ') || reason}`;
  const fail = (code: ConstructorParameters<typeof AppError>[0], message: string, options = {}) => new AppError(code, message, { detail, ...options });
  const busy = () => fail('PROVIDER_UNAVAILABLE', `${title} is busy just now. Try again in a moment.`, { retryAfterSeconds: retryAfter(facts.headers) });
  const text = safeText(facts.message, face);

  if (facts.isTimeout || facts.status === 504 || facts.status === 408) return fail('PROVIDER_TIMEOUT', `${title} did not answer in time. Try again, or ask for a shorter answer.`);
  if (facts.status === 401 || facts.status === 403 || facts.type === 'authentication_error' || facts.type === 'permission_error') {
    if (isCustomers) return customersFault(face, 'key', detail);
    return fail('PROVIDER_FAILED', `${title} refused the access of this server. Its operator must check ${keyVariable}.`);
  }
  const hasNoCredit = facts.status === 402 || facts.type === 'insufficient_quota' || facts.type === 'billing_error';
  if (hasNoCredit && isCustomers) return customersFault(face, 'credit', detail);
  if (hasNoCredit) return fail('PROVIDER_FAILED', `The account of this server at ${title} has no credit left. Its operator must top it up.`);
  if (facts.status === 429 || facts.status === 503 || facts.status === 529 || facts.status === 409 || facts.type === 'overloaded_error' || facts.type === 'rate_limit_error') return busy();
  if (facts.type === 'context_length_exceeded' || facts.status === 413 || (isRejection(facts.status) && contextTooLong.test(facts.message))) {
    return fail('CONTEXT_TOO_LONG', `The conversation is too long for the model "${model}". Send fewer or shorter messages.`, { field: 'body.messages' });
  }
  if (facts.type === 'model_not_found' || (facts.status === 404 && facts.message !== '') || (isRejection(facts.status) && modelUnknown.test(facts.message))) {
    return fail('MODEL_UNKNOWN', `${title} does not offer the model "${model}" to ${isCustomers ? 'your account' : 'this server'}. Ask for another one, or leave the model out.`, { field: 'body.model' });
  }
  if (isCustomers && facts.status !== undefined && (facts.status === 404 || facts.status < 400)) return customersFault(face, 'address', detail);
  if (facts.status === 404) return fail('PROVIDER_FAILED', `There is nothing at the address that this server has for ${title}. Its operator must check ${addressVariable}.`);
  if (facts.status !== undefined && facts.status < 400) return fail('PROVIDER_FAILED', `${title} is not at the address that this server has for it: that one leads elsewhere. Its operator must check ${addressVariable}.`);
  if (isRejection(facts.status) || (facts.status === undefined && facts.type === 'invalid_request_error')) return fail('PROVIDER_REJECTED', `${title} did not accept the request${text === '' ? '.' : `: ${text}`}`);
  if (facts.status !== undefined) return fail('PROVIDER_FAILED', `${title} failed to answer. Try again in a moment.`);
  if (facts.type !== '') return fail('PROVIDER_FAILED', `${title} broke off its answer. Try again.`);
  return fail('PROVIDER_FAILED', `${title} could not be reached, or its answer could not be read. Try again in a moment.`);
}

/** Customers are told what is wrong with their own account: nobody else can mend it. */
function customersFault({ title }: ProviderFace, fault: 'key' | 'credit' | 'address', detail: string): AppError {
  const provider = title.replace(/^The /, 'the ');
  const texts = {
    key: `Your key at ${provider} was refused. Check it there, or save another one.`,
    credit: `Your account at ${provider} has no credit left. Top it up there.`,
    address: `The address that your key for ${provider} was saved with leads to no provider on the internet. Save the key again with the right base_url.`,
  };
  return new AppError('PROVIDER_KEY_REFUSED', texts[fault], { detail });
}

/** What a provider's error says; `status` is undefined where no answer came, or in mid-stream. */
export type ProviderFacts = { status: number | undefined; type: string; message: string; headers: Headers | undefined; requestId: string | undefined; isTimeout: boolean };

function isRejection(status: number | undefined): boolean {
  return status === 400 || status === 422;
}

function isTimeout(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (upstreamTimeouts.has((cause as NodeJS.ErrnoException).code ?? '')) return true;
  }
  return false;
}

/** The innermost cause, by its code if it has one: ECONNREFUSED says more than "Connection error". */
function reasonOf(error: unknown): string {
  let reason = 'unknown';
  for (let cause = error; cause instanceof Error; cause = cause.cause) reason = (cause as NodeJS.ErrnoException).code ?? cause.message;
  return reason.slice(0, maxTextLength);
}

/** A provider's text without anything that looks like a key, on one line and of bounded length. */
function safeText(text: string, { secrets }: ProviderFace): string {
  const withoutSecrets = secrets.reduce((result, secret) => result.replaceAll(secret, '[key]'), text);
  return withoutSecrets
    .replace(/\b(sk|pk|rk|key)[-_][\w*-]{6,}/gi, '[key]')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, maxTextLength);
}

function retryAfter(headers: Headers | undefined): number {
  const seconds = Number(headers?.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(Math.ceil(seconds), maxRetrySeconds) : defaultRetrySeconds;
}
