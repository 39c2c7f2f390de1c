import { errorText } from '../../errors.ts';

const timeoutMs = 10_000;
const bases = { production: 'https://api.paddle.com', sandbox: 'https://sandbox-api.paddle.com' };

export type PaddleApi = (path: string, query?: Record<string, string>) => Promise<unknown>;

/** Reads from Paddle's API, with a time limit. Errors say what Paddle answered, without the key. */
export function paddleApi(baseUrl: string | undefined, environment: keyof typeof bases, apiKey: string): PaddleApi {
  return async (path, query = {}) => {
    const search = new URLSearchParams(query).toString();
    let response: Response;
    try {
      response = await fetch(`${baseUrl ?? bases[environment]}/${path}${search === '' ? '' : `?${search}`}`, {
        headers: { Authorization: `Bearer ${apiKey}`, 'Paddle-Version': '1' },
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (error) {
      throw new Error(`Paddle did not answer for ${path}: ${errorText(error)}`, { cause: error });
    }
    if (response.status === 401 || response.status === 403) {
      throw new Error(`Paddle refuses PADDLE_API_KEY (${response.status}) for ${path}: it needs the permission to read customers, transactions, subscriptions and events, and must belong to the ${environment} environment.`);
    }
    if (response.status === 404) throw new Error(`Paddle knows no ${path} (404). Check that PADDLE_API_KEY belongs to this account.`);
    if (!response.ok) throw new Error(`Paddle answered ${response.status} for ${path}.`);
    return response.json();
  };
}
