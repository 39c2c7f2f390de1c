-- Keys that the program made for itself, wrapped by ENCRYPTION_KEYS.
CREATE TABLE IF NOT EXISTS secrets (
  name VARCHAR(64) NOT NULL PRIMARY KEY,
  key_id VARCHAR(32) NOT NULL,
  cipher VARBINARY(512) NOT NULL,
  created_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS plans (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  code VARCHAR(64) NOT NULL,
  name VARCHAR(120) NOT NULL,
  ai_proxy TINYINT NOT NULL,
  max_sites BIGINT NOT NULL,
  max_staging_sites BIGINT NOT NULL,
  monthly_requests BIGINT NOT NULL,
  hourly_requests BIGINT NOT NULL,
  monthly_price_cents BIGINT NOT NULL,
  yearly_price_cents BIGINT NOT NULL,
  currency VARCHAR(3) NOT NULL,
  features TEXT NOT NULL,
  position BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (code)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS products (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  code VARCHAR(64) NOT NULL,
  name VARCHAR(120) NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (code)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- What a shop sells -> what we issue. plan_id NULL: sold by the shop, but no licence (a mug). months NULL: perpetual.
CREATE TABLE IF NOT EXISTS product_mappings (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  provider VARCHAR(32) NOT NULL,
  external_id VARCHAR(190) NOT NULL,
  plan_id VARCHAR(36),
  product_id VARCHAR(36),
  months BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (provider, external_id),
  FOREIGN KEY (plan_id) REFERENCES plans (id),
  FOREIGN KEY (product_id) REFERENCES products (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS customers (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  email VARCHAR(320) NOT NULL,
  email_key VARCHAR(320) NOT NULL,
  name VARCHAR(200) NOT NULL,
  company VARCHAR(200),
  locale VARCHAR(10) NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (email_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS customers_created ON customers (created_at, id);

-- status holds what follows from the columns below it (license-status.rules.ts); expiry is judged at read time.
CREATE TABLE IF NOT EXISTS licenses (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  key_digest VARBINARY(32) NOT NULL,
  key_cipher VARBINARY(255) NOT NULL,
  key_id VARCHAR(32) NOT NULL,
  key_hint VARCHAR(8) NOT NULL,
  customer_id VARCHAR(36) NOT NULL,
  plan_id VARCHAR(36) NOT NULL,
  product_id VARCHAR(36) NOT NULL,
  status VARCHAR(16) NOT NULL,
  expires_at BIGINT,
  confirmed_at BIGINT,
  suspended_at BIGINT,
  suspended_reason VARCHAR(255),
  cancelled_at BIGINT,
  cancelled_reason VARCHAR(255),
  revoked_at BIGINT,
  revoked_reason VARCHAR(255),
  max_sites BIGINT,
  max_version VARCHAR(32),
  domain_lock VARCHAR(255),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (key_digest),
  FOREIGN KEY (customer_id) REFERENCES customers (id),
  FOREIGN KEY (plan_id) REFERENCES plans (id),
  FOREIGN KEY (product_id) REFERENCES products (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS licenses_customer ON licenses (customer_id);
CREATE INDEX IF NOT EXISTS licenses_created ON licenses (created_at, id);
CREATE INDEX IF NOT EXISTS licenses_status ON licenses (status, expires_at);
CREATE INDEX IF NOT EXISTS licenses_status_created ON licenses (status, created_at, id, expires_at);
CREATE INDEX IF NOT EXISTS licenses_plan_created ON licenses (plan_id, created_at, id, status, expires_at);
CREATE INDEX IF NOT EXISTS licenses_hint ON licenses (key_hint);

-- Each paid (or granted) stretch of a licence. expires_at of the licence is a fold over the terms that are not voided.
CREATE TABLE IF NOT EXISTS license_terms (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  license_id VARCHAR(36) NOT NULL,
  provider VARCHAR(32) NOT NULL,
  account VARCHAR(64) NOT NULL,
  transaction_id VARCHAR(190) NOT NULL,
  order_line_id VARCHAR(36),
  subscription_id VARCHAR(190),
  months BIGINT,
  period_ends_at BIGINT,
  paid_at BIGINT NOT NULL,
  amount_minor BIGINT NOT NULL,
  currency VARCHAR(3),
  voided_at BIGINT,
  void_reason VARCHAR(255),
  created_at BIGINT NOT NULL,
  UNIQUE (license_id, provider, account, transaction_id),
  FOREIGN KEY (license_id) REFERENCES licenses (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS license_terms_subscription ON license_terms (provider, account, subscription_id);

-- A site that uses a licence. The unique slot is what enforces the limit.
CREATE TABLE IF NOT EXISTS activations (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  license_id VARCHAR(36) NOT NULL,
  kind VARCHAR(16) NOT NULL,
  slot BIGINT NOT NULL,
  site VARCHAR(255) NOT NULL,
  version VARCHAR(32),
  created_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  UNIQUE (license_id, site),
  UNIQUE (license_id, kind, slot),
  FOREIGN KEY (license_id) REFERENCES licenses (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS activations_site ON activations (site);

CREATE TABLE IF NOT EXISTS orders (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  provider VARCHAR(32) NOT NULL,
  account VARCHAR(64) NOT NULL,
  external_id VARCHAR(190) NOT NULL,
  number VARCHAR(64) NOT NULL,
  customer_id VARCHAR(36),
  status VARCHAR(32) NOT NULL,
  currency VARCHAR(3) NOT NULL,
  total_minor BIGINT NOT NULL,
  refunded_minor BIGINT NOT NULL,
  subscription_id VARCHAR(190),
  is_renewal TINYINT NOT NULL,
  paid_at BIGINT,
  snapshot_at BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (provider, account, external_id),
  FOREIGN KEY (customer_id) REFERENCES customers (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS orders_customer ON orders (customer_id);
CREATE INDEX IF NOT EXISTS orders_created ON orders (created_at, id);

CREATE TABLE IF NOT EXISTS order_lines (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  order_id VARCHAR(36) NOT NULL,
  external_id VARCHAR(190) NOT NULL,
  external_product VARCHAR(190) NOT NULL,
  name VARCHAR(255) NOT NULL,
  quantity BIGINT NOT NULL,
  amount_minor BIGINT NOT NULL,
  plan_id VARCHAR(36),
  months BIGINT,
  period_ends_at BIGINT,
  state VARCHAR(16) NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (order_id, external_id),
  FOREIGN KEY (order_id) REFERENCES orders (id),
  FOREIGN KEY (plan_id) REFERENCES plans (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- One licence for each unit of a line, once and for all.
CREATE TABLE IF NOT EXISTS order_units (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  order_line_id VARCHAR(36) NOT NULL,
  unit BIGINT NOT NULL,
  license_id VARCHAR(36) NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (order_line_id, unit),
  FOREIGN KEY (order_line_id) REFERENCES order_lines (id),
  FOREIGN KEY (license_id) REFERENCES licenses (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS order_units_license ON order_units (license_id);

-- Refunds and chargebacks, kept whether or not their order has arrived yet.
CREATE TABLE IF NOT EXISTS adjustments (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  provider VARCHAR(32) NOT NULL,
  account VARCHAR(64) NOT NULL,
  external_id VARCHAR(190) NOT NULL,
  order_external_id VARCHAR(190) NOT NULL,
  action VARCHAR(32) NOT NULL,
  status VARCHAR(32) NOT NULL,
  is_full TINYINT NOT NULL,
  items TEXT NOT NULL,
  amount_minor BIGINT NOT NULL,
  currency VARCHAR(3) NOT NULL,
  occurred_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (provider, account, external_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS adjustments_order ON adjustments (provider, account, order_external_id);

CREATE TABLE IF NOT EXISTS subscriptions (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  provider VARCHAR(32) NOT NULL,
  account VARCHAR(64) NOT NULL,
  external_id VARCHAR(190) NOT NULL,
  status VARCHAR(32) NOT NULL,
  order_external_id VARCHAR(190),
  snapshot_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (provider, account, external_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS subscriptions_order ON subscriptions (provider, account, order_external_id);

-- A provider's own customer id -> the address it sends separately (Paddle).
CREATE TABLE IF NOT EXISTS provider_customers (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  provider VARCHAR(32) NOT NULL,
  account VARCHAR(64) NOT NULL,
  external_id VARCHAR(190) NOT NULL,
  email VARCHAR(320) NOT NULL,
  name VARCHAR(200) NOT NULL,
  locale VARCHAR(10) NOT NULL,
  snapshot_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (provider, account, external_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Every authentic webhook delivery, as it came.
CREATE TABLE IF NOT EXISTS inbox (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  provider VARCHAR(32) NOT NULL,
  account VARCHAR(64) NOT NULL,
  event_id VARCHAR(190) NOT NULL,
  topic VARCHAR(120) NOT NULL,
  body LONGBLOB NOT NULL,
  status VARCHAR(16) NOT NULL,
  reason TEXT,
  deliveries BIGINT NOT NULL,
  occurred_at BIGINT,
  received_at BIGINT NOT NULL,
  handled_at BIGINT,
  UNIQUE (provider, account, event_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS inbox_status ON inbox (status, received_at);
CREATE INDEX IF NOT EXISTS inbox_received ON inbox (received_at, id);

CREATE TABLE IF NOT EXISTS jobs (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  kind VARCHAR(64) NOT NULL,
  payload TEXT NOT NULL,
  dedupe_key VARCHAR(190),
  status VARCHAR(16) NOT NULL,
  run_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  max_attempts BIGINT NOT NULL,
  waiting_for VARCHAR(255),
  locked_by VARCHAR(64),
  locked_until BIGINT,
  last_error TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (dedupe_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS jobs_due ON jobs (status, run_at);
CREATE INDEX IF NOT EXISTS jobs_waiting ON jobs (waiting_for);

-- The outbox. The text is made when it is sent, so that no licence key rests here.
CREATE TABLE IF NOT EXISTS emails (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  cause VARCHAR(255) NOT NULL,
  template VARCHAR(64) NOT NULL,
  recipient VARCHAR(320) NOT NULL,
  locale VARCHAR(10) NOT NULL,
  data TEXT NOT NULL,
  license_id VARCHAR(36),
  order_id VARCHAR(36),
  message_id VARCHAR(255) NOT NULL,
  status VARCHAR(16) NOT NULL,
  attempts BIGINT NOT NULL,
  last_error TEXT,
  created_at BIGINT NOT NULL,
  sent_at BIGINT,
  UNIQUE (cause)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS emails_created ON emails (created_at, id);

-- Requests charged in the running month and hour; changed only by guarded updates.
CREATE TABLE IF NOT EXISTS usage_counters (
  license_id VARCHAR(36) NOT NULL PRIMARY KEY,
  month_start BIGINT NOT NULL,
  month_requests BIGINT NOT NULL,
  hour_start BIGINT NOT NULL,
  hour_requests BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- The ledger: one row per AI request, 'reserved' until it is settled.
CREATE TABLE IF NOT EXISTS usage_records (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  license_id VARCHAR(36) NOT NULL,
  site VARCHAR(255),
  endpoint VARCHAR(64) NOT NULL,
  provider VARCHAR(64) NOT NULL,
  model VARCHAR(120) NOT NULL,
  status VARCHAR(16) NOT NULL,
  charged_requests BIGINT NOT NULL,
  input_tokens BIGINT NOT NULL,
  cached_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  reasoning_tokens BIGINT NOT NULL,
  cost_microcents BIGINT NOT NULL,
  price_version VARCHAR(32),
  is_exact TINYINT NOT NULL,
  is_stream TINYINT NOT NULL,
  first_byte_ms BIGINT,
  total_ms BIGINT,
  provider_request_id VARCHAR(190),
  error_code VARCHAR(64),
  month_start BIGINT NOT NULL,
  hour_start BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  settled_at BIGINT
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS usage_records_license ON usage_records (license_id, created_at);
CREATE INDEX IF NOT EXISTS usage_records_created ON usage_records (created_at);
CREATE INDEX IF NOT EXISTS usage_records_stale ON usage_records (status, expires_at);

CREATE TABLE IF NOT EXISTS audit_log (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  at BIGINT NOT NULL,
  actor VARCHAR(190) NOT NULL,
  action VARCHAR(64) NOT NULL,
  entity VARCHAR(32) NOT NULL,
  entity_id VARCHAR(64) NOT NULL,
  before_json LONGTEXT,
  after_json LONGTEXT,
  reason VARCHAR(255),
  request_id VARCHAR(64)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS audit_log_at ON audit_log (at, id);
CREATE INDEX IF NOT EXISTS audit_log_entity ON audit_log (entity, entity_id, at, id);
CREATE INDEX IF NOT EXISTS audit_log_entity_at ON audit_log (entity, at, id);
CREATE INDEX IF NOT EXISTS audit_log_actor ON audit_log (actor, at, id);

CREATE TABLE IF NOT EXISTS admins (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  email VARCHAR(320) NOT NULL,
  email_key VARCHAR(320) NOT NULL,
  name VARCHAR(200) NOT NULL,
  password_hash VARCHAR(255) NOT NULL,
  must_change_password TINYINT NOT NULL,
  disabled_at BIGINT,
  last_login_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (email_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- id is the SHA-256 of the cookie's token.
CREATE TABLE IF NOT EXISTS sessions (
  id VARBINARY(32) NOT NULL PRIMARY KEY,
  admin_id VARCHAR(36) NOT NULL,
  csrf_token VARCHAR(64) NOT NULL,
  created_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ip VARCHAR(64) NOT NULL,
  user_agent VARCHAR(255) NOT NULL,
  FOREIGN KEY (admin_id) REFERENCES admins (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS sessions_admin ON sessions (admin_id);

-- Failures by account and address; id is a digest of both.
CREATE TABLE IF NOT EXISTS login_attempts (
  id VARBINARY(32) NOT NULL PRIMARY KEY,
  failures BIGINT NOT NULL,
  locked_until BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS api_tokens (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  name VARCHAR(120) NOT NULL,
  token_digest VARBINARY(32) NOT NULL,
  scopes TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT,
  revoked_at BIGINT,
  UNIQUE (token_digest)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- The first answer to a write, given again to its repetitions.
CREATE TABLE IF NOT EXISTS idempotency_keys (
  scope VARCHAR(64) NOT NULL,
  idempotency_key VARCHAR(190) NOT NULL,
  request_digest VARBINARY(32) NOT NULL,
  status BIGINT NOT NULL,
  key_id VARCHAR(32) NOT NULL,
  response_cipher LONGBLOB NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (scope, idempotency_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
