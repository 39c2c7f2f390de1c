// The tables and columns of sql/*/0003-selling.sql; the conventions of schema.ts hold.

export type SellingLicenseColumns = {
  subscription_id: string | null;
  subscription_status: string | null;
  grace_ms: number;
};

export type SellingSubscriptionColumns = {
  is_linked: number;
  customer_external_id: string | null;
  items: string | null;
  period_ends_at: number | null;
  cancel_at: number | null;
  payment_failed_at: number | null;
  last_paid_at: number | null;
};

type SubscriptionChangeTable = {
  id: string;
  cause: string;
  kind: string;
  subscription_id: string | null;
  license_ids: string;
  details: string;
  created_at: number;
};

type PaymentLinkTable = {
  id: string;
  provider: string;
  account: string;
  payment_external_id: string;
  order_external_id: string;
  created_at: number;
};

type BillingCursorTable = {
  name: string;
  position: number;
  updated_at: number;
};

export type SellingSchema = {
  subscription_changes: SubscriptionChangeTable;
  payment_links: PaymentLinkTable;
  billing_cursors: BillingCursorTable;
};
