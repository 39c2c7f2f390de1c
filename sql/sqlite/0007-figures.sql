-- Counts and sums that the dashboard shows, kept up by a job (server/figures). scope_id: 'all' or the organisation whose subtree is counted. bucket: a day (its first moment) or 0.
CREATE TABLE IF NOT EXISTS figures (
  scope_id TEXT NOT NULL,
  name TEXT NOT NULL,
  bucket INTEGER NOT NULL,
  label TEXT NOT NULL,
  detail TEXT NOT NULL,
  amount INTEGER NOT NULL,
  PRIMARY KEY (scope_id, name, bucket, label, detail)
) STRICT;

-- What of each customer, licence and order is in the figures: a change counts as the difference to it. next_at: when it changes by itself (a licence runs out).
CREATE TABLE IF NOT EXISTS figure_sources (
  kind TEXT NOT NULL,
  entity_id TEXT NOT NULL,
  facts TEXT NOT NULL,
  next_at INTEGER,
  PRIMARY KEY (kind, entity_id)
) STRICT;
CREATE INDEX IF NOT EXISTS figure_sources_next ON figure_sources (kind, next_at);

-- How far the job has come. The row 'lock' makes those who count follow each other.
CREATE TABLE IF NOT EXISTS figure_cursors (
  name TEXT NOT NULL PRIMARY KEY,
  position INTEGER NOT NULL,
  entity_id TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

-- Words of names, companies and e-mail addresses, without case and accents, for the search box.
CREATE TABLE IF NOT EXISTS customer_words (
  scope_id TEXT NOT NULL,
  word TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  PRIMARY KEY (scope_id, word, customer_id)
) STRICT;

-- The ledger of AI requests, added up. Cost is in micro-cents of a US dollar.
CREATE TABLE IF NOT EXISTS usage_days (
  scope_id TEXT NOT NULL,
  day INTEGER NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  plan_id TEXT NOT NULL,
  key_source TEXT NOT NULL,
  calls INTEGER NOT NULL,
  failed_calls INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cost_microcents INTEGER NOT NULL,
  PRIMARY KEY (scope_id, day, provider, model, plan_id, key_source)
) STRICT;

CREATE TABLE IF NOT EXISTS usage_hours (
  scope_id TEXT NOT NULL,
  hour INTEGER NOT NULL,
  provider TEXT NOT NULL,
  calls INTEGER NOT NULL,
  failed_calls INTEGER NOT NULL,
  PRIMARY KEY (scope_id, hour, provider)
) STRICT;

-- kind: 'license' or 'customer'.
CREATE TABLE IF NOT EXISTS usage_months (
  scope_id TEXT NOT NULL,
  month INTEGER NOT NULL,
  kind TEXT NOT NULL,
  entity_id TEXT NOT NULL,
  calls INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  cost_microcents INTEGER NOT NULL,
  PRIMARY KEY (scope_id, month, kind, entity_id)
) STRICT;
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
