import type { GeneratedAlways } from 'kysely';
import type { AccessCustomerColumns, AccessLicenseColumns, AccessSchema } from './access-schema.ts';
import type { AiSchema } from './ai-schema.ts';
import type { ApiSchema, ApiTokenColumns, AuditLogColumns } from './api-schema.ts';
import type { ImportSchema } from './import-schema.ts';
import type { PeopleSchema } from './people-schema.ts';
import type { FiguresSchema } from './figures-schema.ts';
import type { SelfServiceSchema } from './self-service-schema.ts';
import type { ShopLicenseColumns, ShopPlanColumns, ShopProductColumns, ShopSchema } from './shop-schema.ts';
import type { SellingLicenseColumns, SellingSchema, SellingSubscriptionColumns } from './selling-schema.ts';

// The columns of sql/*/0001-foundation.sql and later migrations. Times are UTC epoch milliseconds, booleans are 0 or 1, JSON is text.

type SecretTable = {
  name: string;
  key_id: string;
  cipher: Uint8Array;
  created_at: number;
};

type PlanTable = ShopPlanColumns & {
  id: string;
  code: string;
  name: string;
  ai_proxy: number;
  max_sites: number;
  max_staging_sites: number;
  monthly_requests: number;
  hourly_requests: number;
  monthly_price_cents: number;
  yearly_price_cents: number;
  currency: string;
  features: string;
  position: number;
  created_at: number;
  updated_at: number;
  quotas: string | null;
  allowed_models: string | null;
  max_input_tokens: number | null;
  max_output_tokens: number | null;
  own_keys_use_quota: number;
};

type ProductTable = ShopProductColumns & {
  id: string;
  code: string;
  name: string;
  created_at: number;
  updated_at: number;
};

type ProductMappingTable = {
  id: string;
  provider: string;
  external_id: string;
  plan_id: string | null;
  product_id: string | null;
  months: number | null;
  created_at: number;
  updated_at: number;
};

type CustomerTable = AccessCustomerColumns & {
  id: string;
  email: string;
  email_key: string;
  name: string;
  company: string | null;
  locale: string;
  created_at: number;
  updated_at: number;
};

type LicenseTable = SellingLicenseColumns & AccessLicenseColumns & ShopLicenseColumns & {
  id: string;
  key_digest: Uint8Array;
  key_cipher: Uint8Array;
  key_id: string;
  key_hint: string;
  customer_id: string;
  plan_id: string;
  product_id: string;
  status: string;
  expires_at: number | null;
  confirmed_at: number | null;
  suspended_at: number | null;
  suspended_reason: string | null;
  cancelled_at: number | null;
  cancelled_reason: string | null;
  revoked_at: number | null;
  revoked_reason: string | null;
  max_sites: number | null;
  max_version: string | null;
  domain_lock: string | null;
  created_at: number;
  updated_at: number;
  quotas: string | null;
};

type LicenseTermTable = {
  id: string;
  license_id: string;
  provider: string;
  account: string;
  transaction_id: string;
  order_line_id: string | null;
  subscription_id: string | null;
  months: number | null;
  period_ends_at: number | null;
  paid_at: number;
  amount_minor: number;
  currency: string | null;
  voided_at: number | null;
  void_reason: string | null;
  created_at: number;
};

type ActivationTable = {
  id: string;
  license_id: string;
  kind: string;
  slot: number;
  /** Null: it is a device. */
  site: string | null;
  fingerprint: string | null;
  name: string | null;
  name_key: string | null;
  platform: string | null;
  version: string | null;
  created_at: number;
  last_seen_at: number;
  secret_digest: Uint8Array | null;
  is_staging: GeneratedAlways<number>;
};

type OrderTable = {
  id: string;
  provider: string;
  account: string;
  external_id: string;
  number: string;
  customer_id: string | null;
  status: string;
  currency: string;
  total_minor: number;
  refunded_minor: number;
  subscription_id: string | null;
  is_renewal: number;
  paid_at: number | null;
  snapshot_at: number;
  revision: number;
  created_at: number;
  updated_at: number;
};

type OrderLineTable = {
  id: string;
  order_id: string;
  external_id: string;
  external_product: string;
  name: string;
  quantity: number;
  amount_minor: number;
  plan_id: string | null;
  months: number | null;
  period_ends_at: number | null;
  state: string;
  created_at: number;
  updated_at: number;
};

type OrderUnitTable = {
  id: string;
  order_line_id: string;
  unit: number;
  license_id: string;
  created_at: number;
};

type AdjustmentTable = {
  id: string;
  provider: string;
  account: string;
  external_id: string;
  order_external_id: string;
  action: string;
  status: string;
  is_full: number;
  items: string;
  amount_minor: number;
  currency: string;
  occurred_at: number;
  created_at: number;
  updated_at: number;
};

type SubscriptionTable = SellingSubscriptionColumns & {
  id: string;
  provider: string;
  account: string;
  external_id: string;
  status: string;
  order_external_id: string | null;
  trial_ends_at: number | null;
  snapshot_at: number;
  created_at: number;
  updated_at: number;
};

type ProviderCustomerTable = {
  id: string;
  provider: string;
  account: string;
  external_id: string;
  email: string;
  name: string;
  locale: string;
  snapshot_at: number;
  created_at: number;
  updated_at: number;
  customer_id: string | null;
};

type InboxTable = {
  id: string;
  provider: string;
  account: string;
  event_id: string;
  topic: string;
  body: Uint8Array;
  status: string;
  reason: string | null;
  reason_codes: string | null;
  deliveries: number;
  occurred_at: number | null;
  received_at: number;
  handled_at: number | null;
};

type JobTable = {
  id: string;
  kind: string;
  lane: string;
  payload: string;
  dedupe_key: string | null;
  status: string;
  run_at: number;
  attempts: number;
  max_attempts: number;
  waiting_for: string | null;
  locked_by: string | null;
  locked_until: number | null;
  last_error: string | null;
  created_at: number;
  updated_at: number;
};

type EmailTable = {
  id: string;
  cause: string;
  template: string;
  recipient: string;
  locale: string;
  data: string;
  license_id: string | null;
  order_id: string | null;
  message_id: string;
  status: string;
  attempts: number;
  last_error: string | null;
  created_at: number;
  sent_at: number | null;
};

type UsageRecordTable = {
  id: string;
  license_id: string;
  site: string | null;
  endpoint: string;
  provider: string;
  model: string;
  status: string;
  charged_requests: number;
  input_tokens: number;
  cached_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
  cost_microcents: number;
  price_version: string | null;
  is_exact: number;
  is_stream: number;
  first_byte_ms: number | null;
  total_ms: number | null;
  provider_request_id: string | null;
  error_code: string | null;
  month_start: number;
  hour_start: number;
  expires_at: number;
  created_at: number;
  settled_at: number | null;
  visitor: string | null;
  asked_model: string | null;
  key_source: string;
  service_tier: string | null;
  cache_write_tokens: number;
  characters: number;
  audio_ms: number;
  charged_tokens: number;
  charged_cost_microcents: number;
  day_start: number;
  is_cached: number;
};

type AuditLogTable = AuditLogColumns & {
  id: string;
  at: number;
  actor: string;
  action: string;
  entity: string;
  entity_id: string;
  before_json: string | null;
  after_json: string | null;
  reason: string | null;
  request_id: string | null;
};

type LoginAttemptTable = {
  id: Uint8Array;
  failures: number;
  locked_until: number;
  updated_at: number;
};

type ApiTokenTable = ApiTokenColumns & {
  id: string;
  name: string;
  token_digest: Uint8Array;
  scopes: string;
  created_at: number;
  last_used_at: number | null;
  revoked_at: number | null;
};

type IdempotencyKeyTable = {
  scope: string;
  idempotency_key: string;
  request_digest: Uint8Array;
  status: number;
  key_id: string;
  response_cipher: Uint8Array;
  created_at: number;
};

type SchemaMigrationTable = {
  number: number;
  name: string;
  applied_at: number;
};

export type Schema = AccessSchema & AiSchema & ApiSchema & FiguresSchema & ImportSchema & PeopleSchema & SellingSchema & SelfServiceSchema & ShopSchema & {
  schema_migrations: SchemaMigrationTable;
  secrets: SecretTable;
  plans: PlanTable;
  products: ProductTable;
  product_mappings: ProductMappingTable;
  customers: CustomerTable;
  licenses: LicenseTable;
  license_terms: LicenseTermTable;
  activations: ActivationTable;
  orders: OrderTable;
  order_lines: OrderLineTable;
  order_units: OrderUnitTable;
  adjustments: AdjustmentTable;
  subscriptions: SubscriptionTable;
  provider_customers: ProviderCustomerTable;
  inbox: InboxTable;
  jobs: JobTable;
  emails: EmailTable;
  usage_records: UsageRecordTable;
  audit_log: AuditLogTable;
  login_attempts: LoginAttemptTable;
  api_tokens: ApiTokenTable;
  idempotency_keys: IdempotencyKeyTable;
};
