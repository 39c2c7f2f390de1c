// The tables of sql/*/0004-self-service.sql; the conventions of schema.ts hold.

type SignInLinkTable = {
  id: Uint8Array;
  customer_id: string;
  email_key: string;
  created_at: number;
  expires_at: number;
};

type AccountSessionTable = {
  id: Uint8Array;
  customer_id: string;
  email_key: string;
  csrf_token: string;
  created_at: number;
  last_seen_at: number;
  expires_at: number;
};

type RequestCountTable = {
  id: Uint8Array;
  window_start: number;
  requests: number;
};

type CheckoutClaimTable = {
  id: Uint8Array;
  order_id: string | null;
  created_at: number;
  expires_at: number;
};

export type SelfServiceSchema = {
  sign_in_links: SignInLinkTable;
  account_sessions: AccountSessionTable;
  request_counts: RequestCountTable;
  checkout_claims: CheckoutClaimTable;
};
