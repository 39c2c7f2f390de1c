import { z } from 'zod';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import type { BillingAdapter, ObjectKind } from '../adapter.ts';
import type { BillingEvent } from '../billing-events.ts';
import { boundedId, sha256, tryJson, understand } from '../read-body.ts';
import { cleanText } from '../text.rules.ts';
import { paddleSignatureProblem, type SignatureProblem } from './paddle-signature.ts';
import { customer } from './paddle-schemas.ts';
import { customerChanged, parsePaddle } from './parse-paddle.ts';

const timeoutMs = 10_000;
const bases = { production: 'https://api.paddle.com', sandbox: 'https://sandbox-api.paddle.com' };

const problems: Record<SignatureProblem, string> = {
  missing: 'The header Paddle-Signature is missing. Only Paddle sends to this address.',
  malformed: 'The header Paddle-Signature cannot be read; it looks like ts=…;h1=….',
  wrong: 'The signature does not fit the body. Set PADDLE_WEBHOOK_SECRETS to the secret key of this notification destination (Paddle > Developer tools > Notifications), and let no proxy change the body.',
  'too-old-or-new': 'The signature is more than five minutes old or ahead. Check the clock of this server.',
};

const head = z.object({ event_id: z.string().min(1), event_type: z.string().catch(''), occurred_at: z.string().catch('') });

/** Paddle Billing. */
export function paddleAdapter({ config, now }: Pick<Deps, 'config' | 'now'>): BillingAdapter {
  const { PADDLE_WEBHOOK_SECRETS: secrets, PADDLE_API_KEY: apiKey } = config;
  const base = config.PADDLE_BASE_URL ?? bases[config.PADDLE_ENVIRONMENT];
  return {
    name: 'paddle',
    verify(raw, headers, at) {
      if (secrets.length === 0) throw new AppError('SIGNATURE_INVALID', 'PADDLE_WEBHOOK_SECRETS is not set, so that no Paddle delivery can be trusted. Set it to the secret key of the notification destination.');
      const header = headers['paddle-signature'];
      const problem = paddleSignatureProblem(raw, typeof header === 'string' ? header : undefined, secrets, at);
      if (problem) throw new AppError('SIGNATURE_INVALID', problems[problem], { field: 'headers.paddle-signature' });
    },
    identify(raw) {
      const result = head.safeParse(tryJson(raw));
      if (!result.success) return { eventId: `sha256:${sha256(raw)}`, topic: '', occurredAt: null };
      const { event_id: eventId, event_type: topic, occurred_at: occurredAt } = result.data;
      const time = Date.parse(occurredAt);
      return { eventId: boundedId(eventId), topic: cleanText(topic, 120), occurredAt: Number.isNaN(time) ? null : time };
    },
    parse: parsePaddle,
    ...(apiKey === undefined ? {} : { fetchObject: (kind: ObjectKind, id: string) => fetchPaddle(base, apiKey, kind, id, now()) }),
  };
}

/** The present state of a Paddle object. Throws when the API does not answer or refuses. */
async function fetchPaddle(base: string, apiKey: string, kind: ObjectKind, id: string, now: number): Promise<BillingEvent[]> {
  if (kind !== 'customer') return [];
  const response = await fetch(`${base}/customers/${encodeURIComponent(id)}`, {
    headers: { Authorization: `Bearer ${apiKey}`, 'Paddle-Version': '1' },
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status === 401 || response.status === 403) {
    throw new Error(`Paddle refuses PADDLE_API_KEY (${response.status}): it needs the permission to read customers and must belong to the ${environmentOf(base)} environment.`);
  }
  if (!response.ok) throw new Error(`Paddle answered ${response.status} for the customer ${id}.`);
  const { data } = understand(z.object({ data: customer }), await response.json(), 'answer of Paddle about a customer');
  return [customerChanged(data, data.updated_at ?? now)];
}

function environmentOf(base: string): string {
  return base === bases.sandbox ? 'sandbox' : 'production';
}
