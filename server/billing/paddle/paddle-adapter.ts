import { z } from 'zod';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import type { BillingAdapter, DeliveryIdentity, ListedChange, ObjectKind } from '../adapter.ts';
import type { BillingEvent } from '../billing-events.ts';
import { boundedId, sha256, tryJson, understand } from '../read-body.ts';
import { cleanText } from '../text.rules.ts';
import type { SignatureProblem } from '../timestamped-signature.ts';
import { paddleSignatureProblem } from './paddle-signature.ts';
import { paddleApi, type PaddleApi } from './paddle-api.ts';
import { customer, subscription, transaction } from './paddle-schemas.ts';
import { customerChanged, paidTransaction, parsePaddle, subscriptionChanged } from './parse-paddle.ts';

const problems: Record<SignatureProblem, string> = {
  missing: 'The header Paddle-Signature is missing. Only Paddle sends to this address.',
  malformed: 'The header Paddle-Signature cannot be read; it looks like ts=…;h1=….',
  wrong: 'The signature does not fit the body. Set PADDLE_WEBHOOK_SECRETS to the secret key of this notification destination (Paddle > Developer tools > Notifications), and let no proxy change the body.',
  'too-old-or-new': 'The signature is older, or further ahead, than WEBHOOK_TOLERANCE_SECONDS allows. Check the clock of this server.',
};

const timestamp = z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'is not a time');
const eventList = z.object({ data: z.array(z.unknown()), meta: z.object({ pagination: z.object({ has_more: z.boolean() }) }) });
const pageSize = 200;
const head = z.object({ event_id: z.string().min(1), event_type: z.string().catch(''), occurred_at: z.string().catch('') });

/** Paddle Billing. */
export function paddleAdapter({ config, now }: Pick<Deps, 'config' | 'now'>): BillingAdapter {
  const { PADDLE_WEBHOOK_SECRETS: secrets, PADDLE_API_KEY: apiKey } = config;
  const api = apiKey === undefined ? undefined : paddleApi(config.PADDLE_BASE_URL, config.PADDLE_ENVIRONMENT, apiKey);
  return {
    name: 'paddle',
    verify(raw, headers, at) {
      if (secrets.length === 0) throw new AppError('SIGNATURE_INVALID', 'PADDLE_WEBHOOK_SECRETS is not set, so that no Paddle delivery can be trusted. Set it to the secret key of the notification destination.');
      const header = headers['paddle-signature'];
      const problem = paddleSignatureProblem(raw, typeof header === 'string' ? header : undefined, secrets, at, config.WEBHOOK_TOLERANCE_SECONDS * 1_000);
      if (problem) throw new AppError('SIGNATURE_INVALID', problems[problem], { field: 'headers.paddle-signature' });
    },
    identify,
    parse: parsePaddle,
    ...(api === undefined ? {} : { fetchObject: (kind: ObjectKind, id: string) => fetchPaddle(api, kind, id, now()), listChanges: (since: number) => listEvents(api, since) }),
  };
}

function identify(raw: Buffer): DeliveryIdentity {
  const result = head.safeParse(tryJson(raw));
  if (!result.success) return { eventId: `sha256:${sha256(raw)}`, topic: '', occurredAt: null };
  const { event_id: eventId, event_type: topic, occurred_at: occurredAt } = result.data;
  const time = Date.parse(occurredAt);
  return { eventId: boundedId(eventId), topic: cleanText(topic, 120), occurredAt: Number.isNaN(time) ? null : time };
}

/** The present state of a Paddle object. Throws when the API does not answer or refuses. */
async function fetchPaddle(api: PaddleApi, kind: ObjectKind, id: string, now: number): Promise<BillingEvent[]> {
  const path = encodeURIComponent(id);
  if (kind === 'customer') {
    const { data } = understand(z.object({ data: customer }), await api(`customers/${path}`), 'answer of Paddle about a customer');
    return [customerChanged(data, data.updated_at ?? now)];
  }
  if (kind === 'subscription') {
    const { data } = understand(z.object({ data: subscription.extend({ updated_at: timestamp }) }), await api(`subscriptions/${path}`), 'answer of Paddle about a subscription');
    return [subscriptionChanged(data, Date.parse(data.updated_at))];
  }
  if (kind === 'order') {
    const { data } = understand(z.object({ data: transaction.extend({ status: z.string(), updated_at: timestamp }) }), await api(`transactions/${path}`), 'answer of Paddle about a transaction');
    return data.status === 'completed' ? [paidTransaction(data, Date.parse(data.updated_at))] : [];
  }
  return [];
}

/** Paddle's events, newest first, in the form in which it delivers them, until they are older than `since`. */
async function* listEvents(api: PaddleApi, since: number): AsyncGenerator<ListedChange[]> {
  for (let after: string | undefined; ; ) {
    const answer = await api('events', { order_by: 'id[DESC]', per_page: String(pageSize), ...(after === undefined ? {} : { after }) });
    const { data, meta } = understand(eventList, answer, 'list of events');
    const changes = data.map((event) => {
      const body = Buffer.from(JSON.stringify(event));
      return { body, identity: identify(body) };
    });
    yield changes.filter(({ identity: { occurredAt } }) => occurredAt === null || occurredAt >= since);
    const isOlder = changes.some(({ identity: { occurredAt } }) => occurredAt !== null && occurredAt < since);
    after = z.object({ event_id: z.string() }).safeParse(data.at(-1)).data?.event_id;
    if (isOlder || !meta.pagination.has_more || after === undefined) return;
  }
}
