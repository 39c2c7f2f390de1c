-- Keys that the program made for itself, wrapped by ENCRYPTION_KEYS.
CREATE TABLE IF NOT EXISTS secrets (
  name TEXT NOT NULL PRIMARY KEY,
  key_id TEXT NOT NULL,
  cipher BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS plans (
  id TEXT NOT NULL PRIMARY KEY,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  ai_proxy INTEGER NOT NULL,
  max_sites INTEGER NOT NULL,
  max_staging_sites INTEGER NOT NULL,
  monthly_requests INTEGER NOT NULL,
  hourly_requests INTEGER NOT NULL,
  monthly_price_cents INTEGER NOT NULL,
  yearly_price_cents INTEGER NOT NULL,
  currency TEXT NOT NULL,
  features TEXT NOT NULL,
  position INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (code)
) STRICT;

CREATE TABLE IF NOT EXISTS products (
  id TEXT NOT NULL PRIMARY KEY,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (code)
) STRICT;

-- What a shop sells -> what we issue. plan_id NULL: sold by the shop, but no licence (a mug). months NULL: perpetual.
CREATE TABLE IF NOT EXISTS product_mappings (
  id TEXT NOT NULL PRIMARY KEY,
  provider TEXT NOT NULL,
  external_id TEXT NOT NULL,
  plan_id TEXT,
  product_id TEXT,
  months INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (provider, external_id),
  FOREIGN KEY (plan_id) REFERENCES plans (id),
  FOREIGN KEY (product_id) REFERENCES products (id)
) STRICT;

CREATE TABLE IF NOT EXISTS customers (
  id TEXT NOT NULL PRIMARY KEY,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL,
  name TEXT NOT NULL,
  company TEXT,
  locale TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (email_key)
) STRICT;
CREATE INDEX IF NOT EXISTS customers_created ON customers (created_at, id);

-- status holds what follows from the columns below it (license-status.rules.ts); expiry is judged at read time.
CREATE TABLE IF NOT EXISTS licenses (
  id TEXT NOT NULL PRIMARY KEY,
  key_digest BLOB NOT NULL,
  key_cipher BLOB NOT NULL,
  key_id TEXT NOT NULL,
  key_hint TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  plan_id TEXT NOT NULL,
  product_id TEXT NOT NULL,
  status TEXT NOT NULL,
  expires_at INTEGER,
  confirmed_at INTEGER,
  suspended_at INTEGER,
  suspended_reason TEXT,
  cancelled_at INTEGER,
  cancelled_reason TEXT,
  revoked_at INTEGER,
  revoked_reason TEXT,
  max_sites INTEGER,
  max_version TEXT,
  domain_lock TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (key_digest),
  FOREIGN KEY (customer_id) REFERENCES customers (id),
  FOREIGN KEY (plan_id) REFERENCES plans (id),
  FOREIGN KEY (product_id) REFERENCES products (id)
) STRICT;
CREATE INDEX IF NOT EXISTS licenses_customer ON licenses (customer_id);
CREATE INDEX IF NOT EXISTS licenses_created ON licenses (created_at, id);
CREATE INDEX IF NOT EXISTS licenses_status ON licenses (status, expires_at);
CREATE INDEX IF NOT EXISTS licenses_status_created ON licenses (status, created_at, id, expires_at);
CREATE INDEX IF NOT EXISTS licenses_plan_created ON licenses (plan_id, created_at, id, status, expires_at);
CREATE INDEX IF NOT EXISTS licenses_hint ON licenses (key_hint);

-- Each paid (or granted) stretch of a licence. expires_at of the licence is a fold over the terms that are not voided.
CREATE TABLE IF NOT EXISTS license_terms (
  id TEXT NOT NULL PRIMARY KEY,
  license_id TEXT NOT NULL,
  provider TEXT NOT NULL,
  account TEXT NOT NULL,
  transaction_id TEXT NOT NULL,
  order_line_id TEXT,
  subscription_id TEXT,
  months INTEGER,
  period_ends_at INTEGER,
  paid_at INTEGER NOT NULL,
  amount_minor INTEGER NOT NULL,
  currency TEXT,
  voided_at INTEGER,
  void_reason TEXT,
  created_at INTEGER NOT NULL,
  UNIQUE (license_id, provider, account, transaction_id),
  FOREIGN KEY (license_id) REFERENCES licenses (id)
) STRICT;
CREATE INDEX IF NOT EXISTS license_terms_subscription ON license_terms (provider, account, subscription_id);

-- A site that uses a licence. The unique slot is what enforces the limit.
CREATE TABLE IF NOT EXISTS activations (
  id TEXT NOT NULL PRIMARY KEY,
  license_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  slot INTEGER NOT NULL,
  site TEXT NOT NULL,
  version TEXT,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  UNIQUE (license_id, site),
  UNIQUE (license_id, kind, slot),
  FOREIGN KEY (license_id) REFERENCES licenses (id)
) STRICT;
CREATE INDEX IF NOT EXISTS activations_site ON activations (site);

CREATE TABLE IF NOT EXISTS orders (
  id TEXT NOT NULL PRIMARY KEY,
  provider TEXT NOT NULL,
  account TEXT NOT NULL,
  external_id TEXT NOT NULL,
  number TEXT NOT NULL,
  customer_id TEXT,
  status TEXT NOT NULL,
  currency TEXT NOT NULL,
  total_minor INTEGER NOT NULL,
  refunded_minor INTEGER NOT NULL,
  subscription_id TEXT,
  is_renewal INTEGER NOT NULL,
  paid_at INTEGER,
  snapshot_at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (provider, account, external_id),
  FOREIGN KEY (customer_id) REFERENCES customers (id)
) STRICT;
CREATE INDEX IF NOT EXISTS orders_customer ON orders (customer_id);
CREATE INDEX IF NOT EXISTS orders_created ON orders (created_at, id);

CREATE TABLE IF NOT EXISTS order_lines (
  id TEXT NOT NULL PRIMARY KEY,
  order_id TEXT NOT NULL,
  external_id TEXT NOT NULL,
  external_product TEXT NOT NULL,
  name TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  amount_minor INTEGER NOT NULL,
  plan_id TEXT,
  months INTEGER,
  period_ends_at INTEGER,
  state TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (order_id, external_id),
  FOREIGN KEY (order_id) REFERENCES orders (id),
  FOREIGN KEY (plan_id) REFERENCES plans (id)
) STRICT;

-- One licence for each unit of a line, once and for all.
CREATE TABLE IF NOT EXISTS order_units (
  id TEXT NOT NULL PRIMARY KEY,
  order_line_id TEXT NOT NULL,
  unit INTEGER NOT NULL,
  license_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (order_line_id, unit),
  FOREIGN KEY (order_line_id) REFERENCES order_lines (id),
  FOREIGN KEY (license_id) REFERENCES licenses (id)
) STRICT;
CREATE INDEX IF NOT EXISTS order_units_license ON order_units (license_id);

-- Refunds and chargebacks, kept whether or not their order has arrived yet.
CREATE TABLE IF NOT EXISTS adjustments (
  id TEXT NOT NULL PRIMARY KEY,
  provider TEXT NOT NULL,
  account TEXT NOT NULL,
  external_id TEXT NOT NULL,
  order_external_id TEXT NOT NULL,
  action TEXT NOT NULL,
  status TEXT NOT NULL,
  is_full INTEGER NOT NULL,
  items TEXT NOT NULL,
  amount_minor INTEGER NOT NULL,
  currency TEXT NOT NULL,
  occurred_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (provider, account, external_id)
) STRICT;
CREATE INDEX IF NOT EXISTS adjustments_order ON adjustments (provider, account, order_external_id);

CREATE TABLE IF NOT EXISTS subscriptions (
  id TEXT NOT NULL PRIMARY KEY,
  provider TEXT NOT NULL,
  account TEXT NOT NULL,
  external_id TEXT NOT NULL,
  status TEXT NOT NULL,
  order_external_id TEXT,
  snapshot_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (provider, account, external_id)
) STRICT;
CREATE INDEX IF NOT EXISTS subscriptions_order ON subscriptions (provider, account, order_external_id);

-- A provider's own customer id -> the address it sends separately (Paddle).
CREATE TABLE IF NOT EXISTS provider_customers (
  id TEXT NOT NULL PRIMARY KEY,
  provider TEXT NOT NULL,
  account TEXT NOT NULL,
  external_id TEXT NOT NULL,
  email TEXT NOT NULL,
  name TEXT NOT NULL,
  locale TEXT NOT NULL,
  snapshot_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (provider, account, external_id)
) STRICT;

-- Every authentic webhook delivery, as it came.
CREATE TABLE IF NOT EXISTS inbox (
  id TEXT NOT NULL PRIMARY KEY,
  provider TEXT NOT NULL,
  account TEXT NOT NULL,
  event_id TEXT NOT NULL,
  topic TEXT NOT NULL,
  body BLOB NOT NULL,
  status TEXT NOT NULL,
  reason TEXT,
  deliveries INTEGER NOT NULL,
  occurred_at INTEGER,
  received_at INTEGER NOT NULL,
  handled_at INTEGER,
  UNIQUE (provider, account, event_id)
) STRICT;
CREATE INDEX IF NOT EXISTS inbox_status ON inbox (status, received_at);
CREATE INDEX IF NOT EXISTS inbox_received ON inbox (received_at, id);

CREATE TABLE IF NOT EXISTS jobs (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  dedupe_key TEXT,
  status TEXT NOT NULL,
  run_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  max_attempts INTEGER NOT NULL,
  waiting_for TEXT,
  locked_by TEXT,
  locked_until INTEGER,
  last_error TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (dedupe_key)
) STRICT;
CREATE INDEX IF NOT EXISTS jobs_due ON jobs (status, run_at);
CREATE INDEX IF NOT EXISTS jobs_waiting ON jobs (waiting_for);

-- The outbox. The text is made when it is sent, so that no licence key rests here.
CREATE TABLE IF NOT EXISTS emails (
  id TEXT NOT NULL PRIMARY KEY,
  cause TEXT NOT NULL,
  template TEXT NOT NULL,
  recipient TEXT NOT NULL,
  locale TEXT NOT NULL,
  data TEXT NOT NULL,
  license_id TEXT,
  order_id TEXT,
  message_id TEXT NOT NULL,
  status TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  last_error TEXT,
  created_at INTEGER NOT NULL,
  sent_at INTEGER,
  UNIQUE (cause)
) STRICT;
CREATE INDEX IF NOT EXISTS emails_created ON emails (created_at, id);

-- Requests charged in the running month and hour; changed only by guarded updates.
CREATE TABLE IF NOT EXISTS usage_counters (
  license_id TEXT NOT NULL PRIMARY KEY,
  month_start INTEGER NOT NULL,
  month_requests INTEGER NOT NULL,
  hour_start INTEGER NOT NULL,
  hour_requests INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

-- The ledger: one row per AI request, 'reserved' until it is settled.
CREATE TABLE IF NOT EXISTS usage_records (
  id TEXT NOT NULL PRIMARY KEY,
  license_id TEXT NOT NULL,
  site TEXT,
  endpoint TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  status TEXT NOT NULL,
  charged_requests INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  cached_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  reasoning_tokens INTEGER NOT NULL,
  cost_microcents INTEGER NOT NULL,
  price_version TEXT,
  is_exact INTEGER NOT NULL,
  is_stream INTEGER NOT NULL,
  first_byte_ms INTEGER,
  total_ms INTEGER,
  provider_request_id TEXT,
  error_code TEXT,
  month_start INTEGER NOT NULL,
  hour_start INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  settled_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS usage_records_license ON usage_records (license_id, created_at);
CREATE INDEX IF NOT EXISTS usage_records_created ON usage_records (created_at);
CREATE INDEX IF NOT EXISTS usage_records_stale ON usage_records (status, expires_at);

CREATE TABLE IF NOT EXISTS audit_log (
  id TEXT NOT NULL PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  entity TEXT NOT NULL,
  entity_id TEXT NOT NULL,
  before_json TEXT,
  after_json TEXT,
  reason TEXT,
  request_id TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS audit_log_at ON audit_log (at, id);
CREATE INDEX IF NOT EXISTS audit_log_entity ON audit_log (entity, entity_id, at, id);
CREATE INDEX IF NOT EXISTS audit_log_entity_at ON audit_log (entity, at, id);
CREATE INDEX IF NOT EXISTS audit_log_actor ON audit_log (actor, at, id);

CREATE TABLE IF NOT EXISTS admins (
  id TEXT NOT NULL PRIMARY KEY,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL,
  name TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  must_change_password INTEGER NOT NULL,
  disabled_at INTEGER,
  last_login_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (email_key)
) STRICT;

-- id is the SHA-256 of the cookie's token.
CREATE TABLE IF NOT EXISTS sessions (
  id BLOB NOT NULL PRIMARY KEY,
  admin_id TEXT NOT NULL,
  csrf_token TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ip TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  FOREIGN KEY (admin_id) REFERENCES admins (id)
) STRICT;
CREATE INDEX IF NOT EXISTS sessions_admin ON sessions (admin_id);

-- Failures by account and address; id is a digest of both.
CREATE TABLE IF NOT EXISTS login_attempts (
  id BLOB NOT NULL PRIMARY KEY,
  failures INTEGER NOT NULL,
  locked_until INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS api_tokens (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  token_digest BLOB NOT NULL,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER,
  revoked_at INTEGER,
  UNIQUE (token_digest)
) STRICT;

-- The first answer to a write, given again to its repetitions.
CREATE TABLE IF NOT EXISTS idempotency_keys (
  scope TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  request_digest BLOB NOT NULL,
  status INTEGER NOT NULL,
  key_id TEXT NOT NULL,
  response_cipher BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (scope, idempotency_key)
) STRICT;
