import { z } from 'zod';
import { externalId } from '../read-body.ts';

// Only what is used, in the shapes of API versions before and after 2025-03-31, which moved prices, subscriptions and payments of invoices.
/** Stripe counts time in seconds. */
const time = z.number().transform((seconds) => Math.round(seconds * 1_000));
/** An id, also where the object itself was expanded. */
const reference = z.union([externalId, z.object({ id: externalId }).transform(({ id }) => id)]);
const text = z.string().nullish().transform((value) => value ?? '');
const minor = z.int().nullish().transform((value) => value ?? 0);

export const event = z.object({ id: z.string(), type: z.string(), created: time, data: z.object({ object: z.unknown() }) });

const recurring = z.object({ interval: z.string(), interval_count: z.int() }).nullish();
const price = z.object({ id: externalId, product: reference.nullish(), recurring });

export const session = z.object({
  // Longer than every other id.
  id: z.string().min(1).max(190),
  mode: z.string(),
  payment_status: z.string(),
  created: time,
  currency: z.string().nullish(),
  amount_total: minor,
  customer: reference.nullish(),
  customer_details: z.object({ email: text, name: text, address: z.object({ country: text }).nullish() }).nullish(),
  customer_email: text,
  locale: text,
  invoice: reference.nullish(),
  payment_intent: reference.nullish(),
  payment_link: reference.nullish(),
  subscription: reference.nullish(),
  line_items: z.object({ data: z.array(z.object({ id: externalId, description: text, quantity: z.number().nullish(), amount_total: minor, price: price.nullish() })) }).nullish(),
});
export type StripeSession = z.output<typeof session>;

const proration = z.object({ proration: z.boolean().nullish() }).nullish();

export const invoice = z.object({
  id: externalId,
  number: z.string().nullish(),
  status: z.string().nullish(),
  billing_reason: z.string().nullish(),
  currency: z.string(),
  total: minor,
  created: time,
  status_transitions: z.object({ paid_at: time.nullish() }).nullish(),
  customer: reference.nullish(),
  customer_email: text,
  customer_name: text,
  customer_address: z.object({ country: text }).nullish(),
  subscription: reference.nullish(),
  parent: z.object({ subscription_details: z.object({ subscription: reference.nullish() }).nullish() }).nullish(),
  payment_intent: reference.nullish(),
  charge: reference.nullish(),
  payments: z.object({ data: z.array(z.object({ payment: z.object({ payment_intent: reference.nullish(), charge: reference.nullish() }).nullish() })) }).nullish(),
  lines: z.object({
    data: z.array(
      z.object({
        id: externalId,
        description: text,
        amount: minor,
        quantity: z.number().nullish(),
        period: z.object({ start: time, end: time }).nullish(),
        price: price.nullish(),
        pricing: z.object({ price_details: z.object({ price: reference.nullish(), product: reference.nullish() }).nullish() }).nullish(),
        proration: z.boolean().nullish(),
        parent: z.object({ subscription_item_details: proration, invoice_item_details: proration }).nullish(),
      }),
    ),
  }),
});
export type StripeInvoice = z.output<typeof invoice>;

export const subscription = z.object({
  id: externalId,
  status: z.string().max(32),
  customer: reference.nullish(),
  cancel_at_period_end: z.boolean().nullish(),
  cancel_at: time.nullish(),
  current_period_end: time.nullish(),
  items: z.object({ data: z.array(z.object({ quantity: z.number().nullish(), current_period_end: time.nullish(), price })) }),
});
export type StripeSubscription = z.output<typeof subscription>;

export const charge = z.object({ id: externalId, payment_intent: reference.nullish(), amount_refunded: minor, refunded: z.boolean().nullish(), currency: z.string() });

export const refund = z.object({ id: externalId, charge: reference.nullish(), payment_intent: reference.nullish(), amount: minor, currency: z.string(), status: z.string().nullish(), created: time });
export type StripeRefund = z.output<typeof refund>;

export const dispute = z.object({ id: externalId, charge: reference.nullish(), payment_intent: reference.nullish(), amount: minor, currency: z.string(), status: z.string(), created: time });

export const customer = z.object({ id: externalId, email: text, name: text, preferred_locales: z.array(z.string()).nullish(), address: z.object({ country: text }).nullish() });

export const invoicePayment = z.object({ invoice: reference, payment: z.object({ payment_intent: reference.nullish(), charge: reference.nullish() }) });
