import { z } from 'zod';
import { emailKey } from '../customers/customer.rules.ts';
import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { listPaddleCustomerIds } from './account.store.ts';

const timeoutMs = 10_000;
const bases = { production: 'https://api.paddle.com', sandbox: 'https://sandbox-api.paddle.com' };
/** Where the links of a portal session lead; a form that asks for one is redirected there. */
export const portalOrigins = ['https://customer-portal.paddle.com', 'https://sandbox-customer-portal.paddle.com'];

const session = z.object({ data: z.object({ urls: z.object({ general: z.object({ overview: z.url({ protocol: /^https$/ }) }) }) }) });
const invoice = z.object({ data: z.object({ url: z.url({ protocol: /^https$/ }) }) });

/** The id under which Paddle knows a customer; undefined when it does not, or its API is not configured. */
export async function paddleCustomerId(db: Db, config: Deps['config'], email: string): Promise<string | undefined> {
  if (config.PADDLE_API_KEY === undefined) return undefined;
  const [newest] = await listPaddleCustomerIds(db, [...new Set([email, emailKey(email)])]);
  return newest;
}

/** Opens a session of Paddle's customer portal and returns its address, which is for this customer and this moment: never store it. Throws PAYMENT_PROVIDER_UNAVAILABLE. */
export async function openPortal(config: Deps['config'], paddleId: string): Promise<string> {
  const { data } = session.parse(await askPaddle(config, 'POST', `/customers/${encodeURIComponent(paddleId)}/portal-sessions`));
  const { overview } = data.urls.general;
  if (!portalOrigins.includes(new URL(overview).origin)) throw unavailable(`Paddle's portal leads to ${new URL(overview).origin}, which is not where it is known to be.`);
  return overview;
}

/** The address of the invoice of a transaction as PDF; it works for an hour: never store it. Throws PAYMENT_PROVIDER_UNAVAILABLE. */
export async function invoiceAddress(config: Deps['config'], transactionId: string): Promise<string> {
  return invoice.parse(await askPaddle(config, 'GET', `/transactions/${encodeURIComponent(transactionId)}/invoice`)).data.url;
}

async function askPaddle(config: Deps['config'], method: 'GET' | 'POST', path: string): Promise<unknown> {
  const base = config.PADDLE_BASE_URL ?? bases[config.PADDLE_ENVIRONMENT];
  let response: Response;
  try {
    response = await fetch(base + path, {
      method,
      headers: { Authorization: `Bearer ${config.PADDLE_API_KEY ?? ''}`, 'Paddle-Version': '1', ...(method === 'POST' ? { 'Content-Type': 'application/json' } : {}) },
      ...(method === 'POST' ? { body: '{}' } : {}),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.ok) return await response.json();
  } catch (error) {
    throw unavailable('Paddle does not answer.', error);
  }
  if (response.status === 404) throw new AppError('NOT_FOUND', 'Paddle has nothing for this.');
  const hint = response.status === 401 || response.status === 403 ? ' PADDLE_API_KEY needs the permissions customer_portal_session.write and transaction.read.' : '';
  throw unavailable(`Paddle answered ${response.status} to ${method} ${path.replace(/\/(ctm|txn)_\w+/, '/$1_…')}.${hint}`);
}

function unavailable(detail: string, cause?: unknown): AppError {
  return new AppError('PAYMENT_PROVIDER_UNAVAILABLE', 'The payment provider does not answer just now. Try again in a few minutes.', { detail, cause });
}
