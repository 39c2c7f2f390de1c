-- Further quotas and what a plan's AI includes. NULL: no such limit. quotas: JSON, scope -> window -> unit -> amount (quota.rules.ts).
ALTER TABLE plans ADD COLUMN quotas TEXT;
-- JSON list of model names; a trailing * stands for the rest.
ALTER TABLE plans ADD COLUMN allowed_models TEXT;
ALTER TABLE plans ADD COLUMN max_input_tokens INTEGER;
ALTER TABLE plans ADD COLUMN max_output_tokens INTEGER;
ALTER TABLE plans ADD COLUMN own_keys_use_quota INTEGER NOT NULL DEFAULT 0;
-- Replaces the limits of the plan that it names.
ALTER TABLE licenses ADD COLUMN quotas TEXT;
-- HMAC of the secret that a site has got at its activation; NULL: it asked for none.
ALTER TABLE activations ADD COLUMN secret_digest BLOB;

-- charged_*: what the request takes of the quotas, while it is reserved the most that it can take. cost_*: what it cost us, in micro-cents of a US dollar.
ALTER TABLE usage_records ADD COLUMN visitor TEXT;
ALTER TABLE usage_records ADD COLUMN asked_model TEXT;
ALTER TABLE usage_records ADD COLUMN key_source TEXT NOT NULL DEFAULT 'managed';
ALTER TABLE usage_records ADD COLUMN service_tier TEXT;
ALTER TABLE usage_records ADD COLUMN cache_write_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_records ADD COLUMN characters INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_records ADD COLUMN audio_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_records ADD COLUMN charged_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_records ADD COLUMN charged_cost_microcents INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_records ADD COLUMN day_start INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_records ADD COLUMN is_cached INTEGER NOT NULL DEFAULT 0;

-- What is charged in the running windows: scope '' for the licence, 'site:…' and 'visitor:…' within it. A row that is missing is made from the ledger.
CREATE TABLE IF NOT EXISTS quota_counters (
  license_id TEXT NOT NULL,
  scope TEXT NOT NULL,
  hour_start INTEGER NOT NULL,
  hour_requests INTEGER NOT NULL,
  hour_tokens INTEGER NOT NULL,
  hour_cost INTEGER NOT NULL,
  day_start INTEGER NOT NULL,
  day_requests INTEGER NOT NULL,
  day_tokens INTEGER NOT NULL,
  day_cost INTEGER NOT NULL,
  month_start INTEGER NOT NULL,
  month_requests INTEGER NOT NULL,
  month_tokens INTEGER NOT NULL,
  month_cost INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (license_id, scope)
) STRICT;
CREATE INDEX IF NOT EXISTS quota_counters_updated ON quota_counters (updated_at);

DROP TABLE IF EXISTS usage_counters;

-- What the owner of a licence has decided on its AI. A licence without a row has the defaults.
CREATE TABLE IF NOT EXISTS license_ai_settings (
  license_id TEXT NOT NULL PRIMARY KEY,
  paused_at INTEGER,
  monthly_budget_microcents INTEGER,
  system_prompt TEXT,
  allowed_topics TEXT,
  blocked_topics TEXT,
  max_input_characters INTEGER,
  is_moderated INTEGER NOT NULL,
  cache_seconds INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  FOREIGN KEY (license_id) REFERENCES licenses (id)
) STRICT;

-- Thresholds (percent) of a month that the owner has been told of.
CREATE TABLE IF NOT EXISTS usage_alerts (
  id TEXT NOT NULL PRIMARY KEY,
  license_id TEXT NOT NULL,
  month_start INTEGER NOT NULL,
  unit TEXT NOT NULL,
  threshold INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (license_id, month_start, unit, threshold),
  FOREIGN KEY (license_id) REFERENCES licenses (id)
) STRICT;

-- AI providers set up in the dashboard; those of the environment are not stored. key_cipher NULL: the server wants no key.
CREATE TABLE IF NOT EXISTS ai_providers (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  title TEXT NOT NULL,
  kind TEXT NOT NULL,
  base_url TEXT NOT NULL,
  key_cipher BLOB,
  key_id TEXT,
  key_hint TEXT,
  default_model TEXT,
  is_enabled INTEGER NOT NULL,
  position INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (name)
) STRICT;

-- Who answers for an alias, in the order in which they are tried.
CREATE TABLE IF NOT EXISTS model_aliases (
  alias TEXT NOT NULL,
  position INTEGER NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (alias, position)
) STRICT;

-- A version is a whole table of prices and never changes; the one in force is the last that has begun.
CREATE TABLE IF NOT EXISTS price_versions (
  version TEXT NOT NULL PRIMARY KEY,
  valid_from INTEGER NOT NULL,
  note TEXT,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS price_versions_valid ON price_versions (valid_from, created_at);

-- Micro-cents of a US dollar per million tokens (or characters), per minute of audio. min_input_tokens: holds for requests with at least so many.
CREATE TABLE IF NOT EXISTS model_prices (
  id TEXT NOT NULL PRIMARY KEY,
  version TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  service_tier TEXT NOT NULL,
  min_input_tokens INTEGER NOT NULL,
  input INTEGER NOT NULL,
  cached_input INTEGER,
  cache_write INTEGER,
  output INTEGER NOT NULL,
  reasoning INTEGER,
  characters INTEGER,
  audio_minute INTEGER,
  UNIQUE (version, provider, model, service_tier, min_input_tokens),
  FOREIGN KEY (version) REFERENCES price_versions (version)
) STRICT;

-- Keys of customers' own accounts at a provider.
CREATE TABLE IF NOT EXISTS provider_keys (
  id TEXT NOT NULL PRIMARY KEY,
  license_id TEXT NOT NULL,
  provider TEXT NOT NULL,
  base_url TEXT,
  key_cipher BLOB NOT NULL,
  key_id TEXT NOT NULL,
  key_hint TEXT NOT NULL,
  tested_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (license_id, provider),
  FOREIGN KEY (license_id) REFERENCES licenses (id)
) STRICT;

-- Whole answers, sealed, for requests that come again byte for byte.
CREATE TABLE IF NOT EXISTS response_cache (
  license_id TEXT NOT NULL,
  digest BLOB NOT NULL,
  content_type TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  answer_cipher BLOB NOT NULL,
  key_id TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (license_id, digest),
  FOREIGN KEY (license_id) REFERENCES licenses (id)
) STRICT;
CREATE INDEX IF NOT EXISTS response_cache_age ON response_cache (license_id, created_at);
CREATE INDEX IF NOT EXISTS response_cache_expires ON response_cache (expires_at);

-- What a browser gets instead of the licence key. digest is that of the token, address_digest that of the address that used it first.
CREATE TABLE IF NOT EXISTS visitor_tokens (
  digest BLOB NOT NULL PRIMARY KEY,
  license_id TEXT NOT NULL,
  activation_id TEXT NOT NULL,
  site TEXT NOT NULL,
  origin TEXT NOT NULL,
  visitor TEXT NOT NULL,
  max_requests INTEGER NOT NULL,
  used_requests INTEGER NOT NULL,
  address_digest BLOB,
  system_prompt TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  FOREIGN KEY (license_id) REFERENCES licenses (id)
) STRICT;
CREATE INDEX IF NOT EXISTS visitor_tokens_expires ON visitor_tokens (expires_at);
CREATE INDEX IF NOT EXISTS visitor_tokens_made ON visitor_tokens (license_id, created_at);

-- Where the operator's systems want to be told of events, by Standard Webhooks. events: JSON list of types, * for all.
CREATE TABLE IF NOT EXISTS webhook_endpoints (
  id TEXT NOT NULL PRIMARY KEY,
  url TEXT NOT NULL,
  description TEXT,
  events TEXT NOT NULL,
  secret_cipher BLOB NOT NULL,
  key_id TEXT NOT NULL,
  disabled_at INTEGER,
  disabled_reason TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS webhook_messages (
  id TEXT NOT NULL PRIMARY KEY,
  type TEXT NOT NULL,
  cause TEXT NOT NULL,
  payload TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (type, cause)
) STRICT;
CREATE INDEX IF NOT EXISTS webhook_messages_created ON webhook_messages (created_at, id);

CREATE TABLE IF NOT EXISTS webhook_deliveries (
  id TEXT NOT NULL PRIMARY KEY,
  message_id TEXT NOT NULL,
  endpoint_id TEXT NOT NULL,
  status TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  last_status INTEGER,
  last_error TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  delivered_at INTEGER,
  UNIQUE (message_id, endpoint_id),
  FOREIGN KEY (message_id) REFERENCES webhook_messages (id),
  FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoints (id)
) STRICT;
CREATE INDEX IF NOT EXISTS webhook_deliveries_created ON webhook_deliveries (created_at, id);
CREATE INDEX IF NOT EXISTS webhook_deliveries_endpoint ON webhook_deliveries (endpoint_id, created_at);
