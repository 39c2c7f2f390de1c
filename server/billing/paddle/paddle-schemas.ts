import { z } from 'zod';
import { externalId } from '../read-body.ts';

// Only what is used. The SDK's types want fields that older and simulated notifications do not carry.
const time = z.string().transform((text, ctx) => {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) ctx.addIssue({ code: 'custom', message: 'is not a time' });
  return ms;
});
/** Paddle counts money in minor units, as text. */
const minor = z.string().regex(/^-?\d{1,15}$/, 'is not an amount in minor units').transform(Number);

export const notification = z.object({ event_id: z.string(), event_type: z.string(), occurred_at: time, data: z.unknown() });

const cycle = z.object({ interval: z.string(), frequency: z.int() });
const period = z.object({ starts_at: time, ends_at: time }).nullish();

export const transaction = z.object({
  id: externalId,
  origin: z.string().nullish(),
  currency_code: z.string(),
  customer_id: externalId.nullish(),
  subscription_id: externalId.nullish(),
  invoice_number: z.string().nullish(),
  /** Set in the browser: it says which browser asks for the key, and grants nothing. */
  custom_data: z.object({ chatello_claim: z.string().max(64).optional().catch(undefined) }).nullish().catch(undefined),
  billed_at: time.nullish(),
  billing_period: period,
  items: z.array(
    z.object({
      quantity: z.number(),
      price: z.object({
        id: externalId,
        name: z.string().nullish(),
        description: z.string().nullish(),
        billing_cycle: cycle.nullish(),
        trial_period: cycle.nullish(),
      }),
    }),
  ),
  details: z.object({
    totals: z.object({ total: minor, grand_total: minor.nullish() }),
    line_items: z.array(z.object({ id: externalId.nullish(), price_id: externalId, quantity: z.number(), totals: z.object({ total: minor }), product: z.object({ name: z.string() }).nullish() })).default([]),
  }),
  payments: z.array(z.object({ status: z.string(), captured_at: time.nullish() })).default([]),
});
export type PaddleTransaction = z.output<typeof transaction>;

export const adjustment = z.object({
  id: externalId,
  transaction_id: externalId,
  action: z.string(),
  type: z.string().nullish(),
  status: z.string(),
  currency_code: z.string(),
  items: z.array(z.object({ item_id: externalId, type: z.string(), amount: minor.nullish(), totals: z.object({ total: minor }).nullish() })).default([]),
  totals: z.object({ total: minor }),
});
export type PaddleAdjustment = z.output<typeof adjustment>;

export const subscription = z.object({
  id: externalId,
  status: z.string().max(32),
  customer_id: externalId.nullish(),
  transaction_id: externalId.nullish(),
  current_billing_period: period,
  scheduled_change: z.object({ action: z.string(), effective_at: time }).nullish(),
  items: z.array(z.object({ quantity: z.number().nullish(), recurring: z.boolean().nullish(), price: z.object({ id: externalId }) })).default([]),
});
export type PaddleSubscription = z.output<typeof subscription>;

/** A payment that failed: of a renewal when it names a subscription. */
export const failedTransaction = z.object({ subscription_id: externalId.nullish(), origin: z.string().nullish() });

export const customer = z.object({ id: externalId, email: z.string(), name: z.string().nullish(), locale: z.string().nullish(), updated_at: time.nullish() });
