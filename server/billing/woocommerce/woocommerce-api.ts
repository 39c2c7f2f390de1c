import { createRequire } from 'node:module';
import { errorText } from '../../errors.ts';
import { DeadLetter } from '../../jobs/job-kinds.ts';

const timeoutMs = 15_000;

export type WooCommerceAccess = { url: string; consumerKey: string; consumerSecret: string };
export type WooCommerceApi = { get: (endpoint: string, query?: Record<string, unknown>) => Promise<unknown>; put: (endpoint: string, data: object) => Promise<void>; /** Undefined when the shop has no such endpoint. */ list: (endpoint: string, query: Record<string, unknown>) => Promise<unknown> };

/** The shop is there and has no such object any more. */
export class ObjectGone extends DeadLetter {
  override name = 'ObjectGone';
}

const require = createRequire(import.meta.url);

/** The REST API of the shop, with a time limit. Errors say what the shop answered, without addresses and keys. */
export function woocommerceApi({ url, consumerKey, consumerSecret }: WooCommerceAccess): WooCommerceApi {
  // The package is CommonJS, which its types do not say, and takes an eighth of the time of a start: it is loaded when there is a shop.
  const { default: RestApi } = require('@woocommerce/woocommerce-rest-api') as typeof import('@woocommerce/woocommerce-rest-api');
  const api = new RestApi({ url, consumerKey, consumerSecret, version: 'wc/v3', timeout: timeoutMs, axiosConfig: { maxRedirects: 0, maxContentLength: 10_000_000 } });
  const call = async (what: string, request: () => Promise<{ data: unknown }>): Promise<unknown> => {
    try {
      return (await request()).data;
    } catch (error) {
      throw explained(what, error);
    }
  };
  return {
    get: (endpoint, query = {}) => call(endpoint, () => api.get(endpoint, query)),
    async list(endpoint, query) {
      try {
        return (await api.get(endpoint, query)).data;
      } catch (error) {
        if ((error as { response?: { status?: number } }).response?.status === 404) return undefined;
        throw explained(endpoint, error);
      }
    },
    async put(endpoint, data) {
      await call(endpoint, () => api.put(endpoint, data));
    },
  };
}

function explained(what: string, error: unknown): Error {
  const { response, code } = error as { response?: { status?: number; data?: unknown }; code?: string };
  const status = response?.status;
  if (status === 401 || status === 403) return new Error(`The shop refuses the consumer key (${status}) for ${what}. Check WOOCOMMERCE_CONSUMER_KEY and WOOCOMMERCE_CONSUMER_SECRET; the key needs read and write permission.`);
  if (status === 404) {
    // What is no shop at all answers otherwise.
    const isGone = /invalid\w*_id$/.test(String((response?.data as { code?: unknown } | undefined)?.code));
    return isGone ? new ObjectGone(`The shop has deleted ${what}.`) : new DeadLetter(`The shop knows no ${what} (404). WOOCOMMERCE_URL may be another shop.`);
  }
  if (status !== undefined) return new Error(`The shop answered ${status} for ${what}.`);
  return new Error(`The shop did not answer for ${what}: ${code ?? errorText(error)}. Check WOOCOMMERCE_URL.`);
}
