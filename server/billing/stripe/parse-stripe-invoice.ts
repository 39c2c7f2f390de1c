import { addMonths } from '../../licenses/license-terms.rules.ts';
import { reason } from '../../reasons.rules.ts';
import type { BillingEvent, OrderLine } from '../billing-events.ts';
import { currencyCode } from '../money.rules.ts';
import { buyerLocale, cleanText } from '../text.rules.ts';
import type { StripeInvoice } from './stripe-schemas.ts';

type InvoiceLine = StripeInvoice['lines']['data'][number];

const longestTermMonths = 120;
const hourMs = 3_600_000;

/** A paid invoice: the first of a subscription, a renewal, or one of its own. Prorations change no licence: the plan follows from the subscription. */
export function invoiceEvents(data: StripeInvoice, at: number): BillingEvent[] {
  const subscriptionId = data.parent?.subscription_details?.subscription ?? data.subscription ?? null;
  if (data.billing_reason === 'subscription_update') return [{ type: 'Ignored', reason: reason('proration') }];
  const currency = currencyCode(data.currency);
  const buyer = data.customer_email === '' && data.customer ? { customerId: data.customer } : { email: data.customer_email, name: cleanText(data.customer_name, 200), company: '', locale: buyerLocale(undefined, data.customer_address?.country) };
  const order = {
    orderId: data.id,
    number: cleanText(data.number ?? data.id, 64),
    status: 'paid',
    currency,
    totalMinor: data.total,
    paidAt: data.status_transitions?.paid_at ?? at,
    snapshotAt: at,
    buyer,
    customerId: data.customer,
    lines: data.lines.data.filter((line) => !isProration(line)).map(lineOf),
  };
  const isRenewal = subscriptionId !== null && data.billing_reason !== 'subscription_create' && data.billing_reason !== 'manual';
  const paid: BillingEvent = isRenewal ? { type: 'SubscriptionRenewed', ...order, subscriptionId } : { type: 'OrderPaid', ...order, subscriptionId, startsSubscription: data.billing_reason === 'subscription_create' };
  const payments = [data.payment_intent, data.charge, ...(data.payments?.data ?? []).flatMap(({ payment }) => [payment?.payment_intent, payment?.charge])];
  const ids = [...new Set(payments.filter((id) => id !== undefined && id !== null))];
  return [...ids.map((paymentId) => ({ type: 'PaymentLinked', orderId: data.id, paymentId }) as const), paid];
}

function isProration({ proration, parent }: InvoiceLine): boolean {
  return proration === true || parent?.subscription_item_details?.proration === true || parent?.invoice_item_details?.proration === true;
}

function lineOf(line: InvoiceLine): OrderLine {
  const details = line.pricing?.price_details;
  const isPeriod = line.period !== undefined && line.period !== null && line.period.end > line.period.start;
  return {
    externalId: line.id,
    productIds: [line.price?.id ?? details?.price, line.price?.product ?? details?.product].filter((id) => id !== undefined && id !== null),
    name: cleanText(line.description, 255),
    quantity: Math.max(0, Math.floor(line.quantity ?? 1)),
    amountMinor: line.amount,
    cycleMonths: isPeriod && line.period ? monthsBetween(line.period.start, line.period.end) : undefined,
    periodEndsAt: isPeriod && line.period ? line.period.end : null,
  };
}

/** The calendar months of a period; null when it is not counted in months (a trial of days). */
export function monthsBetween(start: number, end: number): number | null {
  for (let months = 1; months <= longestTermMonths; months += 1) {
    const after = addMonths(start, months);
    if (Math.abs(after - end) <= hourMs) return months;
    if (after > end + hourMs) return null;
  }
  return null;
}
