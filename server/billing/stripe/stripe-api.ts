import { errorText } from '../../errors.ts';

const timeoutMs = 15_000;

export type StripeApi = (path: string, query?: Record<string, string>) => Promise<unknown>;

/** Reads from Stripe's API, in the account's own version, with a time limit. Errors say what Stripe answered, without the key. */
export function stripeApi(base: string, apiKey: string): StripeApi {
  return async (path, query = {}) => {
    const url = `${base}/v1/${path}?${new URLSearchParams(query).toString()}`;
    let response: Response;
    try {
      response = await fetch(url, { headers: { Authorization: `Bearer ${apiKey}` }, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
    } catch (error) {
      throw new Error(`Stripe did not answer for ${path}: ${errorText(error)}`, { cause: error });
    }
    if (response.status === 401 || response.status === 403) throw new Error(`Stripe refuses STRIPE_API_KEY (${response.status}) for ${path}: it needs to read checkout sessions, invoices, subscriptions, customers and events.`);
    if (response.status === 404) throw new Error(`Stripe knows no ${path} (404). It was deleted, or STRIPE_API_KEY belongs to another account or to test mode.`);
    if (!response.ok) throw new Error(`Stripe answered ${response.status} for ${path}.`);
    return response.json();
  };
}
