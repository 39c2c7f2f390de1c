import type { SubscriptionStatus } from '../licenses/license-status.rules.ts';
import type { Reason } from '../reasons.rules.ts';
import type { SubscriptionItem } from './subscription.rules.ts';

/** Every provider that has an adapter. */
export const providerNames = ['paddle', 'woocommerce', 'stripe'] as const;
export type ProviderName = (typeof providerNames)[number];

/** One shop or account of a provider. There is one of each today. */
export const mainAccount = 'main';

export type OrderLine = {
  externalId: string;
  /** What the product may be mapped under, best first. */
  productIds: string[];
  name: string;
  quantity: number;
  amountMinor: number;
  /** Months of the provider's own billing cycle; null when it is not counted in months; undefined when the mapping decides. */
  cycleMonths: number | null | undefined;
  /** The end of the paid period where the provider names one. */
  periodEndsAt: number | null;
};

export type Buyer = { email: string; name: string; company: string; locale: string };

type PaidOrder = {
  orderId: string;
  /** What the buyer knows the order by. */
  number: string;
  status: string;
  currency: string;
  totalMinor: number;
  paidAt: number;
  /** Orders the snapshots (status, lines) of one order; the facts count whatever it says. */
  snapshotAt: number;
  /** The buyer, or where the provider tells who it is. */
  buyer: Buyer | { customerId: string };
  /** The provider's customer, where it says so of an order that names the buyer as well. */
  customerId?: string | null | undefined;
  /** Null: the provider tells on request only (fetchObject 'order'). */
  lines: OrderLine[] | null;
  /** What the provider calls the order when it is asked for it, where that is not `orderId`. */
  lookUp?: string;
  /** Which browser may be shown the keys (pricing/claims.ts), where a checkout of ours made the order. */
  claim?: string | undefined;
};
export type OrderPaid = PaidOrder & { type: 'OrderPaid'; subscriptionId: string | null; /** False for a one-time charge on a running subscription. */ startsSubscription: boolean };
export type SubscriptionRenewed = PaidOrder & { type: 'SubscriptionRenewed'; subscriptionId: string };

/** A part of an adjustment: `units` of the line, or an amount of it when the provider does not count units; `isWhole`: the provider says that it is all of the line. */
export type AdjustedItem = { lineId: string; units: number | null; amountMinor: number; isWhole?: boolean | undefined };

type Adjustment = {
  adjustmentId: string;
  orderId: string;
  isFull: boolean;
  /** Null: the provider tells on request only (fetchObject 'refunds'). */
  items: AdjustedItem[] | null;
  amountMinor: number;
  currency: string;
  occurredAt: number;
};
export type AdjustmentEvent = Adjustment & {
  type: 'RefundPending' | 'Refunded' | 'RefundRejected' | 'Disputed' | 'DisputeWarned' | 'DisputeReversed';
  /** A dispute is reversed by its own record becoming `reversed`, or by a record of its own. */
  /** `refund_total`: what has gone back of the payment so far, refunds that have records of their own included. */
  action: 'refund' | 'refund_total' | 'chargeback' | 'chargeback_warning' | 'chargeback_reverse';
  status: 'pending' | 'approved' | 'rejected' | 'reversed';
};

/**
 * A subscription as it stands. Providers send states and may skip some, so that what happened (paused, resumed, cancellation scheduled
 * or undone, plan changed …) is what lies between two of them: LifeEvent.
 */
export type SubscriptionChanged = {
  type: 'SubscriptionChanged';
  subscriptionId: string;
  status: SubscriptionStatus;
  customerId: string | null;
  /** The end of the period that the provider is in, paid or not. For people; it extends nothing. */
  periodEndsAt: number | null;
  /** Until when the purchase pays for a trial alone, where the order itself does not say so. */
  trialEndsAt?: number | null;
  /** When it will end, once its cancellation is scheduled. */
  cancelAt: number | null;
  items: SubscriptionItem[] | null;
  snapshotAt: number;
  /** Fetched just now, so it wins over a delivery of the same moment. */
  isFresh?: boolean;
};

/** What providers tell, in one vocabulary. Facts (paid, refunded, disputed) commute; snapshots carry the time that orders them. */
export type BillingEvent =
  | OrderPaid
  | SubscriptionRenewed
  | AdjustmentEvent
  /** A paid order that the shop has set to a state in which it grants nothing. A newer snapshot may undo it. */
  | { type: 'OrderVoided'; orderId: string; status: string; snapshotAt: number }
  /** Which order began a subscription; null when none did (made by hand, imported). */
  | { type: 'SubscriptionLinked'; subscriptionId: string; orderId: string | null }
  | SubscriptionChanged
  /** A payment of a subscription did not go through. */
  | { type: 'PaymentFailed'; subscriptionId: string; failedAt: number }
  /** The name under which refunds and disputes know an order. */
  | { type: 'PaymentLinked'; orderId: string; paymentId: string }
  | { type: 'CustomerChanged'; customerId: string; email: string; name: string; locale: string; snapshotAt: number }
  | { type: 'Ignored'; reason: Reason };
