-- Counts and sums that the dashboard shows, kept up by a job (server/figures). scope_id: 'all' or the organisation whose subtree is counted. bucket: a day (its first moment) or 0.
CREATE TABLE IF NOT EXISTS figures (
  scope_id VARCHAR(36) NOT NULL,
  name VARCHAR(40) NOT NULL,
  bucket BIGINT NOT NULL,
  label VARCHAR(40) NOT NULL,
  detail VARCHAR(36) NOT NULL,
  amount BIGINT NOT NULL,
  PRIMARY KEY (scope_id, name, bucket, label, detail)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- What of each customer, licence and order is in the figures: a change counts as the difference to it. next_at: when it changes by itself (a licence runs out).
CREATE TABLE IF NOT EXISTS figure_sources (
  kind VARCHAR(16) NOT NULL,
  entity_id VARCHAR(36) NOT NULL,
  facts LONGTEXT NOT NULL,
  next_at BIGINT,
  PRIMARY KEY (kind, entity_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS figure_sources_next ON figure_sources (kind, next_at);

-- How far the job has come. The row 'lock' makes those who count follow each other.
CREATE TABLE IF NOT EXISTS figure_cursors (
  name VARCHAR(40) NOT NULL PRIMARY KEY,
  position BIGINT NOT NULL,
  entity_id VARCHAR(36) NOT NULL,
  updated_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Words of names, companies and e-mail addresses, without case and accents, for the search box.
CREATE TABLE IF NOT EXISTS customer_words (
  scope_id VARCHAR(36) NOT NULL,
  word VARCHAR(64) NOT NULL,
  customer_id VARCHAR(36) NOT NULL,
  PRIMARY KEY (scope_id, word, customer_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- The ledger of AI requests, added up. Cost is in micro-cents of a US dollar.
CREATE TABLE IF NOT EXISTS usage_days (
  scope_id VARCHAR(36) NOT NULL,
  day BIGINT NOT NULL,
  provider VARCHAR(64) NOT NULL,
  model VARCHAR(120) NOT NULL,
  plan_id VARCHAR(36) NOT NULL,
  key_source VARCHAR(16) NOT NULL,
  calls BIGINT NOT NULL,
  failed_calls BIGINT NOT NULL,
  requests BIGINT NOT NULL,
  input_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  cost_microcents BIGINT NOT NULL,
  PRIMARY KEY (scope_id, day, provider, model, plan_id, key_source)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS usage_hours (
  scope_id VARCHAR(36) NOT NULL,
  hour BIGINT NOT NULL,
  provider VARCHAR(64) NOT NULL,
  calls BIGINT NOT NULL,
  failed_calls BIGINT NOT NULL,
  PRIMARY KEY (scope_id, hour, provider)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- kind: 'license' or 'customer'.
CREATE TABLE IF NOT EXISTS usage_months (
  scope_id VARCHAR(36) NOT NULL,
  month BIGINT NOT NULL,
  kind VARCHAR(16) NOT NULL,
  entity_id VARCHAR(36) NOT NULL,
  calls BIGINT NOT NULL,
  requests BIGINT NOT NULL,
  tokens BIGINT NOT NULL,
  cost_microcents BIGINT NOT NULL,
  PRIMARY KEY (scope_id, month, kind, entity_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS usage_months_calls ON usage_months (scope_id, month, kind, calls, entity_id);
CREATE INDEX IF NOT EXISTS usage_months_cost ON usage_months (scope_id, month, kind, cost_microcents, entity_id);

-- What has changed since the job looked last.
CREATE INDEX IF NOT EXISTS customers_updated ON customers (updated_at, id);
CREATE INDEX IF NOT EXISTS licenses_updated ON licenses (updated_at, id);
CREATE INDEX IF NOT EXISTS orders_updated ON orders (updated_at, id);
CREATE INDEX IF NOT EXISTS orders_number ON orders (number);
-- Who has run out, and who runs out next: grace_ms is there so that both databases need nothing but the index.
CREATE INDEX IF NOT EXISTS licenses_status_expires ON licenses (status, expires_at, id, grace_ms);
CREATE INDEX IF NOT EXISTS licenses_plan_expires ON licenses (plan_id, status, expires_at, id, grace_ms);
CREATE INDEX IF NOT EXISTS licenses_organization_expires ON licenses (organization_id, status, expires_at, id, grace_ms);
