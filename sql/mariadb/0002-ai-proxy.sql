-- Further quotas and what a plan's AI includes. NULL: no such limit. quotas: JSON, scope -> window -> unit -> amount (quota.rules.ts).
ALTER TABLE plans ADD COLUMN IF NOT EXISTS quotas LONGTEXT;
-- JSON list of model names; a trailing * stands for the rest.
ALTER TABLE plans ADD COLUMN IF NOT EXISTS allowed_models LONGTEXT;
ALTER TABLE plans ADD COLUMN IF NOT EXISTS max_input_tokens BIGINT;
ALTER TABLE plans ADD COLUMN IF NOT EXISTS max_output_tokens BIGINT;
ALTER TABLE plans ADD COLUMN IF NOT EXISTS own_keys_use_quota TINYINT NOT NULL DEFAULT 0;
-- Replaces the limits of the plan that it names.
ALTER TABLE licenses ADD COLUMN IF NOT EXISTS quotas LONGTEXT;
-- HMAC of the secret that a site has got at its activation; NULL: it asked for none.
ALTER TABLE activations ADD COLUMN IF NOT EXISTS secret_digest VARBINARY(32);

-- charged_*: what the request takes of the quotas, while it is reserved the most that it can take. cost_*: what it cost us, in micro-cents of a US dollar.
ALTER TABLE usage_records ADD COLUMN IF NOT EXISTS visitor VARCHAR(64);
ALTER TABLE usage_records ADD COLUMN IF NOT EXISTS asked_model VARCHAR(200);
ALTER TABLE usage_records ADD COLUMN IF NOT EXISTS key_source VARCHAR(16) NOT NULL DEFAULT 'managed';
ALTER TABLE usage_records ADD COLUMN IF NOT EXISTS service_tier VARCHAR(32);
ALTER TABLE usage_records ADD COLUMN IF NOT EXISTS cache_write_tokens BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_records ADD COLUMN IF NOT EXISTS characters BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_records ADD COLUMN IF NOT EXISTS audio_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_records ADD COLUMN IF NOT EXISTS charged_tokens BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_records ADD COLUMN IF NOT EXISTS charged_cost_microcents BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_records ADD COLUMN IF NOT EXISTS day_start BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_records ADD COLUMN IF NOT EXISTS is_cached TINYINT NOT NULL DEFAULT 0;

-- What is charged in the running windows: scope '' for the licence, 'site:…' and 'visitor:…' within it. A row that is missing is made from the ledger.
CREATE TABLE IF NOT EXISTS quota_counters (
  license_id VARCHAR(36) NOT NULL,
  scope VARCHAR(320) NOT NULL,
  hour_start BIGINT NOT NULL,
  hour_requests BIGINT NOT NULL,
  hour_tokens BIGINT NOT NULL,
  hour_cost BIGINT NOT NULL,
  day_start BIGINT NOT NULL,
  day_requests BIGINT NOT NULL,
  day_tokens BIGINT NOT NULL,
  day_cost BIGINT NOT NULL,
  month_start BIGINT NOT NULL,
  month_requests BIGINT NOT NULL,
  month_tokens BIGINT NOT NULL,
  month_cost BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (license_id, scope)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS quota_counters_updated ON quota_counters (updated_at);

DROP TABLE IF EXISTS usage_counters;

-- What the owner of a licence has decided on its AI. A licence without a row has the defaults.
CREATE TABLE IF NOT EXISTS license_ai_settings (
  license_id VARCHAR(36) NOT NULL PRIMARY KEY,
  paused_at BIGINT,
  monthly_budget_microcents BIGINT,
  system_prompt LONGTEXT,
  allowed_topics LONGTEXT,
  blocked_topics LONGTEXT,
  max_input_characters BIGINT,
  is_moderated TINYINT NOT NULL,
  cache_seconds BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  FOREIGN KEY (license_id) REFERENCES licenses (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Thresholds (percent) of a month that the owner has been told of.
CREATE TABLE IF NOT EXISTS usage_alerts (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  license_id VARCHAR(36) NOT NULL,
  month_start BIGINT NOT NULL,
  unit VARCHAR(16) NOT NULL,
  threshold BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (license_id, month_start, unit, threshold),
  FOREIGN KEY (license_id) REFERENCES licenses (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- AI providers set up in the dashboard; those of the environment are not stored. key_cipher NULL: the server wants no key.
CREATE TABLE IF NOT EXISTS ai_providers (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  name VARCHAR(64) NOT NULL,
  title VARCHAR(120) NOT NULL,
  kind VARCHAR(32) NOT NULL,
  base_url VARCHAR(500) NOT NULL,
  key_cipher VARBINARY(1024),
  key_id VARCHAR(32),
  key_hint VARCHAR(32),
  default_model VARCHAR(120),
  is_enabled TINYINT NOT NULL,
  position BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Who answers for an alias, in the order in which they are tried.
CREATE TABLE IF NOT EXISTS model_aliases (
  alias VARCHAR(120) NOT NULL,
  position BIGINT NOT NULL,
  provider VARCHAR(64) NOT NULL,
  model VARCHAR(120) NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (alias, position)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- A version is a whole table of prices and never changes; the one in force is the last that has begun.
CREATE TABLE IF NOT EXISTS price_versions (
  version VARCHAR(32) NOT NULL PRIMARY KEY,
  valid_from BIGINT NOT NULL,
  note VARCHAR(500),
  created_by VARCHAR(190) NOT NULL,
  created_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS price_versions_valid ON price_versions (valid_from, created_at);

-- Micro-cents of a US dollar per million tokens (or characters), per minute of audio. min_input_tokens: holds for requests with at least so many.
CREATE TABLE IF NOT EXISTS model_prices (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  version VARCHAR(32) NOT NULL,
  provider VARCHAR(64) NOT NULL,
  model VARCHAR(120) NOT NULL,
  service_tier VARCHAR(32) NOT NULL,
  min_input_tokens BIGINT NOT NULL,
  input BIGINT NOT NULL,
  cached_input BIGINT,
  cache_write BIGINT,
  output BIGINT NOT NULL,
  reasoning BIGINT,
  characters BIGINT,
  audio_minute BIGINT,
  UNIQUE (version, provider, model, service_tier, min_input_tokens),
  FOREIGN KEY (version) REFERENCES price_versions (version)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Keys of customers' own accounts at a provider.
CREATE TABLE IF NOT EXISTS provider_keys (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  license_id VARCHAR(36) NOT NULL,
  provider VARCHAR(64) NOT NULL,
  base_url VARCHAR(500),
  key_cipher VARBINARY(1024) NOT NULL,
  key_id VARCHAR(32) NOT NULL,
  key_hint VARCHAR(32) NOT NULL,
  tested_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (license_id, provider),
  FOREIGN KEY (license_id) REFERENCES licenses (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Whole answers, sealed, for requests that come again byte for byte.
CREATE TABLE IF NOT EXISTS response_cache (
  license_id VARCHAR(36) NOT NULL,
  digest VARBINARY(32) NOT NULL,
  content_type VARCHAR(190) NOT NULL,
  provider VARCHAR(64) NOT NULL,
  model VARCHAR(120) NOT NULL,
  answer_cipher LONGBLOB NOT NULL,
  key_id VARCHAR(32) NOT NULL,
  bytes BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (license_id, digest),
  FOREIGN KEY (license_id) REFERENCES licenses (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS response_cache_age ON response_cache (license_id, created_at);
CREATE INDEX IF NOT EXISTS response_cache_expires ON response_cache (expires_at);

-- What a browser gets instead of the licence key. digest is that of the token, address_digest that of the address that used it first.
CREATE TABLE IF NOT EXISTS visitor_tokens (
  digest VARBINARY(32) NOT NULL PRIMARY KEY,
  license_id VARCHAR(36) NOT NULL,
  activation_id VARCHAR(36) NOT NULL,
  site VARCHAR(255) NOT NULL,
  origin VARCHAR(300) NOT NULL,
  visitor VARCHAR(64) NOT NULL,
  max_requests BIGINT NOT NULL,
  used_requests BIGINT NOT NULL,
  address_digest VARBINARY(32),
  system_prompt TEXT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  FOREIGN KEY (license_id) REFERENCES licenses (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS visitor_tokens_expires ON visitor_tokens (expires_at);
CREATE INDEX IF NOT EXISTS visitor_tokens_made ON visitor_tokens (license_id, created_at);

-- Where the operator's systems want to be told of events, by Standard Webhooks. events: JSON list of types, * for all.
CREATE TABLE IF NOT EXISTS webhook_endpoints (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  url VARCHAR(500) NOT NULL,
  description VARCHAR(200),
  events LONGTEXT NOT NULL,
  secret_cipher VARBINARY(1024) NOT NULL,
  key_id VARCHAR(32) NOT NULL,
  disabled_at BIGINT,
  disabled_reason VARCHAR(255),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS webhook_messages (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  type VARCHAR(64) NOT NULL,
  cause VARCHAR(190) NOT NULL,
  payload LONGTEXT NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (type, cause)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS webhook_messages_created ON webhook_messages (created_at, id);

CREATE TABLE IF NOT EXISTS webhook_deliveries (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  message_id VARCHAR(36) NOT NULL,
  endpoint_id VARCHAR(36) NOT NULL,
  status VARCHAR(16) NOT NULL,
  attempts BIGINT NOT NULL,
  last_status BIGINT,
  last_error VARCHAR(500),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  delivered_at BIGINT,
  UNIQUE (message_id, endpoint_id),
  FOREIGN KEY (message_id) REFERENCES webhook_messages (id),
  FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoints (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS webhook_deliveries_created ON webhook_deliveries (created_at, id);
CREATE INDEX IF NOT EXISTS webhook_deliveries_endpoint ON webhook_deliveries (endpoint_id, created_at);
