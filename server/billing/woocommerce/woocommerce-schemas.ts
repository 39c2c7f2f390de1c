import { z } from 'zod';
import { externalId } from '../read-body.ts';

const decimal = z.union([z.string(), z.number()]).transform(String);
const text = z.string().nullish().transform((value) => value ?? '');
/** WooCommerce writes UTC without saying so. */
const gmt = z
  .string()
  .nullish()
  .transform((value, ctx) => {
    if (value === undefined || value === null || value === '') return null;
    const ms = Date.parse(/Z|[+-]\d\d:?\d\d$/.test(value) ? value : `${value}Z`);
    if (Number.isNaN(ms)) ctx.addIssue({ code: 'custom', message: 'is not a time' });
    return ms;
  });
const productId = z.union([z.int(), z.string()]).nullish().transform((value) => (value === null || value === undefined || value === 0 || value === '0' ? '' : String(value)));
const meta = z.array(z.object({ key: z.string(), value: z.unknown() })).nullish().transform((value) => value ?? []);

export const order = z.object({
  id: externalId,
  status: z.string().max(64),
  currency: z.string(),
  number: z.union([z.string(), z.number()]).nullish().transform((value) => (value === null || value === undefined ? '' : String(value))),
  total: decimal,
  date_created_gmt: gmt,
  date_modified_gmt: gmt,
  date_paid_gmt: gmt,
  date_completed_gmt: gmt,
  billing: z.object({ first_name: text, last_name: text, company: text, country: text, email: text }).nullish(),
  meta_data: meta,
  line_items: z.array(z.object({ id: externalId, name: text, product_id: productId, variation_id: productId, quantity: z.number(), total: decimal, total_tax: decimal.default('0'), sku: text })),
  refunds: z.array(z.object({ id: externalId, total: decimal })).nullish().transform((value) => value ?? []),
});
export type WooOrder = z.output<typeof order>;

export const subscription = z.object({
  id: externalId,
  parent_id: z.union([z.int(), z.string()]).nullish(),
  status: z.string().max(32),
  customer_id: z.union([z.int(), z.string()]).nullish(),
  date_modified_gmt: gmt,
  trial_end_date_gmt: gmt,
  next_payment_date_gmt: gmt,
  end_date_gmt: gmt,
  line_items: z.array(z.object({ product_id: productId, variation_id: productId, quantity: z.number(), sku: text })),
});
export type WooSubscription = z.output<typeof subscription>;

export const refunds = z.array(
  z.object({
    id: externalId,
    amount: decimal,
    date_created_gmt: gmt,
    line_items: z.array(z.object({ quantity: z.number(), total: decimal, total_tax: decimal.default('0'), meta_data: meta })).nullish().transform((value) => value ?? []),
  }),
);

/** What a shop sends instead of the object when the user of the webhook may not read it. */
export const restError = z.object({ code: z.string(), message: z.string() });
