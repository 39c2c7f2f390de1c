import { request, type Dispatcher } from 'undici';
import type { Config } from '../../config.ts';
import { AppError, errorText } from '../../errors.ts';
import { isNotPublic, publicOnlyDispatcher } from '../../http/public-address.ts';
import { endpointBase, keyHeaders, ownProviders, type OwnProviderName } from './own-providers.rules.ts';

/** `baseUrl` has been checked; `isOwnAddress`: it is the customer who has named it. */
export type KeyToTest = { provider: OwnProviderName; apiKey: string; baseUrl: string; isOwnAddress: boolean };

const timeoutMs = 10_000;

/**
 * Asks a provider for its models with this key, which costs nothing. Nothing of the answer is told. Throws PROVIDER_KEY_REFUSED (body.api_key)
 * when the provider refuses it, INVALID_REQUEST (body.base_url) when there is no provider at the address, PROVIDER_UNAVAILABLE,
 * PROVIDER_FAILED and PROVIDER_TIMEOUT when it cannot be said now.
 */
export async function testKey({ ALLOWED_PRIVATE_HOSTS }: Pick<Config, 'ALLOWED_PRIVATE_HOSTS'>, key: KeyToTest): Promise<void> {
  const dispatcher = publicOnlyDispatcher(ALLOWED_PRIVATE_HOSTS);
  try {
    const answer = await ask(key, dispatcher);
    const problem = problemOf(key, answer);
    answer.body.on('error', () => undefined).destroy();
    if (problem) throw problem;
  } finally {
    await dispatcher.destroy();
  }
}

async function ask(key: KeyToTest, dispatcher: Dispatcher): Promise<Dispatcher.ResponseData> {
  const { provider, apiKey, baseUrl } = key;
  const { title, protocol } = ownProviders[provider];
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const headers = { ...keyHeaders(provider, apiKey), accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'Chatello' };
    return await request(`${endpointBase(provider, baseUrl)}/models${protocol === 'anthropic' ? '?limit=1' : ''}`, { headers, dispatcher, signal });
  } catch (error) {
    if (isNotPublic(error)) throw wrongAddress(key, 'leads into a private network; only servers on the internet can be reached', error);
    const detail = `${title}: ${errorText(error)}`;
    if (signal.aborted) throw new AppError('PROVIDER_TIMEOUT', `${title} did not answer within ${timeoutMs / 1000} seconds, so the key could not be tested and was not saved. Try again.`, { detail, cause: error });
    throw new AppError('PROVIDER_FAILED', `${title} could not be reached, so the key could not be tested and was not saved. ${key.isOwnAddress ? 'Check base_url, or try again.' : 'Try again in a moment.'}`, { detail, cause: error });
  }
}

function problemOf(key: KeyToTest, { statusCode: status, headers }: Dispatcher.ResponseData): AppError | undefined {
  const { title } = ownProviders[key.provider];
  const detail = `${title}: status ${status}`;
  const isJson = String(headers['content-type'] ?? '').includes('json');
  if (status === 200 && isJson) return undefined;
  if (status === 429) return new AppError('PROVIDER_UNAVAILABLE', `${title} has had too many requests with this key, so it could not be tested and was not saved. Try again in a minute.`, { detail, retryAfterSeconds: 60 });
  if (status >= 500 || status === 408) return new AppError('PROVIDER_FAILED', `${title} failed to answer, so the key could not be tested and was not saved. Try again in a moment.`, { detail });
  if (status < 400 || status === 404 || status === 405) {
    if (!key.isOwnAddress) return new AppError('PROVIDER_FAILED', `${title} sent an answer that could not be read, so the key could not be tested and was not saved. Try again later.`, { detail });
    return wrongAddress(key, status >= 300 && status < 400 ? 'leads on to another address; give the one where it ends' : 'no provider answers there; give the whole address of its API, mostly ending in /v1');
  }
  const reason = status === 401 ? 'Copy it again from your account there.' : status === 403 ? 'It must be allowed to list models and to answer requests.' : `It answered with status ${status}.`;
  return new AppError('PROVIDER_KEY_REFUSED', `body.api_key: ${title} refused this key, so it was not saved. ${reason}`, { field: 'body.api_key', detail });
}

function wrongAddress({ provider }: KeyToTest, problem: string, cause?: unknown): AppError {
  return new AppError('INVALID_REQUEST', `body.base_url: ${problem}`, { field: 'body.base_url', detail: ownProviders[provider].title, cause });
}
