import { z } from 'zod';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import type { BillingAdapter, DeliveryIdentity, ListedChange, ObjectKind } from '../adapter.ts';
import type { BillingEvent } from '../billing-events.ts';
import { boundedId, sha256, tryJson, understand } from '../read-body.ts';
import { cleanText } from '../text.rules.ts';
import { invoiceEvents } from './parse-stripe-invoice.ts';
import { customerChanged, parseStripe, paymentLinks, sessionEvents, subscriptionChanged } from './parse-stripe.ts';
import { stripeApi, type StripeApi } from './stripe-api.ts';
import { invoice, invoicePayment, session, subscription } from './stripe-schemas.ts';
import type { SignatureProblem } from '../timestamped-signature.ts';
import { stripeSignatureProblem } from './stripe-signature.ts';

const problems: Record<SignatureProblem, string> = {
  missing: 'The header Stripe-Signature is missing. Only Stripe sends to this address.',
  malformed: 'The header Stripe-Signature cannot be read; it looks like t=…,v1=….',
  wrong: 'The signature does not fit the body. Set STRIPE_WEBHOOK_SECRETS to the signing secret of this endpoint (Stripe > Developers > Webhooks, whsec_…), and let no proxy change the body.',
  'too-old-or-new': 'The signature is older, or further ahead, than WEBHOOK_TOLERANCE_SECONDS allows. Check the clock of this server.',
};

const head = z.object({ id: z.string().min(1), type: z.string().catch(''), created: z.number().catch(Number.NaN) });
const list = z.object({ data: z.array(z.unknown()), has_more: z.boolean() });
const pageSize = 100;

/** Stripe. */
export function stripeAdapter({ config, now }: Pick<Deps, 'config' | 'now'>): BillingAdapter {
  const { STRIPE_WEBHOOK_SECRETS: secrets, STRIPE_API_KEY: apiKey, STRIPE_BASE_URL: base } = config;
  const api = apiKey === undefined ? undefined : stripeApi(base, apiKey);
  return {
    name: 'stripe',
    verify(raw, headers, at) {
      if (secrets.length === 0) throw new AppError('SIGNATURE_INVALID', 'STRIPE_WEBHOOK_SECRETS is not set, so that no Stripe delivery can be trusted. Set it to the signing secret of the endpoint.');
      const header = headers['stripe-signature'];
      const problem = stripeSignatureProblem(raw, typeof header === 'string' ? header : undefined, secrets, at, config.WEBHOOK_TOLERANCE_SECONDS * 1_000);
      if (problem) throw new AppError('SIGNATURE_INVALID', problems[problem], { field: 'headers.stripe-signature' });
    },
    identify,
    parse: (body) => parseStripe(body, api !== undefined),
    ...(api === undefined ? {} : { fetchObject: (kind: ObjectKind, id: string) => fetchStripe(api, kind, id, now()), listChanges: (since: number) => listEvents(api, since) }),
  };
}

function identify(raw: Buffer): DeliveryIdentity {
  const result = head.safeParse(tryJson(raw));
  if (!result.success) return { eventId: `sha256:${sha256(raw)}`, topic: '', occurredAt: null };
  const { id, type, created } = result.data;
  return { eventId: boundedId(id), topic: cleanText(type, 120), occurredAt: Number.isFinite(created) ? Math.round(created * 1_000) : null };
}

async function fetchStripe(api: StripeApi, kind: ObjectKind, id: string, now: number): Promise<BillingEvent[]> {
  const path = encodeURIComponent(id);
  if (kind === 'customer') return [customerChanged(await api(`customers/${path}`), now)];
  if (kind === 'subscription') return [subscriptionChanged(understand(subscription, await api(`subscriptions/${path}`), 'subscription'), now)];
  if (kind === 'payment') return id.startsWith('pi_') ? ordersOfPayment(api, id) : [];
  if (kind === 'refunds') return [];
  if (id.startsWith('in_')) {
    const data = understand(invoice, await api(`invoices/${path}`), 'invoice');
    return data.status === 'paid' ? invoiceEvents(data, data.status_transitions?.paid_at ?? data.created) : [];
  }
  if (!id.startsWith('cs_')) return [];
  const data = understand(session, await api(`checkout/sessions/${path}`), 'checkout session');
  const lines: unknown[] = [];
  for await (const page of pages(api, `checkout/sessions/${path}/line_items`, {})) lines.push(...page);
  const whole = understand(session, { ...(data as object), created: data.created / 1_000, line_items: { data: lines } }, 'checkout session');
  return sessionEvents(whole, data.created, true);
}

/** Which invoice a payment paid; nothing when it paid none, which makes it an order of its own. */
async function ordersOfPayment(api: StripeApi, id: string): Promise<BillingEvent[]> {
  const found = understand(list, await api('invoice_payments', { 'payment[type]': 'payment_intent', 'payment[payment_intent]': id, limit: '10' }), 'list of invoice payments');
  return found.data.flatMap((payment) => paymentLinks(understand(invoicePayment, payment, 'invoice payment')));
}

/** Stripe keeps its events for 30 days, in the form in which it delivers them. */
async function* listEvents(api: StripeApi, since: number): AsyncGenerator<ListedChange[]> {
  for await (const page of pages(api, 'events', { 'created[gte]': String(Math.floor(since / 1_000)) })) {
    yield page.map((event) => {
      const body = Buffer.from(JSON.stringify(event));
      return { body, identity: identify(body) };
    });
  }
}

async function* pages(api: StripeApi, path: string, query: Record<string, string>): AsyncGenerator<unknown[]> {
  for (let after: string | undefined; ; ) {
    const { data, has_more: hasMore } = understand(list, await api(path, { ...query, limit: String(pageSize), ...(after === undefined ? {} : { starting_after: after }) }), `list of ${path}`);
    yield data;
    after = z.object({ id: z.string() }).safeParse(data.at(-1)).data?.id;
    if (!hasMore || after === undefined) return;
  }
}
